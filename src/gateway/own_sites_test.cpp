#include "gateway/own_sites.hpp"

#include "base/encoding.hpp"
#include "gateway/gateway_testing.hpp"

// The engine's own sites: what reaches them, and whom they are closed to.
namespace cumulet::gateway {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// Tells what it was asked, body included.
SiteHandler telling(std::string name, int* asked = nullptr) {
  return [name = std::move(name), asked](const SiteRequest& request) -> awaitable<http::Response> {
    if (asked != nullptr) ++*asked;
    http::Response response;
    std::string told = name + ' ' + request.head.method + ' ' + std::string(request.path) + ' ';
    while (true) {
      Result<std::string_view> piece = co_await request.body.read();
      if (!piece.ok() || piece->empty()) break;
      told += *piece;
    }
    response.body = http::Body(std::move(told));
    co_return response;
  };
}

class OwnSitesTest : public GatewayTest {
 protected:
  OwnSitesTest() {
    Site chat{"/_cumulet/chat/", telling("chat", &asked_), SiteFor::people};
    Site bot{"/_cumulet/bot/", telling("bot", &asked_), SiteFor::anyone};
    bot.gets = Effect::acts;
    Site deeper{"/_cumulet/chat/files/", telling("files", &asked_)};
    Site full{"/_cumulet/full/", telling("full", &asked_)};
    full.most_at_once = 0;
    SiteHandler failing = [](const SiteRequest&) -> awaitable<http::Response> {
      throw std::runtime_error("secret detail");
      co_return http::Response{};
    };
    Site registry{"/v2/", telling("registry", &asked_), SiteFor::anyone};
    sites_ = {chat, bot, deeper, full, registry, Site{"/_cumulet/failing/", std::move(failing)}};
    make({});
  }
  void close_doors() {
    Options strict;
    strict.unknown_keys = UnknownKeys::are_refused;
    make(strict);
  }
  static std::pair<std::string, std::string> basic(const std::string& text) {
    return {"Authorization", "Basic " + base64_encode(text)};
  }
  int asked_ = 0;
};

TEST_F(OwnSitesTest, AnswersAllBelowItsPrefixWhateverTheMethod) {
  EXPECT_EQ(text(ask(head("GET", "/_cumulet/chat/"))), "chat GET / ");
  EXPECT_EQ(text(ask(head("POST", "/_cumulet/chat/a/b%20c?d=/e"), "body")), "chat POST /a/b%20c body");
  EXPECT_EQ(text(ask(head("BREW", "/_cumulet/bot/bot1:A/getMe"))), "bot BREW /bot1:A/getMe ");
  EXPECT_EQ(text(ask(head("PUT", "/_cumulet/chat/files/x"), "y")), "files PUT /x y");  // the longest prefix
  EXPECT_EQ(text(ask(head("GET", "/_cumulet/chat/filesx"))), "chat GET /filesx ");
  const auto led = ask(head("GET", "/_cumulet/chat?a=b"));
  EXPECT_EQ(led.status, 308);
  EXPECT_EQ(led.headers.get_or("Location", ""), "/_cumulet/chat/?a=b");
}

TEST_F(OwnSitesTest, APrefixHasOneSpelling) {
  for (const char* target : {"/_cumulet/chatter/", "/_cumulet/Chat/", "/_cumulet/%63hat/", "/_cumulet//chat/",
                             "/_cumulet/./chat/", "/x/../_cumulet/chat/", "/_cumulet%2fchat/", "/_cumulet\\chat/"})
    ask(head("GET", target));
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(text(ask(head("GET", "/_cumulet/bot/../chat/"))), "bot GET /../chat/ ");  // it stays where it was sent
}

// No bucket can be called so, and yet not all that lies there is the registry's.
TEST_F(OwnSitesTest, ARegistryLiesWhereRegistriesLie) {
  EXPECT_EQ(text(ask(head("GET", "/v2/"))), "registry GET / ");
  EXPECT_EQ(text(ask(head("PATCH", "/v2/a/b/blobs/uploads/x"), "bytes")), "registry PATCH /a/b/blobs/uploads/x bytes");
  EXPECT_EQ(ask(head("GET", "/v2")).status, 308);
  EXPECT_EQ(asked_, 2);
  ask(head("GET", "/v2x/"));
  ask(head("GET", "/V2/"));
  auto in_bucket = head("GET", "/v2/key");
  in_bucket.headers.set("Host", "bucket.localhost");
  ask(in_bucket);
  auto signed_for_another = head("GET", "/v2/apis");
  signed_for_another.headers.add("Authorization",
                                 "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/apigateway/aws4_request, "
                                 "SignedHeaders=host, Signature=00");
  ask(signed_for_another);
  EXPECT_EQ(asked_, 2);
}

TEST_F(OwnSitesTest, LeavesBucketsAlone) {
  EXPECT_THAT(text(ask(head("GET", "/chat"))), HasSubstr("list of chat"));
  EXPECT_THAT(text(ask(head("GET", "/bot"))), HasSubstr("list of bot"));
  EXPECT_EQ(ask(head("PUT", "/bucket/_cumulet/chat/x"), "b").headers.get_or("x-result", ""),
            "bucket|_cumulet/chat/x|b");
  // A key of a bucket that the Host names.
  for (const char* host : {"bucket.localhost:4566", "bucket.s3.localhost", "bucket.s3.us-east-1.localhost"}) {
    auto put = head("PUT", "/_cumulet/chat/x");
    put.headers.set("Host", host);
    EXPECT_EQ(ask(put, "b").headers.get_or("x-result", ""), "bucket|_cumulet/chat/x|b") << host;
  }
  auto signed_for_s3 = head("PUT", "/_cumulet/chat/x");
  sign(signed_for_s3, "", {"AKROOT", "root-secret", ""}, "s3");
  EXPECT_EQ(ask(signed_for_s3).headers.get_or("x-result", ""), "_cumulet|chat/x|");
  auto by_version_2 = head("PUT", "/_cumulet/chat/x", {{"Authorization", "AWS AKWHO:c2lnbmVk"}});
  EXPECT_THAT(text(ask(by_version_2)), HasSubstr("<Code>"));  // S3's refusal: there is no Date
  EXPECT_EQ(asked_, 0);
}

TEST_F(OwnSitesTest, HostAndOriginComeFirst) {
  for (const char* target : {"/_cumulet/chat/", "/_cumulet/bot/bot1:A/getMe", "/_cumulet/chat", "/_cumulet/full/"}) {
    auto rebound = head("POST", target);
    rebound.headers.set("Host", "evil.example:4566");
    EXPECT_EQ(ask(rebound).status, 403) << target;
    for (const char* origin : {"https://evil.example", "null", "http://192.168.0.9"})
      EXPECT_EQ(ask(head("POST", target, {{"Origin", origin}})).status, 403) << target << ' ' << origin;
    EXPECT_EQ(ask(head("GET", target, {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}})).status, 403);
  }
  EXPECT_EQ(asked_, 0);
  // A link leads to a page; where a GET acts, it leads nowhere.
  const std::vector<std::pair<std::string, std::string>> link = {{"Sec-Fetch-Site", "cross-site"},
                                                                 {"Sec-Fetch-Mode", "navigate"}};
  EXPECT_EQ(ask(head("GET", "/_cumulet/chat/", link)).status, 200);
  EXPECT_EQ(ask(head("POST", "/_cumulet/chat/", link)).status, 403);
  EXPECT_EQ(ask(head("GET", "/_cumulet/bot/bot1:A/sendMessage?chat_id=1&text=x", link)).status, 403);
  EXPECT_EQ(asked_, 1);
}

