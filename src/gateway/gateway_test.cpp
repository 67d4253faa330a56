#include "gateway/gateway_testing.hpp"

namespace cumulet::gateway {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// What large bodies hold together is bounded, and small ones pass all the same; each gives its part back.
TEST_F(GatewayTest, LargeBodiesShareABound) {
  Options options;
  options.buffered_body_bytes = 2u << 20;
  options.all_buffered_bytes = 1u << 20;
  make(options);
  const auto body = [](std::size_t size) { return "{\"Text\":\"" + std::string(size, 'x') + "\"}"; };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), body(900'000)).status, 200);
  const auto refused = ask(json_head("AWSStepFunctions.Echo"), body(1'500'000));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(text(refused), HasSubstr("ServiceUnavailable"));
  options.all_buffered_bytes = 0;
  make(options);
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), body(200'000)).status, 200);
}

TEST_F(GatewayTest, WaitingOperationsLeaveAPlaceForOthers) {
  Options options;
  options.most_waiting = 1;
  make(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(json_head("AWSStepFunctions.EchoLater"), "{}").status, 200);
  options.most_waiting = 0;
  make(options);
  EXPECT_EQ(ask(json_head("AWSStepFunctions.EchoLater"), "{}").status, 503);
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), "{}").status, 200);
}

TEST_F(GatewayTest, RunsPlainOperationsAndCoroutines) {
  const auto plain = ask(json_head("AWSStepFunctions.Echo"), R"({"Text":"hello"})");
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(text(plain), R"({"Text":"hello"})");
  EXPECT_TRUE(plain.headers.has("x-amzn-RequestId"));
  EXPECT_TRUE(services_.last_caller.is_anonymous);
  EXPECT_EQ(services_.last_region, "us-east-1");
  EXPECT_EQ(text(ask(json_head("AWSStepFunctions.EchoLater"), R"({"Text":"x"})")), R"({"Text":"x later"})");
}

TEST_F(GatewayTest, DecodesHeavyBodiesOnAWorker) {
  const std::string heavy(90'000, 'h');
  auto request = json_head("AWSStepFunctions.EchoLater");
  const std::string body = R"({"Text":")" + heavy + "\"}";
  sign(request, body, keys_.keys["AKROOT"].credentials, "states");
  EXPECT_THAT(text(ask(request, body)), HasSubstr(heavy + " later"));
}

