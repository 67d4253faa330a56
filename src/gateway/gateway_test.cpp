#include "gateway/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>

#include "aws/auth/digest.hpp"
#include "base/manual_time.hpp"

// The path of a request through small made-up services, one for each protocol.
namespace cumulet::gateway::testing {

struct EchoInput {
  std::optional<std::string> text;
};
struct EchoOutput {
  std::string text;
};
struct KeyInput {
  std::string bucket;
  std::string key;
  wire::InputStream body;
};
struct KeyOutput {
  std::string result;
};
struct BucketInput {
  std::string bucket;
};

}  // namespace cumulet::gateway::testing

namespace cumulet::wire {
namespace t = gateway::testing;
template <>
struct Describe<t::EchoInput> {
  static Shape shape() { return structure("EchoInput", {member<&t::EchoInput::text>("Text")}); }
};
template <>
struct Describe<t::EchoOutput> {
  static Shape shape() { return structure("EchoOutput", {member<&t::EchoOutput::text>("Text")}); }
};
template <>
struct Describe<t::KeyInput> {
  static Shape shape() {
    return structure("KeyInput", {member<&t::KeyInput::bucket>("Bucket").label().required(),
                                  member<&t::KeyInput::key>("Key").greedy_label().required(),
                                  member<&t::KeyInput::body>("Body").payload()});
  }
};
template <>
struct Describe<t::KeyOutput> {
  static Shape shape() { return structure("KeyOutput", {member<&t::KeyOutput::result>("Result").header("x-result")}); }
};
template <>
struct Describe<t::BucketInput> {
  static Shape shape() {
    return structure("BucketInput", {member<&t::BucketInput::bucket>("Bucket").label().required()});
  }
};
}  // namespace cumulet::wire

namespace cumulet::gateway {
namespace {

namespace asio = boost::asio;
using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

inline constexpr ErrorKind kTeapot{"TeapotException", 418};

class Services {
 public:
  Result<EchoOutput> echo(const wire::CallContext& context, const EchoInput& input) {
    last_caller = context.caller;
    last_region = context.region;
    if (input.text == "throw") throw std::runtime_error("secret detail");
    if (input.text == "fail") return Error{kTeapot, "short and stout"};
    return EchoOutput{input.text.value_or("nothing")};
  }
  awaitable<Result<EchoOutput>> echo_later(const wire::CallContext&, EchoInput input) {
    EchoOutput output{input.text.value_or("nothing") + " later"};
    co_return output;
  }
  awaitable<Result<KeyOutput>> put(const wire::CallContext& context, KeyInput input) {
    std::string bytes;
    while (input.body.stream) {
      Result<std::string_view> piece = co_await input.body.stream->read();
      if (!piece.ok()) co_return std::move(piece).error();
      if (piece->empty()) break;
      bytes += *piece;
    }
    KeyOutput output{input.bucket + '|' + input.key + '|' + bytes};
    for (const auto& [name, value] : *context.trailers) output.result += '|' + name + '=' + value;
    co_return output;
  }
  Result<EchoOutput> list(const wire::CallContext&, const BucketInput& input) {
    if (input.bucket == "broken") return Error{kInternalFailure, "secret: no space left on device"};
    return EchoOutput{"list of " + input.bucket};
  }