TEST_F(OwnSitesTest, AFunctionIsNobodysPerson) {
  EXPECT_EQ(ask(head("GET", "/_cumulet/chat/"), {}, Door::function).status, 403);
  EXPECT_EQ(ask(head("POST", "/_cumulet/chat/api/chats", {basic("AKROOT:root-secret")}), "{}", Door::function).status,
            403);
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(text(ask(head("POST", "/_cumulet/bot/bot1:A/getMe"), "{}", Door::function)), "bot POST /bot1:A/getMe {}");
  EXPECT_EQ(ask(head("GET", "/bucket"), {}, Door::function).status, 200);
  close_doors();
  auto h = head("GET", "/_cumulet/chat/");
  sign(h, "", {"AKROOT", "root-secret", ""}, "cumulet");
  EXPECT_EQ(ask(h, {}, Door::function).status, 403);
}

TEST_F(OwnSitesTest, PeopleNeedTheRootsKeyWhereUnknownOnesAreRefused) {
  close_doors();
  const auto unknown = ask(head("GET", "/_cumulet/chat/"));
  EXPECT_EQ(unknown.status, 401);
  EXPECT_THAT(std::string(unknown.headers.get_or("WWW-Authenticate", "")), HasSubstr("Basic realm="));
  EXPECT_EQ(ask(head("POST", "/_cumulet/chat/api/chats", {basic("AKROOT:wrong")}), "{}").status, 401);
  EXPECT_EQ(ask(head("POST", "/_cumulet/chat/api/chats", {basic("AKROOT:root-secret")}), "{}").status, 200);
  auto session = head("GET", "/_cumulet/chat/");  // what a function's credentials are
  sign(session, "", {"ASIATEMP", "temp-secret", "the-token"}, "cumulet");
  EXPECT_EQ(ask(session).status, 401);
  auto root = head("GET", "/_cumulet/chat/");
  sign(root, "", {"AKROOT", "root-secret", ""}, "cumulet");
  EXPECT_EQ(ask(root).status, 200);
  // Such a signature covers no body: it lets none in.
  auto with_body = head("POST", "/_cumulet/chat/api/chats");
  sign(with_body, "", {"AKROOT", "root-secret", ""}, "cumulet");
  EXPECT_EQ(ask(with_body, "{}").status, 401);
  // What has a secret of its own, or tells nothing, is for anyone.
  EXPECT_EQ(ask(head("GET", "/_cumulet/bot/bot1:A/getMe")).status, 200);
  EXPECT_EQ(ask(head("GET", "/_cumulet/health")).status, 200);
}

TEST_F(OwnSitesTest, WhatFailsOrIsTooMuchIsAnAnswer) {
  const auto failed = ask(head("GET", "/_cumulet/failing/"));
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(text(failed).find("secret"), std::string::npos);
  EXPECT_TRUE(failed.headers.has("x-amzn-RequestId"));
  EXPECT_EQ(ask(head("GET", "/_cumulet/full/")).status, 503);
  EXPECT_EQ(ask(head("GET", "/_cumulet/chat/")).status, 200);
}

TEST_F(OwnSitesTest, SitesLieWhereNoBucketIs) {
  for (const char* prefix : {"/chat/", "/_cumulet/", "_cumulet/chat/", "/", ""})
    EXPECT_THROW(OwnSites({Site{prefix, telling("x")}}), std::logic_error) << prefix;
  EXPECT_THROW(OwnSites({Site{"/_cumulet/a/", telling("x")}, Site{"/_cumulet/a/", telling("y")}}), std::logic_error);
}

}  // namespace
}  // namespace cumulet::gateway