TEST_F(GatewayTest, ChoosesTheProtocolByRequest) {
  const auto json = ask(json_head("AmazonSQS.Echo"), R"({"Text":"j"})");
  EXPECT_EQ(text(json), R"({"Text":"j"})");
  const auto form = ask(head("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}),
                        "Action=Echo&Version=2012-11-05&Text=f");
  EXPECT_THAT(text(form), HasSubstr("<Text>f</Text>"));
  EXPECT_THAT(text(form), HasSubstr("<EchoResponse"));
  EXPECT_TRUE(form.headers.has("x-amzn-RequestId"));
  EXPECT_THAT(text(ask(head("GET", "/?Action=Echo&Version=2012-11-05&Text=u"))), HasSubstr("<Text>u</Text>"));
  auto by_get = head("GET", "/?Action=Echo&Version=2012-11-05&Text=g");
  sign(by_get, "", keys_.keys["AKROOT"].credentials, "sqs");
  EXPECT_THAT(text(ask(by_get)), HasSubstr("<Text>g</Text>"));
}

TEST_F(GatewayTest, FindsRestOperations) {
  EXPECT_EQ(text(ask(head("POST", "/2015-03-31/functions"), R"({"Text":"l"})")), R"({"Text":"l"})");
  const auto list = ask(head("GET", "/bucket"));
  EXPECT_THAT(text(list), HasSubstr("list of bucket"));
  EXPECT_EQ(list.headers.get("x-own"), "of REQUEST-1");
  EXPECT_FALSE(list.headers.has("x-amzn-RequestId"));
  auto virtual_host = head("GET", "/");
  virtual_host.headers.set("Host", "bucket.localhost:4566");
  EXPECT_THAT(text(ask(virtual_host)), HasSubstr("list of bucket"));
}

TEST_F(GatewayTest, NamesWhatItLacks) {
  const auto json = ask(json_head("AWSStepFunctions.Fly"), "{}");
  EXPECT_EQ(json.status, 400);
  EXPECT_THAT(text(json), HasSubstr("UnknownOperationException"));
  EXPECT_THAT(text(json), HasSubstr("AWSStepFunctions.Fly"));
  const auto service = ask(json_head("DynamoDB_20120810.ListTables"), "{}");
  EXPECT_EQ(service.status, 501);
  EXPECT_THAT(text(service), HasSubstr("DynamoDB_20120810.ListTables"));
  const auto query =
      ask(head("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}), "Action=Fly&Version=2012-11-05");
  EXPECT_EQ(query.status, 418);  // as the service words it
  EXPECT_THAT(text(query), HasSubstr("<Message>The action Fly is not valid for this endpoint.</Message>"));
  const auto sub_resource = ask(head("GET", "/bucket?acl"));
  EXPECT_EQ(sub_resource.status, 501);
  EXPECT_THAT(text(sub_resource), HasSubstr("<Code>NotImplemented</Code>"));
  EXPECT_THAT(text(sub_resource), HasSubstr("acl"));
  const auto method = ask(head("PATCH", "/bucket/key"));
  EXPECT_EQ(method.status, 501);
  EXPECT_THAT(text(method), HasSubstr("PATCH /bucket/key"));
  const auto rest = ask(head("GET", "/2015-03-31/layers"));
  EXPECT_EQ(rest.status, 404);
  EXPECT_THAT(text(rest), HasSubstr("GET /2015-03-31/layers"));
}

TEST_F(GatewayTest, NamesTheOperationOfAQueryServiceItLacks) {
  auto signed_form = head("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}});
  // The API version is one of a service that is here: what was signed for decides.
  const std::string form = "Action=DescribeRegions&Version=2012-11-05";
  sign(signed_form, form, {"AKWHO", "whatever", ""}, "ec2");
  const auto lacking = ask(signed_form, form);
  EXPECT_EQ(lacking.status, 501);
  EXPECT_THAT(text(lacking), HasSubstr("<Code>InvalidAction</Code>"));
  EXPECT_THAT(text(lacking), HasSubstr("The service 'ec2' is not implemented (DescribeRegions)."));
}

TEST_F(GatewayTest, RefusesUrisThatCannotBeRead) {
  for (const char* target : {"/bucket/%zz", "/bucket/%", "/bucket?prefix=%4"}) {
    const auto refused = ask(head("GET", target));
    EXPECT_EQ(refused.status, 400) << target;
    EXPECT_THAT(text(refused), HasSubstr("<Code>InvalidURI</Code>")) << target;
  }
}

TEST_F(GatewayTest, GivesRefusalsOfTheServerAnId) {
  const auto refusal = gateway_->refusal_writer()(431, "The header is too large");
  EXPECT_EQ(refusal.status, 431);
  const auto id = refusal.headers.get("x-amz-request-id");
  ASSERT_TRUE(id);
  EXPECT_THAT(text(refusal), HasSubstr("<Code>RequestHeaderSectionTooLarge</Code>"));
  EXPECT_THAT(text(refusal), HasSubstr("<RequestId>" + std::string(*id) + "</RequestId>"));
}

TEST_F(GatewayTest, GivesErrorsOfOperationsAndHidesExceptions) {
  const auto error = ask(json_head("AWSStepFunctions.Echo"), R"({"Text":"fail"})");
  EXPECT_EQ(error.status, 418);
  EXPECT_THAT(text(error), HasSubstr("TeapotException"));
  const auto bug = ask(json_head("AWSStepFunctions.Echo"), R"({"Text":"throw"})");
  EXPECT_EQ(bug.status, 500);
  EXPECT_THAT(text(bug), HasSubstr("InternalError"));
  EXPECT_THAT(text(bug), Not(HasSubstr("secret")));
  EXPECT_TRUE(bug.headers.has("x-amzn-RequestId"));
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), "{not json").status, 400);
}

TEST_F(GatewayTest, HidesFailuresOfTheDiskWhereTheServiceSaysSo) {
  const auto failed = ask(head("GET", "/broken"));
  EXPECT_EQ(failed.status, 500);
  EXPECT_THAT(text(failed), HasSubstr("<Code>HiddenError</Code><Message>We encountered an internal error. Please "
                                      "try again.</Message>"));
  EXPECT_THAT(text(failed), Not(HasSubstr("secret")));
}

TEST_F(GatewayTest, AsksTheServiceWhetherTheBodyIsWhole) {
  std::string seen;
  machine_.check_body = [&seen](const http::RequestHead&, std::string_view operation,
                                std::string_view body) -> Result<void> {
    seen = std::string(operation) + ' ' + std::string(body.substr(0, 12));
    if (body.find("changed") != body.npos) return Error{kTeapot, "not what was sent"};
    return {};
  };
  make({});
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), R"({"Text":"a"})").status, 200);
  EXPECT_EQ(seen, R"(Echo {"Text":"a"})");
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), R"({"Text":"changed"})").status, 418);
  const std::string heavy = R"({"Text":"changed)" + std::string(80'000, '.') + R"("})";
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), heavy).status, 418);
  EXPECT_EQ(ask(head("PUT", "/b/k"), "changed").status, 200);  // another service's
}

