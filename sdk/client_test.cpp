#include "sdk/client.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "aws/auth/digest.hpp"
#include "base/manual_time.hpp"
#include "sdk/errors.hpp"
#include "sdk/retry.hpp"
#include "sdk/runtime/trace.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::sdk {
namespace {

using Reply = FakeHttpServer::Reply;
using Received = FakeHttpServer::Received;

Environment environment(std::map<std::string, std::string> values) {
  values.try_emplace("AWS_CONFIG_FILE", "/nonexistent");
  values.try_emplace("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
  return [values](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    if (found == values.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

class ClientTest : public testing::Test {
 protected:
  Client client(std::map<std::string, std::string> values) {
    values.try_emplace("AWS_REGION", "eu-west-1");
    values.try_emplace("AWS_ACCESS_KEY_ID", "AKIA");
    values.try_emplace("AWS_SECRET_ACCESS_KEY", "secret");
    ClientOptions options;
    options.settings = std::make_shared<const Settings>(*Settings::load(environment(std::move(values))));
    options.transport = transport_;
    options.clock = &time_;
    options.random = &random_;
    options.sleep = [this](Milliseconds time) {
      sleeps_.push_back(time);
      time_.advance(time);
    };
    return *Client::create(std::move(options));
  }
  Client client(const FakeHttpServer& server) { return client({{"AWS_ENDPOINT_URL", server.url()}}); }

  ManualTime time_;
  SeededRandom random_{7};
  std::vector<Milliseconds> sleeps_;
  std::shared_ptr<Transport> transport_ = curl_transport();
};

// What the server got must verify with the key it was signed by.
Result<void> check_signature(const Received& request, const auth::Credentials& keys, TimePoint now) {
  http::RequestHead head;
  head.method = request.method;
  head.target = request.target;
  head.headers = request.headers;
  CUMULET_TRY(const auto authorization, auth::parse_signing(head).authorization);
  return auth::verify(authorization, keys, head, auth::sha256_hex(request.body), now,
                      auth::path_style(authorization.scope.service));
}
const auth::Credentials kKeys{"AKIA", "secret", ""};

TEST_F(ClientTest, CallsJsonServicesSigned) {
  FakeHttpServer server([](const Received&) { return Reply{.body = R"({"executionArn":"arn:x"})"}; });
  const auto out = client(server).call("states", "StartExecution", json::object{{"name", "n"}});
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_EQ(json::text(*out), R"({"executionArn":"arn:x"})");
  const auto request = server.received().at(0);
  EXPECT_EQ(request.method + ' ' + request.target, "POST /");
  EXPECT_EQ(request.body, R"({"name":"n"})");
  EXPECT_EQ(request.headers.get_or("x-amz-target", ""), "AWSStepFunctions.StartExecution");
  EXPECT_EQ(request.headers.get_or("content-type", ""), "application/x-amz-json-1.0");
  EXPECT_NE(request.headers.get_or("authorization", "").find("/eu-west-1/states/aws4_request"), std::string_view::npos);
  EXPECT_TRUE(check_signature(request, kKeys, time_.now()).ok());
}

TEST_F(ClientTest, SendsTheTraceOfItsInvocation) {
  FakeHttpServer server([](const Received&) { return Reply{.body = "{}"}; });
  ASSERT_TRUE(client(server).call("states", "StartExecution", json::object{}).ok());
  set_current_trace("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0");
  const auto out = client(server).call("states", "StartExecution", json::object{});
  set_current_trace({});
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_FALSE(server.received().at(0).headers.has("x-amzn-trace-id"));
  EXPECT_EQ(server.received().at(1).headers.get_or("x-amzn-trace-id", ""),
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0");
  EXPECT_TRUE(check_signature(server.received().at(1), kKeys, time_.now()).ok());
}

TEST_F(ClientTest, CallsQueryServicesSigned) {
  FakeHttpServer server([](const Received&) { return Reply{.body = "<GetRoleResponse/>"}; });
  const auto out = client(server).query("iam", "GetRole", {{"RoleName", "a b&c"}});
  ASSERT_TRUE(out.ok()) << out.error().message();
  const auto request = server.received().at(0);
  EXPECT_EQ(request.body, "Action=GetRole&Version=2010-05-08&RoleName=a%20b%26c");
  EXPECT_NE(request.headers.get_or("authorization", "").find("/us-east-1/iam/aws4_request"), std::string_view::npos);
  EXPECT_TRUE(check_signature(request, kKeys, time_.now()).ok());
}

TEST_F(ClientTest, SendsS3KeysAsTheyAre) {
  FakeHttpServer server([](const Received&) { return Reply{.body = "text"}; });
  RestRequest request;
  request.bucket = "b";
  request.path = "/a//../%2E%2F%20x";
  ASSERT_TRUE(client(server).rest("s3", request).ok());
  EXPECT_EQ(server.received().at(0).target, "/b/a//../%2E%2F%20x");
  EXPECT_TRUE(check_signature(server.received().at(0), kKeys, time_.now()).ok());
}

TEST_F(ClientTest, NamesTheServicesError) {
  FakeHttpServer server([](const Received& request) {
    if (request.headers.has("x-amz-target"))
      return Reply{
          .status = 400,
          .headers = {{"x-amzn-RequestId", "id-1"}},
          .body =
              R"({"__type":"com.amazonaws.swf#StateMachineDoesNotExist","message":"State Machine Does Not Exist"})"};
    if (request.body.starts_with("Action="))
      return Reply{
          .status = 404,
          .body = "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>none</Message></Error></ErrorResponse>"};
    if (request.method == "HEAD") return Reply{.status = 404};
    return Reply{.status = 404,
                 .body = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"};
  });
  auto one = client(server);
  const auto json = one.call("states", "StartExecution", json::object{});
  EXPECT_EQ(json.error().code(), "StateMachineDoesNotExist");
  EXPECT_EQ(json.error().message(), "State Machine Does Not Exist");
  EXPECT_EQ(json.error().status(), 400);
  EXPECT_EQ(json.error().fields().at(0).second, "id-1");
  EXPECT_EQ(one.query("iam", "GetRole", {}).error().code(), "NoSuchEntity");
  RestRequest get;
  EXPECT_EQ(one.rest("s3", get).error().code(), "NoSuchKey");
  get.method = "HEAD";
  EXPECT_EQ(one.rest("s3", get).error().code(), "NotFound");
  EXPECT_TRUE(sleeps_.empty());
}

TEST_F(ClientTest, RetriesThrottlingAndServerErrorsThreeTimesInAll) {
  int calls = 0;
  FakeHttpServer server([&](const Received&) {
    ++calls;
    if (calls == 1) return Reply{.status = 503, .body = "busy"};
    if (calls == 2)
      return Reply{.status = 400, .body = R"({"__type":"ThrottlingException","message":"Rate exceeded"})"};
    return Reply{.body = "{}"};
  });
  EXPECT_TRUE(client(server).call("rekognition", "StartFaceDetection", json::object{}).ok());
  ASSERT_EQ(sleeps_.size(), 2u);
  EXPECT_LE(sleeps_[0], Milliseconds{1000});
  EXPECT_LE(sleeps_[1], Milliseconds{2000});
  const auto got = server.received();
  EXPECT_EQ(got[2].headers.get_or("amz-sdk-request", ""), "attempt=3; max=3");
  EXPECT_EQ(got[0].headers.get_or("amz-sdk-invocation-id", "a"), got[2].headers.get_or("amz-sdk-invocation-id", "b"));
}

TEST_F(ClientTest, GivesUpAfterThreeAttemptsAndNeverRetriesClientErrors) {
  int status = 500;
  FakeHttpServer server([&](const Received&) { return Reply{.status = status, .body = "{}"}; });
  auto one = client(server);
  EXPECT_EQ(one.call("logs", "PutLogEvents", json::object{}).error().status(), 500);
  EXPECT_EQ(server.received().size(), 3u);
  status = 400;
  EXPECT_FALSE(one.call("logs", "PutLogEvents", json::object{}).ok());
  EXPECT_EQ(server.received().size(), 4u);
}

TEST_F(ClientTest, RetriesBrokenConnections) {
  int calls = 0;
  FakeHttpServer server([&](const Received&) {
    Reply reply{.body = "{}"};
    reply.close_before = ++calls < 3;
    return reply;
  });
  EXPECT_TRUE(client(server).call("sqs", "SendMessage", json::object{}).ok());
}

TEST_F(ClientTest, NamesTheEndpointThatCannotBeReached) {
  std::string url;
  {
    FakeHttpServer server([](const Received&) { return Reply{}; });
    url = server.url();
  }
  const auto out = client({{"AWS_ENDPOINT_URL", url}}).call("sqs", "ListQueues", json::object{});
  ASSERT_FALSE(out.ok());
  EXPECT_TRUE(out.error().is(kConnectFailed));
  EXPECT_NE(out.error().message().find(url), std::string::npos);
}

TEST_F(ClientTest, TheRetryQuotaEndsAStorm) {
  FakeHttpServer server([&](const Received&) { return Reply{.status = 500, .body = "{}"}; });
  auto one = client(server);
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(one.call("logs", "PutLogEvents", json::object{}).ok());
  // 500 tokens are 100 retries; then every call is tried once.
  EXPECT_EQ(server.received().size(), 160u);
}

TEST_F(ClientTest, LearnsTheServicesClock) {
  int calls = 0;
  FakeHttpServer server([&](const Received&) {
    const std::string date = http_date(time_.now() + Seconds{3600});
    if (++calls == 1)
      return Reply{
          .status = 403, .headers = {{"Date", date}}, .body = "<Error><Code>RequestTimeTooSkewed</Code></Error>"};
    return Reply{.headers = {{"Date", date}}};
  });
  EXPECT_TRUE(client(server).rest("s3", {}).ok());
  EXPECT_TRUE(check_signature(server.received().at(1), kKeys, time_.now() + Seconds{3600}).ok());
}

TEST_F(ClientTest, GoesToAwsWithoutAnEndpoint) {
  auto one = client(std::map<std::string, std::string>{});
  EXPECT_EQ(*one.endpoint("states"), "https://states.eu-west-1.amazonaws.com");
  EXPECT_EQ(*one.endpoint("iam"), "https://iam.amazonaws.com");
  RestRequest request;
  request.bucket = "films";
  request.path = "/a%20b.mp4";
  EXPECT_TRUE(one.presign("s3", request, Seconds{60})
                  ->starts_with("https://films.s3.eu-west-1.amazonaws.com/a%20b.mp4?X-Amz-Algorithm="));
  request.bucket = "with.dots";
  EXPECT_TRUE(
      one.presign("s3", request, Seconds{60})->starts_with("https://s3.eu-west-1.amazonaws.com/with.dots/a%20b.mp4?"));
}

TEST_F(ClientTest, NeedsARegionAndCredentials) {
  ClientOptions options;
  options.settings =
      std::make_shared<const Settings>(*Settings::load(environment({{"AWS_EC2_METADATA_DISABLED", "true"}})));
  EXPECT_TRUE(Client::create(options).error().is(kNoRegion));
  options.region = "us-east-1";
  options.endpoint = "http://127.0.0.1:1";
  const auto out = Client::create(options)->call("sqs", "ListQueues", json::object{});
  EXPECT_TRUE(out.error().is(kNoCredentials)) << out.error().message();
}

TEST(Retry, BackoffIsARandomPartOfUpToTwentySeconds) {
  SystemRandom random;
  for (int retries = 0; retries < 40; ++retries) {
    const auto ceiling = Milliseconds{retries < 5 ? 1000 << retries : 20'000};
    for (int i = 0; i < 50; ++i) EXPECT_LE(backoff(retries, random), ceiling);
  }
}

TEST(Retry, TimeoutsCostMoreAndSuccessesPayBack) {
  RetryQuota quota(20);
  EXPECT_EQ(quota.take(Retryable::timeout), 10);
  EXPECT_EQ(quota.take(Retryable::transient), 5);
  EXPECT_EQ(quota.take(Retryable::timeout), 0);
  quota.give_back(5);
  EXPECT_EQ(quota.left(), 10);
  quota.give_back(0);
  EXPECT_EQ(quota.left(), 11);
}

TEST(CurlTransport, EndsAnExchangeThatIsCancelled) {
  std::promise<void> asked, release;
  FakeHttpServer server([&](const Received&) {
    asked.set_value();
    release.get_future().wait();
    return Reply{.close_before = true};
  });
  std::atomic<bool> cancelled = false;
  std::thread canceller([&] {
    asked.get_future().wait();
    cancelled = true;
  });
  HttpRequest request;
  request.url = server.url();
  request.cancelled = &cancelled;
  const auto out = curl_transport()->send(request);
  ASSERT_FALSE(out.ok());
  EXPECT_TRUE(out.error().is(kCancelled)) << out.error().message();
  canceller.join();
  release.set_value();
}

}  // namespace
}  // namespace cumulet::sdk
