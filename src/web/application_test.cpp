#include "web/application.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cumulet::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Asset kAssets[] = {
    {"/", "text/html; charset=utf-8", "<html>index</html>", "gz-index", "\"tag-of-index\"", false},
    {"/assets/app-1a2b.js", "text/javascript; charset=utf-8", "let script;", "gz-script", "\"tag-of-script\"", true},
    {"/icon.svg", "image/svg+xml", "<svg/>", "", "\"tag-of-icon\"", false},
};

using Fields = std::vector<std::pair<std::string, std::string>>;

http::Response ask(std::string_view path, const Fields& fields = {}, Routes routes = Routes::in_path,
                   std::string method = "GET") {
  http::RequestHead head;
  head.method = std::move(method);
  head.target = "/_cumulet/app" + std::string(path);
  for (const auto& [name, value] : fields) head.headers.add(name, value);
  return Application(kAssets, routes).answer(head, path);
}

std::string text(const http::Response& response) {
  std::string all;
  for (const auto& piece : std::get<0>(response.body.content)) all += std::get<std::string>(piece);
  return all;
}

std::string field(const http::Response& response, std::string_view name) {
  return std::string(response.headers.get_or(name, "-"));
}

TEST(ApplicationTest, GivesEachFileWithItsType) {
  const auto index = ask("/");
  EXPECT_EQ(index.status, 200);
  EXPECT_EQ(text(index), "<html>index</html>");
  EXPECT_EQ(field(index, "Content-Type"), "text/html; charset=utf-8");
  const auto script = ask("/assets/app-1a2b.js");
  EXPECT_EQ(text(script), "let script;");
  EXPECT_EQ(field(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(field(ask("/icon.svg"), "Content-Type"), "image/svg+xml");
}

TEST(ApplicationTest, KeepsHashedNamesForGoodAndAsksForTheIndexAnew) {
  EXPECT_EQ(field(ask("/assets/app-1a2b.js"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(field(ask("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(field(ask("/icon.svg"), "Cache-Control"), "no-cache");
  EXPECT_EQ(field(ask("/a/place"), "Cache-Control"), "no-cache");
  EXPECT_EQ(field(ask("/assets/gone-3c4d.js"), "Cache-Control"), "no-store");  // the next version may have it
}

TEST(ApplicationTest, CompressesForWhoTakesIt) {
  for (const char* accepted : {"gzip", "br, gzip", "deflate, GZIP;q=0.5", "gzip ; q=1.0", "br;q=1.0,gzip;q=0.001"}) {
    const auto response = ask("/", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(field(response, "Content-Encoding"), "gzip") << accepted;
    EXPECT_EQ(text(response), "gz-index") << accepted;
    EXPECT_EQ(field(response, "Vary"), "Accept-Encoding");
  }
  for (const char* accepted : {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "gzip; q=0", "xgzip", "*;q=0"}) {
    const auto response = ask("/", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(field(response, "Content-Encoding"), "-") << accepted;
    EXPECT_EQ(text(response), "<html>index</html>") << accepted;
    EXPECT_EQ(field(response, "Vary"), "Accept-Encoding");
  }
  const auto icon = ask("/icon.svg", {{"Accept-Encoding", "gzip"}});  // no gain
  EXPECT_EQ(text(icon), "<svg/>");
  EXPECT_EQ(field(icon, "Vary"), "-");
}

TEST(ApplicationTest, SaysNothingAnewOfWhatIsKnown) {
  const std::string plain = field(ask("/"), "ETag");
  const std::string compressed = field(ask("/", {{"Accept-Encoding", "gzip"}}), "ETag");
  EXPECT_EQ(plain, "\"tag-of-index\"");
  EXPECT_NE(plain, compressed);  // strong tags: other bytes, another tag
  for (const std::string& known : {plain, "W/" + plain, "\"other\", " + plain, std::string("*")}) {
    const auto response = ask("/", {{"If-None-Match", known}});
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(text(response), "");
    EXPECT_EQ(field(response, "ETag"), plain);
    EXPECT_EQ(field(response, "Cache-Control"), "no-cache");
  }
  EXPECT_EQ(ask("/", {{"If-None-Match", compressed}, {"Accept-Encoding", "gzip"}}).status, 304);
  EXPECT_EQ(ask("/", {{"If-None-Match", compressed}}).status, 200);
  EXPECT_EQ(ask("/", {{"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_EQ(ask("/", {{"If-None-Match", "tag-of-index"}}).status, 200);
}

TEST(ApplicationTest, HeadAnnouncesWhatGetGives) {
  const auto head = ask("/", {}, Routes::in_path, "HEAD");
  EXPECT_EQ(head.announced_length, std::string("<html>index</html>").size());
  EXPECT_EQ(text(head), "");
  EXPECT_EQ(field(head, "ETag"), "\"tag-of-index\"");
  EXPECT_EQ(ask("/", {{"Accept-Encoding", "gzip"}}, Routes::in_path, "HEAD").announced_length,
            std::string("gz-index").size());
}

TEST(ApplicationTest, OnlyGetAndHead) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    const auto response = ask("/", {}, Routes::in_path, method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(field(response, "Allow"), "GET, HEAD");
  }
}

TEST(ApplicationTest, APlaceInItIsItsIndex) {
  for (const char* path : {"/queues", "/a/b/c", "/a/", "/functions/my%20function", "/buckets/v1.2/keys", "/caf%C3%A9"})
    EXPECT_EQ(text(ask(path)), "<html>index</html>") << path;
  for (const char* path : {"/missing.js", "/assets/app-0000.js", "/a/b.map", "/favicon.ico", "/.env"})
    EXPECT_EQ(ask(path).status, 404) << path;
  for (const char* path : {"/queues", "/a/b/c", "/a/"}) EXPECT_EQ(ask(path, {}, Routes::in_hash).status, 404) << path;
  EXPECT_EQ(ask("/", {}, Routes::in_hash).status, 200);
}

TEST(ApplicationTest, HostilePathsLeadNowhere) {
  for (const std::string& path : {std::string("/.."),
                                  std::string("/../"),
                                  std::string("/../../etc/passwd"),
                                  std::string("/a/../b"),
                                  std::string("/./a"),
                                  std::string("/%2e%2e/a"),
                                  std::string("/%2E%2E%2Fa"),
                                  std::string("/a/%2e"),
                                  std::string("/..%2f..%2fstate"),
                                  std::string("/a%00b"),
                                  std::string("/a\0b", 4),
                                  std::string("/a\\b"),
                                  std::string("/..\\..\\a"),
                                  std::string("/a%5cb"),
                                  std::string("/a%0d%0aSet-Cookie"),
                                  std::string("/%"),
                                  std::string("/%zz"),
                                  std::string("/%c3"),
                                  std::string("/\xff"),
                                  std::string("/%7f"),
                                  std::string(""),
                                  std::string("a"),
                                  std::string("/assets/../assets/app-1a2b.js"),
                                  std::string("/assets/app-1a2b%2ejs"),
                                  std::string("//assets/app-1a2b.js"),
                                  std::string("/assets/app-1a2b.js/")}) {
    const auto response = ask(path);
    if (response.status == 200)
      EXPECT_EQ(text(response), "<html>index</html>") << path;  // at most the index, never another file
    else
      EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(ask(path, {}, Routes::in_hash).status, 404) << path;
  }
  for (const char* path : {"/..", "/a/../b", "/%2e%2e/a", "/a%00b", "/a\\b", "/a%5cb", "/%", "/%c3"})
    EXPECT_EQ(ask(path).status, 404) << path;
}

TEST(ApplicationTest, EveryAnswerIsGuarded) {
  std::vector<http::Response> all;
  all.push_back(ask("/"));
  all.push_back(ask("/assets/app-1a2b.js", {{"Accept-Encoding", "gzip"}}));
  all.push_back(ask("/missing.js"));
  all.push_back(ask("/a/place"));
  all.push_back(ask("/", {{"If-None-Match", "*"}}));
  all.push_back(ask("/", {}, Routes::in_path, "POST"));
  all.push_back(ask("/", {}, Routes::in_path, "HEAD"));
  for (const auto& response : all) {
    const std::string policy = field(response, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
    EXPECT_THAT(policy, HasSubstr("style-src 'self';"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, HasSubstr("base-uri 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_EQ(field(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(field(response, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(field(response, "Cross-Origin-Resource-Policy"), "same-origin");
  }
}

TEST(ApplicationTest, TakesScriptsFromItsPrefixAloneWhereTheOriginIsShared) {
  const auto policy_at = [](std::string host) {
    http::RequestHead head;
    head.method = "GET";
    head.target = "/";
    head.headers.add("Host", std::move(host));
    return field(Application(kAssets, Routes::in_hash, "/_cumulet/console/").answer(head, "/"), "Content-Security-Policy");
  };
  const std::string policy = policy_at("127.0.0.1:4566");
  EXPECT_THAT(policy, HasSubstr("script-src 127.0.0.1:4566/_cumulet/console/;"));
  EXPECT_THAT(policy, HasSubstr("style-src 127.0.0.1:4566/_cumulet/console/;"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self'"));
  EXPECT_THAT(policy_at("[::1]:4566"), HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy_at("x; script-src *"), HasSubstr("script-src 'self';"));
}

}  // namespace
}  // namespace cumulet::web
