#include "base/encoding.hpp"
#include "gateway/gateway_testing.hpp"

// Who is let in: hosts, pages of other sites, signatures of another service, pages beside AWS.
namespace cumulet::gateway {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST_F(GatewayTest, GoesByNoNameThatABrowserCouldBeLedHereBy) {
  std::vector<http::RequestHead> requests = {
      json_head("AWSStepFunctions.Echo"),
      head("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}),  // Query, unsigned
      head("GET", "/?Action=Echo&Version=2012-11-05&Text=u"),
      head("POST", "/2015-03-31/functions"),
      head("GET", "/bucket"),
      head("PUT", "/bucket/key"),  // a stream
      head("OPTIONS", "/bucket/key", {{"Origin", "http://localhost"}, {"Access-Control-Request-Method", "PUT"}}),
      head("PATCH", "/no-such-operation"),
      head("GET", "/_cumulet/health"),
      head("GET", "/_cumulet/files/a.zip"),
      head("GET", "/_cumulet/absent"),
      json_head("Nobody.Knows"),
  };
  auto presigned = head("GET", "/bucket");
  presigned.target =
      auth::presign(presigned, {"AKROOT", "root-secret", ""}, auth::Scope{basic_date(time_.now()), "eu-west-1", "s3"},
                    Seconds{60}, time_.now(), auth::path_style("s3"));
  requests.push_back(presigned);
  for (const char* host :
       {"evil.example:4566", "photos.s3.amazonaws.com", "localhost.localstack.cloud", "localhost@evil.example", ""}) {
    for (const http::RequestHead& request : requests) {
      auto rebound = request;
      rebound.headers.set("Host", host);
      const auto refused = ask(rebound, request.method == "POST" ? "Action=Echo&Version=2012-11-05" : "");
      EXPECT_EQ(refused.status, 403) << request.method << ' ' << request.target << " at " << host;
      EXPECT_THAT(text(refused), HasSubstr("--allow-host")) << request.target;
      EXPECT_TRUE(refused.headers.has("x-amz-request-id") || refused.headers.has("x-amzn-RequestId"));
    }
    // A good signature makes no difference.
    auto known = json_head("AWSStepFunctions.Echo");
    known.headers.set("Host", host);
    sign(known, "{}", {"AKROOT", "root-secret", ""}, "states");
    const auto refused = ask(known, "{}");
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(text(refused), HasSubstr("\"__type\":\"AccessDeniedException\""));
  }
  auto missing = head("GET", "/bucket");
  missing.headers.erase("Host");
  EXPECT_THAT(text(ask(missing)), HasSubstr("<Code>AccessDenied</Code>"));
  for (const char* host : {"localhost:4566", "[::1]:4566", "10.0.0.7:4566", "bucket.localhost"}) {
    auto known = json_head("AWSStepFunctions.Echo");
    known.headers.set("Host", host);
    EXPECT_EQ(ask(known, "{}").status, 200) << host;
  }
}

TEST_F(GatewayTest, GoesByTheNamesItWasGiven) {
  Options options;
  options.allowed_hosts = {"engine.lan"};
  make(options);
  auto named = json_head("AWSStepFunctions.Echo");
  named.headers.set("Host", "engine.lan:4566");
  EXPECT_EQ(ask(named, "{}").status, 200);
  auto bucket = head("GET", "/");
  bucket.headers.set("Host", "photos.engine.lan:4566");
  EXPECT_THAT(text(ask(bucket)), HasSubstr("list of photos"));
}

TEST_F(GatewayTest, TakesNothingFromAnotherSitesPage) {
  const auto from = [](const std::string& origin) {
    auto h = json_head("AWSStepFunctions.Echo");
    h.headers.add("Origin", origin);
    return h;
  };
  const auto refused = ask(from("https://example.com"), "{}");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(text(refused), HasSubstr("AccessDeniedException"));
  EXPECT_EQ(ask(from("http://localhost:3000"), "{}").status, 200);
  // "test"/"test" is no secret: a page can sign.
  for (const auth::Credentials& credentials :
       {auth::Credentials{"AKWHO", "whatever", ""}, auth::Credentials{"AKROOT", "root-secret", ""}}) {
    auto signed_ = from("https://example.com");
    sign(signed_, "{}", credentials, "states");
    EXPECT_EQ(ask(signed_, "{}").status, 403) << credentials.access_key_id;
  }
  const std::pair<std::string, std::string> origin = {"Origin", "https://example.com"};
  auto presigned = head("POST", "/2015-03-31/functions");
  presigned.target = auth::presign(presigned, {"AKROOT", "root-secret", ""},
                                   auth::Scope{basic_date(time_.now()), "eu-west-1", "lambda"}, Seconds{60},
                                   time_.now(), auth::path_style("lambda"));
  presigned.headers.add("Origin", "https://example.com");
  EXPECT_EQ(ask(presigned, "").status, 403);
  for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(ask(head(method, "/bucket/key", {origin})).status, 403) << method;
    EXPECT_EQ(ask(head(method, "/bucket", {origin})).status, 403) << method;
  }
  EXPECT_EQ(ask(head("GET", "/_cumulet/health", {origin})).status, 403);
  // What sends no Origin: an image or a form of another site, and of a page beside ours.
  for (const char* site : {"cross-site", "same-site"}) {
    EXPECT_EQ(
        ask(head("GET", "/?Action=Echo&Version=2012-11-05", {{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}}))
            .status,
        403);
    EXPECT_EQ(ask(head("POST", "/2015-03-31/functions", {{"Sec-Fetch-Site", site}}), "{}").status, 403);
    EXPECT_EQ(ask(head("GET", "/bucket", {{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "no-cors"}})).status, 403);
    EXPECT_EQ(ask(head("GET", "/bucket", {{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}})).status, 200);
  }
  EXPECT_EQ(ask(head("GET", "/?Action=Echo&Version=2012-11-05", {{"Sec-Fetch-Site", "none"}})).status, 200);
}

TEST_F(GatewayTest, AServicesOwnRulesLetPagesIn) {
  object_.page_rules = [](const http::RequestHead& h, std::string_view raw_path,
                          std::string_view origin) -> Result<http::Headers> {
    static constexpr ErrorKind kForbidden{"AccessForbidden", 403};
    if (origin != "https://example.com") return Error{kForbidden, "CORSResponse: not for " + std::string(origin)};
    http::Headers headers;
    headers.add("x-rules", h.method + ' ' + std::string(raw_path));
    return headers;
  };
  make({});
  const std::pair<std::string, std::string> origin = {"Origin", "https://example.com"};
  const auto listed = ask(head("GET", "/bucket", {origin}));
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(listed.headers.get("x-rules"), "GET /bucket");
  auto by_host = head("PUT", "/key", {origin});
  by_host.headers.set("Host", "bucket.localhost:4566");
  EXPECT_EQ(ask(by_host, "x").headers.get("x-rules"), "PUT /bucket/key");
  // Errors too are the page's to see, and so is the answer to its preflight.
  EXPECT_EQ(ask(head("GET", "/broken", {origin})).headers.get("x-rules"), "GET /broken");
  EXPECT_EQ(ask(head("GET", "/broken", {origin})).status, 500);
  const auto asked = ask(head("OPTIONS", "/bucket/key", {origin, {"Access-Control-Request-Method", "PUT"}}));
  EXPECT_EQ(asked.status, 200);
  EXPECT_EQ(asked.headers.get("x-rules"), "OPTIONS /bucket/key");
  const auto other = ask(head("OPTIONS", "/bucket/key", {{"Origin", "http://localhost:3000"}}));
  EXPECT_EQ(other.status, 403);
  EXPECT_THAT(text(other),
              HasSubstr("<Code>AccessForbidden</Code><Message>CORSResponse: not for http://localhost:3000"));
  // Pages of this machine need no rule, but read what they get only by one.
  const auto own = ask(head("PUT", "/bucket/key", {{"Origin", "http://localhost:3000"}}), "x");
  EXPECT_EQ(own.status, 200);
  EXPECT_FALSE(own.headers.has("x-rules"));
  EXPECT_EQ(ask(head("PUT", "/bucket/key", {{"Origin", "https://other.example"}}), "x").status, 403);
  // The rules are S3's: other services stay closed.
  auto h = json_head("AWSStepFunctions.Echo");
  h.headers.add("Origin", "https://example.com");
  EXPECT_EQ(ask(h, "{}").status, 403);
  // An image of a page sends no Origin.
  EXPECT_EQ(
      ask(head("GET", "/bucket",
               {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}, {"Referer", "https://example.com/"}}))
          .status,
      200);
}

