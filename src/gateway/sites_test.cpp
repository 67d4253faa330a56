#include "gateway/sites.hpp"

#include <gtest/gtest.h>

namespace cumulet::gateway {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

http::RequestHead request(Fields fields, std::string host = "127.0.0.1:4566") {
  http::RequestHead head;
  head.method = "POST";
  head.target = "/";
  head.headers.add("Host", std::move(host));
  for (auto& [name, value] : fields) head.headers.add(std::move(name), std::move(value));
  return head;
}

TEST(AllowedHosts, AreWhatNobodyCanLeadElsewhere) {
  const AllowedHosts hosts;
  for (const char* good :
       {"127.0.0.1:4566", "127.0.0.1", "0.0.0.0:4566", "192.168.1.20:80", "8.8.8.8", "[::1]:4566", "[::1]",
        "[fe80::1]:1", "[::ffff:127.0.0.1]:4566", "localhost", "localhost:4566", "LocalHost:4566",
        "localhost:", "photos.localhost:4566", "photos.s3.us-east-1.localhost", "my.dotted_bucket.localhost:4566"})
    EXPECT_TRUE(hosts.allow(good)) << good;
  for (const char* bad : {"",
                          "evil.example",
                          "evil.example:4566",
                          "localhost.evil.example",
                          "evil-localhost",
                          "localhost.localstack.cloud:4566",
                          "photos.s3.localhost.localstack.cloud",
                          "photos.s3.amazonaws.com",
                          "127.0.0.1.nip.io",
                          "127.1",
                          "0x7f.0.0.1",
                          "2130706433",
                          "0177.0.0.1",
                          "::1",
                          "[::1",
                          "[::1]evil.example",
                          "[::1]:4566:1",
                          "[fe80::1%25eth0]:4566",
                          "[evil.example]",
                          "localhost:evil",
                          "localhost:4566:4566",
                          "localhost:123456",
                          "user@localhost",
                          "evil.example#@localhost",
                          "localhost/evil",
                          "localhost ",
                          " localhost",
                          "localhost,evil.example",
                          "localhost.",
                          ".localhost",
                          "a..localhost",
                          "local%68ost",
                          "loc\xc3\xa4lhost.localhost\xc3\xa4"})
    EXPECT_FALSE(hosts.allow(bad)) << bad;
}

TEST(AllowedHosts, TakeFurtherNamesAndWhatIsBelowThem) {
  const AllowedHosts hosts({"engine.lan", "localhost.localstack.cloud"});
  for (const char* good :
       {"engine.lan", "ENGINE.lan:4566", "photos.engine.lan:4566", "photos.s3.localhost.localstack.cloud:4566"})
    EXPECT_TRUE(hosts.allow(good)) << good;
  for (const char* bad : {"lan", "evilengine.lan", "engine.lan.evil.example", "engine.lan."})
    EXPECT_FALSE(hosts.allow(bad)) << bad;
}

TEST(ForeignPage, IsToldByItsOrigin) {
  for (const char* foreign : {"https://example.com", "null", "http://localhost.example.com", "http://127.0.0.1.nip.io",
                              "http://192.168.1.9:3000", "http://[::1].evil", "chrome-extension://localhost", "file://",
                              "http://localhost:3000@evil.example", "http://localhost:x", "http://", "localhost", "",
                              "http://128.0.0.1", "http://127.evil.example"}) {
    EXPECT_EQ(foreign_page(request({{"Origin", foreign}}), Effect::acts), foreign) << foreign;
    EXPECT_EQ(foreign_page(request({{"Origin", foreign}}), Effect::reads), foreign) << foreign;
  }
  for (const char* own : {"http://localhost:3000", "https://localhost", "http://127.0.0.1", "http://127.0.0.53:1",
                          "http://[::1]:8080", "http://app.localhost"})
    EXPECT_FALSE(foreign_page(request({{"Origin", own}}), Effect::acts)) << own;
  // A page that the engine itself served, by whatever name it goes.
  EXPECT_FALSE(foreign_page(request({{"Origin", "http://engine.lan:4566"}}, "engine.lan:4566"), Effect::acts));
  EXPECT_TRUE(foreign_page(request({{"Origin", "http://engine.lan:3000"}}, "engine.lan:4566"), Effect::acts));
  // No header hides behind another.
  EXPECT_EQ(foreign_page(request({{"Origin", "http://localhost"}, {"Origin", "https://example.com"}}), Effect::acts),
            "https://example.com");
}

TEST(ForeignPage, IsToldByTheBrowserWhereThereIsNoOrigin) {
  const auto page = [](Fields fields, Effect effect) { return foreign_page(request(std::move(fields)), effect); };
  EXPECT_FALSE(page({}, Effect::acts));
  for (const char* site : {"none", "same-origin"}) EXPECT_FALSE(page({{"Sec-Fetch-Site", site}}, Effect::acts)) << site;
  for (const char* site : {"cross-site", "same-site"}) {
    EXPECT_EQ(page({{"Sec-Fetch-Site", site}}, Effect::acts), "null") << site;
    EXPECT_EQ(page({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "no-cors"}}, Effect::reads), "null") << site;
    // A followed link may read, but not act.
    EXPECT_FALSE(page({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}}, Effect::reads)) << site;
    EXPECT_TRUE(page({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}}, Effect::acts)) << site;
  }
  // An image in a page of this machine, whose address is written another way.
  const Fields shown = {
      {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}, {"Referer", "http://localhost:3000/"}};
  EXPECT_FALSE(page(shown, Effect::reads));
  EXPECT_EQ(page({{"Sec-Fetch-Site", "cross-site"}, {"Referer", "https://example.com/a?b#c"}}, Effect::acts),
            "https://example.com");
  EXPECT_EQ(page({{"Sec-Fetch-Site", "cross-site"}, {"Referer", "https://localhost@example.com/"}}, Effect::acts),
            "https://localhost@example.com");
}

TEST(ShieldDocument, GivesDocumentsAnOriginOfTheirOwn) {
  const auto shielded = [](const char* type, Fields fields) {
    http::Response response;
    if (*type != '\0') response.headers.add("Content-Type", type);
    shield_document(request(std::move(fields)), response);
    const auto policy = response.headers.get_or("Content-Security-Policy", "");
    EXPECT_EQ(policy.find("allow-same-origin"), policy.npos);
    return policy.starts_with("sandbox");
  };
  const Fields opened = {{"Sec-Fetch-Dest", "document"}}, framed = {{"Sec-Fetch-Dest", "iframe"}};
  for (const char* type : {"text/html", "text/html; charset=utf-8", "image/svg+xml", "application/xml",
                           "application/xhtml+xml", "multipart/x-mixed-replace", "nonsense", "", "TEXT/HTML"}) {
    EXPECT_TRUE(shielded(type, opened)) << type;
    EXPECT_TRUE(shielded(type, framed)) << type;
    EXPECT_TRUE(shielded(type, {{"Accept", "text/html,*/*;q=0.8"}})) << type;
    EXPECT_FALSE(shielded(type, {})) << type;  // SDKs see S3's headers alone
    EXPECT_FALSE(shielded(type, {{"Sec-Fetch-Dest", "empty"}, {"Accept", "text/html"}})) << type;
  }
  for (const char* type : {"video/mp4", "image/png", "application/pdf", "text/plain", "binary/octet-stream"})
    EXPECT_FALSE(shielded(type, opened)) << type;
}

}  // namespace
}  // namespace cumulet::gateway