TEST_F(GatewayTest, VerifiesKnownKeys) {
  const std::string body = R"({"Text":"signed"})";
  auto good = json_head("AWSStepFunctions.Echo");
  sign(good, body, {"AKROOT", "root-secret", ""}, "states");
  EXPECT_EQ(ask(good, body).status, 200);
  EXPECT_TRUE(services_.last_caller.is_root);
  EXPECT_FALSE(services_.last_caller.is_anonymous);
  EXPECT_EQ(services_.last_region, "eu-west-1");

  EXPECT_THAT(text(ask(good, R"({"Text":"changed"})")), HasSubstr("InvalidSignatureException"));
  auto bad = json_head("AWSStepFunctions.Echo");
  sign(bad, body, {"AKROOT", "wrong-secret", ""}, "states");
  EXPECT_EQ(ask(bad, body).status, 400);

  auto s3 = head("GET", "/bucket");
  sign(s3, "", {"AKROOT", "wrong-secret", ""}, "s3");
  const auto refused = ask(s3);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(text(refused), HasSubstr("<Code>SignatureDoesNotMatch</Code>"));

  auto late = json_head("AWSStepFunctions.Echo");
  sign(late, body, {"AKROOT", "root-secret", ""}, "states");
  time_.advance(Seconds{15 * 60 + 1});
  EXPECT_THAT(text(ask(late, body)), HasSubstr("InvalidSignatureException"));
}

TEST_F(GatewayTest, ChecksSessions) {
  const std::string body = "{}";
  auto good = json_head("AWSStepFunctions.Echo");
  sign(good, body, {"ASIATEMP", "temp-secret", "the-token"}, "states");
  EXPECT_EQ(ask(good, body).status, 200);
  EXPECT_EQ(services_.last_caller.arn, "arn:aws:sts::000000000000:assumed-role/r/s");
  auto foreign = json_head("AWSStepFunctions.Echo");
  sign(foreign, body, {"ASIATEMP", "temp-secret", "other-token"}, "states");
  EXPECT_THAT(text(ask(foreign, body)), HasSubstr("UnrecognizedClientException"));
  time_.advance(Seconds{900});
  auto expired = json_head("AWSStepFunctions.Echo");
  sign(expired, body, {"ASIATEMP", "temp-secret", "the-token"}, "states");
  EXPECT_THAT(text(ask(expired, body)), HasSubstr("ExpiredTokenException"));
  auto expired_s3 = head("GET", "/bucket");
  sign(expired_s3, "", {"ASIATEMP", "temp-secret", "the-token"}, "s3");
  EXPECT_THAT(text(ask(expired_s3)), HasSubstr("<Code>ExpiredToken</Code>"));
}