TEST_F(GatewayTest, ASignatureIsForOneService) {
  for (const char* scope : {"s3", "sts", "sqs", "lambda"}) {
    auto foreign = json_head("AWSStepFunctions.Echo");
    sign(foreign, "{}", {"AKROOT", "root-secret", ""}, scope);
    const auto refused = ask(foreign, "{}");
    EXPECT_EQ(refused.status, 400) << scope;
    EXPECT_THAT(text(refused), HasSubstr("InvalidSignatureException")) << scope;
    EXPECT_THAT(text(refused), HasSubstr("Credential should be scoped to correct service: 'states'. ")) << scope;
  }
  // Version 2 is S3's alone: it signs neither body nor most of the head.
  const auto by_v2 = [&](http::RequestHead h) {
    const std::string expires = std::to_string(to_millis(time_.now()) / 1000 + 60);
    h.target += (h.target.find('?') == std::string::npos ? "?" : "&") + ("AWSAccessKeyId=AKROOT&Expires=" + expires);
    h.target += "&Signature=" + percent_encode(base64_encode(std::string(20, 'x')));
    return h;
  };
  const std::string form = "Action=Echo&Version=2012-11-05";
  const auto query = ask(by_v2(head("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}})), form);
  EXPECT_EQ(query.status, 403);
  EXPECT_EQ(ask(by_v2(head("POST", "/2015-03-31/functions")), "{}").status, 403);
  Options options;
  make(options);
  keys_.keys.clear();  // unknown keys are let in, but not for another service
  EXPECT_THAT(text(ask(by_v2(head("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}})), form)),
              HasSubstr("Credential should be scoped to correct service: 'sqs'. "));
}

TEST_F(GatewayTest, TheRegionIsTheSignedOne) {
  auto strange = json_head("AWSStepFunctions.Echo");
  const auth::Scope scope{basic_date(time_.now()), "eu:west", "states"};
  auth::sign(strange, {"AKROOT", "root-secret", ""}, scope, auth::sha256_hex("{}"), time_.now(),
             auth::path_style("states"));
  EXPECT_THAT(text(ask(strange, "{}")), HasSubstr("Credential should be scoped to a valid region. "));
  // Of two credentials the last one is verified.
  auto doubled = json_head("AWSStepFunctions.Echo");
  sign(doubled, "{}", {"AKROOT", "root-secret", ""}, "states");
  const std::string authorization(*doubled.headers.get("authorization"));
  const auto space = authorization.find(' ');
  doubled.headers.set("Authorization", authorization.substr(0, space) +
                                           " Credential=AKROOT/20150830/us-west-2/states/aws4_request," +
                                           authorization.substr(space));
  EXPECT_EQ(ask(doubled, "{}").status, 200);
  EXPECT_EQ(services_.last_region, "eu-west-1");
}

TEST_F(GatewayTest, ObjectsThatABrowserOpensGetAnOriginOfTheirOwn) {
  const auto opened = ask(head("GET", "/bucket", {{"Sec-Fetch-Dest", "document"}, {"Sec-Fetch-Site", "none"}}));
  EXPECT_THAT(std::string(opened.headers.get_or("Content-Security-Policy", "")), ::testing::StartsWith("sandbox"));
  EXPECT_FALSE(ask(head("GET", "/bucket")).headers.has("Content-Security-Policy"));
}

TEST_F(GatewayTest, PagesNeedAKeyWhereUnknownOnesAreRefused) {
  EXPECT_EQ(ask(head("GET", "/_cumulet/files/a.zip")).status, 200);
  Options strict;
  strict.unknown_keys = UnknownKeys::are_refused;
  make(strict);
  EXPECT_EQ(ask(head("GET", "/_cumulet/health")).status, 200);  // tells nothing
  const auto get = [&](std::pair<std::string, std::string> field) {
    return ask(head("GET", "/_cumulet/files/a.zip", {std::move(field)})).status;
  };
  EXPECT_EQ(get({"X-None", "x"}), 403);
  EXPECT_EQ(get({"Authorization", "Basic " + base64_encode("AKROOT:root-secret")}), 200);
  EXPECT_EQ(get({"Authorization", "basic " + base64_encode("AKROOT:root-secret")}), 200);
  for (const char* wrong :
       {"AKROOT:wrong", "AKROOT:", "AKROOT", ":", "AKWHO:x", "ASIATEMP:temp-secret"})  // no session is one
    EXPECT_EQ(get({"Authorization", "Basic " + base64_encode(wrong)}), 403) << wrong;
  EXPECT_EQ(get({"Authorization", "Basic !"}), 403);
  const auto signed_by = [&](const auth::Credentials& credentials, const std::string& service) {
    auto h = head("GET", "/_cumulet/files/a.zip");
    sign(h, "", credentials, service);
    return h;
  };
  EXPECT_EQ(ask(signed_by({"AKROOT", "root-secret", ""}, "cumulet")).status, 200);
  EXPECT_EQ(ask(signed_by({"ASIATEMP", "temp-secret", "the-token"}, "cumulet")).status, 200);
  EXPECT_EQ(ask(signed_by({"AKROOT", "wrong", ""}, "cumulet")).status, 403);
  EXPECT_EQ(ask(signed_by({"AKROOT", "root-secret", ""}, "lambda")).status, 403);
  auto presigned = head("GET", "/_cumulet/files/a.zip");
  presigned.target = auth::presign(presigned, {"AKROOT", "root-secret", ""},
                                   auth::Scope{basic_date(time_.now()), "eu-west-1", "cumulet"}, Seconds{60},
                                   time_.now(), auth::path_style("cumulet"));
  EXPECT_EQ(ask(presigned).status, 200);
  auto other = presigned;
  other.target.replace(other.target.find("a.zip"), 5, "b.zip");
  EXPECT_EQ(ask(other).status, 403);
  time_.advance(Seconds{61});
  EXPECT_EQ(ask(presigned).status, 403);
}

}  // namespace
}  // namespace cumulet::gateway