  wire::Principal last_caller;
  std::string last_region;
};

wire::ServiceDescriptor machine_service(Services& s) {
  wire::ServiceDescriptor d;
  d.name = "states";
  d.target_prefix = "AWSStepFunctions";
  d.protocols = {wire::Protocol::aws_json_1_0};
  d.operations.push_back(wire::operation("Echo", s, &Services::echo));
  d.operations.push_back(wire::operation("EchoLater", s, &Services::echo_later));
  return d;
}
wire::ServiceDescriptor queue_service(Services& s) {  // two protocols
  wire::ServiceDescriptor d;
  d.name = "sqs";
  d.target_prefix = "AmazonSQS";
  d.api_version = "2012-11-05";
  d.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";
  d.protocols = {wire::Protocol::aws_json_1_0, wire::Protocol::query};
  d.operations.push_back(wire::operation("Echo", s, &Services::echo));
  return d;
}
wire::ServiceDescriptor object_service(Services& s) {
  wire::ServiceDescriptor d;
  d.name = "s3";
  d.xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  d.protocols = {wire::Protocol::rest_xml};
  d.operations.push_back(wire::operation("PutObject", s, &Services::put).at("PUT", "/{Bucket}/{Key+}"));
  d.operations.push_back(wire::operation("ListObjects", s, &Services::list).at("GET", "/{Bucket}"));
  return d;
}
wire::ServiceDescriptor function_service(Services& s) {
  wire::ServiceDescriptor d;
  d.name = "lambda";
  d.protocols = {wire::Protocol::rest_json};
  d.operations.push_back(wire::operation("Echo", s, &Services::echo).at("POST", "/2015-03-31/functions"));
  return d;
}

class Keys final : public auth::KeyDirectory {
 public:
  std::optional<auth::KnownKey> find(std::string_view id) const override {
    const auto found = keys.find(std::string(id));
    if (found == keys.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, auth::KnownKey> keys;
};

class TextBody final : public http::BodyStream {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  awaitable<Result<std::string_view>> read() override {
    if (std::exchange(given_, true)) co_return std::string_view{};
    co_return std::string_view(text_);
  }

 private:
  std::string text_;
  bool given_ = false;
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    auth::KnownKey root;
    root.credentials = {"AKROOT", "root-secret", ""};
    root.account = "000000000000";
    root.arn = "arn:aws:iam::000000000000:root";
    root.is_root = true;
    keys_.keys["AKROOT"] = root;
    auth::KnownKey session;
    session.credentials = {"ASIATEMP", "temp-secret", "the-token"};
    session.arn = "arn:aws:sts::000000000000:assumed-role/r/s";
    session.expires = time_.now() + Seconds{900};
    keys_.keys["ASIATEMP"] = session;
    make({});
  }

  void make(Options options, Authorizer authorizer = {}) {
    if (options.buffered_body_bytes == Options{}.buffered_body_bytes) options.buffered_body_bytes = 100'000;
    std::vector<Page> pages;
    pages.push_back({"/_cumulet/health", [](const http::RequestHead&) {
                       http::Response r;
                       r.body = http::Body(std::string("healthy"));
                       return r;
                     }});
    pages.push_back({"/_cumulet/files/", [](const http::RequestHead& h) {
                       http::Response r;
                       r.body = http::Body(h.target);
                       return r;
                     }});
    gateway_ = std::make_unique<Gateway>(
        options, std::vector<const wire::ServiceDescriptor*>{&machine_, &queue_, &object_, &function_}, keys_, time_,
        pool_.get_executor(), std::move(authorizer), std::move(pages));
  }

  static http::RequestHead head(std::string method, std::string target,
                                std::vector<std::pair<std::string, std::string>> fields = {}) {
    http::RequestHead h;
    h.method = std::move(method);
    h.target = std::move(target);
    h.headers.add("Host", "127.0.0.1:4566");
    for (auto& [name, value] : fields) h.headers.add(std::move(name), std::move(value));
    return h;
  }
  static http::RequestHead json_head(const std::string& target) {
    return head("POST", "/", {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", target}});
  }
  void sign(http::RequestHead& h, const std::string& body, auth::Credentials credentials, const std::string& service) {
    const auth::Scope scope{basic_date(time_.now()), "eu-west-1", service};
    const std::string hash = auth::sha256_hex(body);
    auth::sign(h, credentials, scope, hash, time_.now(), auth::path_style(service));
  }

  http::Response ask(http::RequestHead h, std::string body = {}) {
    if (!body.empty() || h.method == "POST") h.content_length = body.size();
    TextBody stream(std::move(body));
    asio::io_context io;
    http::Response response;
    auto task = gateway_->handle(h, stream);
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, http::Response r) {
      failure = e;
      response = std::move(r);
    });
    auto work = asio::make_work_guard(io);
    while (response.headers.size() == 0 && !failure && io.run_one() > 0) {
    }
    if (failure) std::rethrow_exception(failure);
    return response;
  }
  static std::string text(const http::Response& response) {
    std::string all;
    for (const auto& piece : std::get<0>(response.body.content)) all += std::get<std::string>(piece);
    return all;
  }

  ManualTime time_;
  Keys keys_;
  Services services_;
  wire::ServiceDescriptor machine_ = machine_service(services_);
  wire::ServiceDescriptor queue_ = queue_service(services_);
  wire::ServiceDescriptor object_ = object_service(services_);
  wire::ServiceDescriptor function_ = function_service(services_);
  asio::thread_pool pool_{2};
  std::unique_ptr<Gateway> gateway_;
};

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
  EXPECT_TRUE(list.headers.has("x-amz-request-id"));
  EXPECT_TRUE(list.headers.has("x-amz-id-2"));
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
  EXPECT_EQ(query.status, 400);
  EXPECT_THAT(text(query),
              HasSubstr("<Code>InvalidAction</Code><Message>The action Fly is not valid for this endpoint.</Message>"));
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

TEST_F(GatewayTest, AnswersAPreflightAsS3WithoutCors) {
  const auto object =
      ask(head("OPTIONS", "/bucket/key", {{"Origin", "http://localhost:1"}, {"Access-Control-Request-Method", "PUT"}}));
  EXPECT_EQ(object.status, 403);
  EXPECT_THAT(text(object), HasSubstr("<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this "
                                      "bucket.</Message><Method>PUT</Method><ResourceType>OBJECT</ResourceType>"));
  const auto bucket =
      ask(head("OPTIONS", "/bucket/", {{"Origin", "http://localhost:1"}, {"Access-Control-Request-Method", "GET"}}));
  EXPECT_THAT(text(bucket), HasSubstr("<ResourceType>BUCKET</ResourceType>"));
  EXPECT_THAT(text(ask(head("OPTIONS", "/bucket/key"))),
              HasSubstr("Insufficient information. Origin request header needed."));
}

TEST_F(GatewayTest, TakesNothingUnsignedFromAnotherSitesPage) {
  const auto from = [](const std::string& origin) {
    auto h = json_head("AWSStepFunctions.Echo");
    h.headers.add("Origin", origin);
    return h;
  };
  for (const char* origin : {"https://example.com", "null", "http://localhost.example.com", "http://127.0.0.1.nip.io"})
    EXPECT_THAT(text(ask(from(origin), "{}")), HasSubstr("AccessDeniedException")) << origin;
  for (const char* origin : {"http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080", "http://app.localhost"})
    EXPECT_EQ(ask(from(origin), "{}").status, 200) << origin;
  auto unknown = from("https://example.com");
  sign(unknown, "{}", {"AKWHO", "whatever", ""}, "states");
  EXPECT_THAT(text(ask(unknown, "{}")), HasSubstr("AccessDeniedException"));
  auto known = from("https://example.com");
  sign(known, "{}", {"AKROOT", "root-secret", ""}, "states");
  EXPECT_EQ(ask(known, "{}").status, 200);
  EXPECT_EQ(ask(head("GET", "/bucket", {{"Origin", "https://example.com"}})).status, 200);
  EXPECT_EQ(ask(head("PUT", "/bucket/key", {{"Origin", "https://example.com"}})).status, 403);
  EXPECT_EQ(ask(head("GET", "/?Action=Echo&Version=2012-11-05", {{"Sec-Fetch-Site", "cross-site"}})).status, 403);
  EXPECT_EQ(ask(head("GET", "/?Action=Echo&Version=2012-11-05", {{"Sec-Fetch-Site", "none"}})).status, 200);
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

TEST_F(GatewayTest, GivesFailuresOfTheDiskAsS3Does) {
  const auto failed = ask(head("GET", "/broken"));
  EXPECT_EQ(failed.status, 500);
  EXPECT_THAT(text(failed), HasSubstr("<Code>InternalError</Code><Message>We encountered an internal error. Please "
                                      "try again.</Message>"));
  EXPECT_THAT(text(failed), Not(HasSubstr("secret")));
}

TEST_F(GatewayTest, AsksTheServiceWhetherTheBodyIsWhole) {
  Options options;
  std::string seen;
  options.body_checks["states"] = [&seen](const http::RequestHead&, std::string_view operation,
                                          std::string_view body) -> Result<void> {
    seen = std::string(operation) + ' ' + std::string(body.substr(0, 12));
    if (body.find("changed") != body.npos) return Error{kTeapot, "not what was sent"};
    return {};
  };
  make(std::move(options));
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

  Options strict;
  strict.accept_unknown_keys = false;
  make(strict);
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

TEST_F(GatewayTest, BoundsBufferedBodies) {
  EXPECT_EQ(ask(json_head("AWSStepFunctions.Echo"), std::string(100'001, ' ')).status, 413);
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