TEST_F(GatewayTest, AcceptsUnknownKeysOnLoopbackOnly) {
  auto unknown = json_head("AWSStepFunctions.Echo");
  sign(unknown, "{}", {"AKWHO", "whatever", ""}, "states");
  EXPECT_EQ(ask(unknown, "{}").status, 200);
  EXPECT_EQ(services_.last_caller.access_key_id, "AKWHO");
  auto with_token = json_head("AWSStepFunctions.Echo");
  sign(with_token, "{}", {"AKROOT", "root-secret", "a-shells-token"}, "states");
  EXPECT_EQ(ask(with_token, "{}").status, 200);

  Options strict;
  strict.unknown_keys = UnknownKeys::are_refused;
  make(strict);
  EXPECT_THAT(text(ask(with_token, "{}")), HasSubstr("UnrecognizedClientException"));
  EXPECT_THAT(text(ask(unknown, "{}")), HasSubstr("UnrecognizedClientException"));
  EXPECT_THAT(text(ask(json_head("AWSStepFunctions.Echo"), "{}")), HasSubstr("MissingAuthenticationTokenException"));
  auto s3 = head("GET", "/bucket");
  EXPECT_EQ(ask(s3).status, 403);
  EXPECT_THAT(text(ask(s3)), HasSubstr("<Code>AccessDenied</Code>"));
  sign(s3, "", {"AKWHO", "whatever", ""}, "s3");
  EXPECT_THAT(text(ask(s3)), HasSubstr("<Code>InvalidAccessKeyId</Code>"));
}

TEST_F(GatewayTest, StreamsBodiesWithTrailers) {
  auto plain = head("PUT", "/bucket/a%20b/c");
  const auto stored = ask(plain, "bytes");
  EXPECT_EQ(stored.status, 200);
  EXPECT_EQ(stored.headers.get("x-result"), "bucket|a b/c|bytes");
  auto chunked = head("PUT", "/bucket/k",
                      {{"Content-Encoding", "aws-chunked"},
                       {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                       {"x-amz-decoded-content-length", "5"},
                       {"x-amz-trailer", "x-amz-checksum-crc32"}});
  const auto with_trailer = ask(chunked, "5\r\nbytes\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
  EXPECT_EQ(with_trailer.status, 200) << text(with_trailer);
  EXPECT_EQ(with_trailer.headers.get("x-result"), "bucket|k|bytes|x-amz-checksum-crc32=AAAAAA==");
}

// What services say of themselves in their descriptors.
TEST_F(GatewayTest, AServiceClaimsWhatNamesNone) {
  const std::pair<std::string, std::string> form = {"Content-Type", "application/x-www-form-urlencoded"};
  EXPECT_THAT(text(ask(head("POST", "/queues/open", {form}), "Action=Echo&Text=q")), HasSubstr("<Text>q</Text>"));
  const auto closed = ask(head("POST", "/queues/closed", {form}), "Action=Echo&Text=q");
  EXPECT_THAT(text(closed), HasSubstr("The action Echo is not valid for this endpoint."));
  EXPECT_EQ(ask(head("GET", "/queues")).headers.get("x-own"), "of REQUEST-1");  // the rest is for objects
}

TEST_F(GatewayTest, BoundsBufferedBodies) {
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), std::string(100'001, ' ')).status, 413);
  EXPECT_EQ(ask(head("POST", "/2015-03-31/functions"), '"' + std::string(100'001, ' ') + '"').status, 400);
  EXPECT_EQ(ask(head("POST", "/2015-03-31/functions"), std::string(150'001, ' ')).status, 413);
  const auto refused = ask(head("POST", "/bucket?tagging"), std::string(100'001, ' '));
  EXPECT_EQ(refused.status, 418);
  EXPECT_THAT(text(refused), HasSubstr("more than 100000"));
}

TEST_F(GatewayTest, AsksTheAuthorizer) {
  make({},
       [](const wire::CallContext&, const wire::ServiceDescriptor& service,
          const wire::Operation& operation) -> Result<void> {
         if (operation.name == "Echo") return Error{auth::kAccessDenied, std::string(service.name) + " is not for you"};
         return {};
       });
  EXPECT_THAT(text(ask(json_head("AWSStepFunctions.Echo"), "{}")), HasSubstr("states is not for you"));
  EXPECT_EQ(ask(json_head("AWSStepFunctions.EchoLater"), "{}").status, 200);
}

TEST_F(GatewayTest, TellsOfRequestsThatFailed) {
  std::vector<std::string> told;
  Options options;
  options.on_failure = [&](const FailedRequest& failed) {
    told.push_back(std::string(failed.service) + ' ' + std::string(failed.operation) + ' ' +
                   std::to_string(failed.status) + ' ' + std::string(failed.trace));
    EXPECT_FALSE(failed.request_id.empty() || failed.code.empty() || failed.message.empty());
  };
  make(options);
  ask(json_head("AWSStepFunctions.Echo"), "{}");
  auto failing = json_head("AWSStepFunctions.Echo");
  failing.headers.add("X-Amzn-Trace-Id", "Root=1-2-3");
  ask(failing, R"({"Text":"fail"})");
  auto rebound = failing;
  rebound.headers.set("Host", "evil.example");
  ask(rebound, R"({"Text":"fail"})");  // whoever is not let in leaves no trace there
  EXPECT_THAT(told, ElementsAre("states Echo 418 Root=1-2-3"));
}

TEST_F(GatewayTest, ServesPagesAndMetrics) {
  EXPECT_EQ(text(ask(head("GET", "/_cumulet/health?verbose"))), "healthy");
  EXPECT_EQ(ask(head("DELETE", "/_cumulet/health")).status, 405);
  EXPECT_EQ(text(ask(head("GET", "/_cumulet/files/a.zip"))), "/_cumulet/files/a.zip");
  EXPECT_NE(ask(head("GET", "/_cumulet/files/deeper/a.zip")).status, 200);
  Options options;
  options.metrics = std::make_shared<RequestMetrics>();
  make(options);
  ask(json_head("AWSStepFunctions.Echo"), "{}");
  ask(json_head("AWSStepFunctions.Echo"), R"({"Text":"fail"})");
  const std::string shown = options.metrics->text();
  EXPECT_THAT(shown, HasSubstr("cumulet_requests_total{operation=\"Echo\",service=\"states\",status=\"200\"} 1"));
  EXPECT_THAT(shown, HasSubstr("status=\"418\"} 1"));
  EXPECT_THAT(shown, HasSubstr("cumulet_request_duration_seconds_count{operation=\"Echo\",service=\"states\"} 2"));
  int asked = 0;
  options.metrics->add_gauges([&asked] {
    ++asked;
    std::vector<Gauge> gauges{{"cumulet_queue_messages", "Messages", {{"queue", "a"}}, 7}};
    gauges.push_back({"cumulet_queue_messages", "Messages", {{"queue", "b\""}}, static_cast<double>(asked)});
    return gauges;
  });
  (void)options.metrics->text();
  EXPECT_THAT(options.metrics->text(),
              HasSubstr("# HELP cumulet_queue_messages Messages\n# TYPE cumulet_queue_messages gauge\n"
                        "cumulet_queue_messages{queue=\"a\"} 7\ncumulet_queue_messages{queue=\"b\\\"\"} 2\n"));
}

}  // namespace
}  // namespace cumulet::gateway
