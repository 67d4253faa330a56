#include "services/lambda/environments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = runtime::InvocationResult::Kind;

std::string reason_of(const Error& error) {
  for (const auto& [name, value] : error.fields())
    if (name == "Reason") return value;
  return {};
}

TEST(Environments, ReusesAWarmOne) {
  DataPlane plane;
  plane.put("f");
  for (int i = 0; i < 3; ++i) {
    const auto answer = plane.invoke("f");
    ASSERT_TRUE(plane.busy(0));
    EXPECT_FALSE(answer->came);
    plane.answer(0, "\"a" + std::to_string(i) + "\"");
    EXPECT_TRUE(answer->came);
    EXPECT_EQ(answer->response.payload.bytes, "\"a" + std::to_string(i) + "\"");
    EXPECT_EQ(answer->response.executed_version, "$LATEST");
    EXPECT_FALSE(answer->response.function_error);
  }
  EXPECT_EQ(plane.made.size(), 1u);
}

TEST(Environments, GivesTheSpecOfTheFunction) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    f.latest.configuration.memory_size = 256;
    f.latest.configuration.ephemeral_storage.size = 1024;
    f.latest.configuration.environment = EnvironmentVariables{{{"K", "V"}}};
  });
  plane.invoke("f:$LATEST", [](InvokeCall& call) { call.request.client_context = base64_encode("{\"c\": 1}"); });
  const auto& spec = plane.made.at(0)->spec;
  EXPECT_EQ(spec.memory_mb, 256);
  EXPECT_EQ(spec.ephemeral_storage_mb, 1024);
  EXPECT_EQ(spec.variables.at("K"), "V");
  EXPECT_EQ(spec.log_group, "/aws/lambda/f");
  EXPECT_THAT(spec.log_stream, ::testing::MatchesRegex("2015/08/30/\\[\\$LATEST\\][0-9a-f]{32}"));
  EXPECT_EQ(spec.credentials.session_token, "T");
  EXPECT_EQ(plane.made[0]->invocation.function_arn, "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
  EXPECT_EQ(plane.made[0]->invocation.client_context, "{\"c\":1}");
  EXPECT_EQ(plane.made[0]->invocation.deadline, plane.time.now() + Seconds{3});
  EXPECT_THAT(plane.made[0]->invocation.trace_id,
              ::testing::MatchesRegex("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0"));
}

TEST(Environments, StartsAnotherWhenAllAreBusy) {
  DataPlane plane;
  plane.put("f");
  const auto first = plane.invoke("f"), second = plane.invoke("f");
  EXPECT_TRUE(plane.busy(0));
  EXPECT_TRUE(plane.busy(1));
  plane.answer(1);
  EXPECT_FALSE(first->came);
  EXPECT_TRUE(second->came);
  plane.invoke("f");
  EXPECT_TRUE(plane.busy(1)) << "the free one";
  EXPECT_EQ(plane.made.size(), 2u);
}

TEST(Environments, ReservedConcurrency) {
  DataPlane plane;
  plane.put("f", [](Function& f) { f.reserved_concurrency = 1; });
  plane.invoke("f");
  const auto second = plane.invoke("f");
  ASSERT_TRUE(second->error);
  EXPECT_EQ(second->error->code(), "TooManyRequestsException");
  EXPECT_EQ(second->error->status(), 429);
  EXPECT_EQ(second->error->message(), "Rate Exceeded.");
  EXPECT_EQ(reason_of(*second->error), "ReservedFunctionConcurrentInvocationLimitExceeded");
  plane.answer(0);
  EXPECT_FALSE(plane.invoke("f")->error);
  plane.put("f", [](Function& f) { f.reserved_concurrency = 0; });
  EXPECT_TRUE(plane.invoke("f")->error);
}

TEST(Environments, TheAccountsConcurrency) {
  DataPlane plane;
  plane.settings.environments.memory_budget_mb = 1'000'000;
  plane.close();
  plane.open();
  plane.put("other", [](Function& f) { f.reserved_concurrency = 900; });
  plane.put("f");
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(plane.invoke("f")->error);
  const auto over = plane.invoke("f");
  ASSERT_TRUE(over->error);
  EXPECT_EQ(reason_of(*over->error), "ConcurrentInvocationLimitExceeded");
  EXPECT_FALSE(plane.invoke("other")->error) << "has its own";
}

TEST(Environments, AChangeReplacesWarmOnes) {
  DataPlane plane;
  plane.put("f");
  plane.invoke("f");
  const auto busy = plane.invoke("f");
  plane.answer(0);
  plane.put("f", [](Function& f) { f.latest.code_id = "newer"; });
  EXPECT_TRUE(plane.made[0]->stopped);
  EXPECT_FALSE(plane.made[1]->stopped) << "it is at work";
  plane.answer(1);
  EXPECT_TRUE(busy->came);
  EXPECT_TRUE(plane.made[1]->stopped);
  plane.invoke("f");
  EXPECT_TRUE(plane.busy(2));
  EXPECT_THAT(plane.made[2]->spec.code.string(), HasSubstr("newer"));
}

TEST(Environments, AFailedInitIsTriedAgainWithTheInvocation) {
  DataPlane plane;
  plane.starts = false;
  plane.put("f");
  const auto answer = plane.invoke("f", [](InvokeCall& call) { call.request.log_type = "Tail"; });
  const runtime::Failure failure{"Runtime.ExitError", "Runtime exited with error: exit status 3", {}};
  std::exchange(plane.made.at(0)->init_done, nullptr)({failure, 4.0});
  plane.run();
  EXPECT_FALSE(answer->came);
  std::exchange(plane.made.at(1)->init_done, nullptr)({failure, 4.0});
  plane.run();
  ASSERT_TRUE(answer->came);
  EXPECT_EQ(answer->response.function_error, "Unhandled");
  EXPECT_THAT(answer->response.payload.bytes, HasSubstr("Error: Runtime exited with error: exit status 3"));
  EXPECT_THAT(
      plane.log,
      HasSubstr("INIT_REPORT Init Duration: 4.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError\n"));
  EXPECT_THAT(plane.log, HasSubstr("Phase: invoke\tStatus: error"));
  EXPECT_THAT(*base64_decode(*answer->response.log_result), HasSubstr("END RequestId: "));
  EXPECT_EQ(plane.made.size(), 2u);
}

TEST(Environments, AnInitThatNeverEnds) {
  DataPlane plane;
  plane.starts = false;
  plane.put("f");
  const auto answer = plane.invoke("f");
  plane.advance(Seconds{10});
  EXPECT_TRUE(plane.made.at(0)->destroyed);
  EXPECT_FALSE(answer->came);
  plane.advance(Seconds{3});
  ASSERT_TRUE(answer->came);
  EXPECT_THAT(answer->response.payload.bytes, HasSubstr("Task timed out after 3.00 seconds"));
  EXPECT_TRUE(plane.made.at(1)->destroyed) << "no warm one: it has not started";
  plane.starts = true;
  const auto next = plane.invoke("f");
  ASSERT_TRUE(plane.busy(2));
  plane.answer(2);
  EXPECT_FALSE(next->response.function_error);
}

TEST(Environments, LogsAsLambdaDoes) {
  DataPlane plane;
  plane.put("f");
  const auto answer = plane.invoke("f", [](InvokeCall& call) {
    call.request_id = "the-id";
    call.request.log_type = "Tail";
  });
  plane.made[0]->spec.on_output("hello\n");
  plane.answer(0);
  const std::string expected =
      "START RequestId: the-id Version: $LATEST\nhello\nEND RequestId: the-id\n"
      "REPORT RequestId: the-id\tDuration: 1.50 ms\tBilled Duration: 7 ms\tMemory Size: 128 MB\tMax Memory Used: 0 MB\t"
      "Init Duration: 5.00 ms\t\n";
  EXPECT_EQ(plane.log, expected);
  EXPECT_EQ(*base64_decode(*answer->response.log_result), expected);
  plane.invoke("f");
  plane.answer(0);
  EXPECT_THAT(plane.log.substr(expected.size()), Not(HasSubstr("Init Duration")));
}

TEST(Environments, LogsEventsInTheFormatJson) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    f.latest.configuration.logging_config.log_format = "JSON";
    f.latest.configuration.runtime_version_config = RuntimeVersionConfig{"arn:the-runtime"};
  });
  plane.invoke("f", [](InvokeCall& call) {
    call.request_id = "the-id";
    call.trace_id = "Root=1";
  });
  EXPECT_EQ(plane.made[0]->spec.variables.at("AWS_LAMBDA_LOG_FORMAT"), "JSON");
  plane.made[0]->spec.on_output("hello\n");
  plane.answer(0);
  EXPECT_EQ(
      plane.log,
      R"({"time":"2015-08-30T12:36:00.000Z","type":"platform.initStart","record":{"initializationType":"on-demand",)"
      R"("phase":"init","runtimeVersion":"provided:al2023.v1","runtimeVersionArn":"arn:the-runtime","functionName":"f",)"
      R"("functionVersion":"$LATEST"}})"
      "\n"
      R"({"time":"2015-08-30T12:36:00.000Z","type":"platform.start","record":{"requestId":"the-id","version":"$LATEST",)"
      R"("tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1"}}})"
      "\nhello\n"
      R"({"time":"2015-08-30T12:36:00.000Z","type":"platform.report","record":{"requestId":"the-id","metrics":)"
      R"({"durationMs":1.5,"billedDurationMs":7,"memorySizeMB":128,"maxMemoryUsedMB":0,"initDurationMs":5.0},)"
      R"("status":"success"}})"
      "\n");
}

TEST(Environments, TheSystemLogLevelDecidesWhatIsLogged) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    f.latest.configuration.logging_config.log_format = "JSON";
    f.latest.configuration.logging_config.system_log_level = "WARN";
  });
  plane.invoke("f");
  plane.answer(0);
  EXPECT_EQ(plane.log, "");
  plane.invoke("f");
  runtime::InvocationResult result;
  result.kind = runtime::InvocationResult::Kind::timed_out;
  plane.finish(0, std::move(result));
  EXPECT_THAT(plane.log, HasSubstr("\"type\":\"platform.runtimeDone\""));
  EXPECT_THAT(plane.log, HasSubstr("\"status\":\"timeout\""));
  EXPECT_THAT(plane.log, Not(HasSubstr("platform.start")));
}

TEST(Environments, AFunctionGrowsByAThousandEnvironmentsInTenSecondsAtMost) {
  DataPlane plane;
  plane.settings.environments.scaling_step = 3;
  plane.settings.environments.memory_budget_mb = 1'000'000;
  plane.close();
  plane.open();
  plane.put("f");
  plane.put("g");
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(plane.invoke("f")->error);
  const auto over = plane.invoke("f");
  ASSERT_TRUE(over->error);
  EXPECT_EQ(over->error->code(), "TooManyRequestsException");
  EXPECT_FALSE(plane.invoke("g")->error) << "each function has its own";
  plane.answer(0);
  EXPECT_FALSE(plane.invoke("f")->error) << "a warm one is no new one";
  plane.advance(Seconds{10});
  EXPECT_FALSE(plane.invoke("f")->error);
  EXPECT_EQ(plane.made.size(), 5u);
}

TEST(Environments, ATimeoutAndACrash) {
  DataPlane plane;
  plane.put("f");
  auto answer = plane.invoke("f", [](InvokeCall& call) { call.request_id = "the-id"; });
  runtime::InvocationResult result;
  result.kind = Kind::timed_out;
  plane.made[0]->alive = false;
  plane.finish(0, result);
  EXPECT_EQ(answer->response.function_error, "Unhandled");
  EXPECT_EQ(answer->response.payload.bytes,
            "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: the-id Error: Task timed out after 3.00 "
            "seconds\"}");
  EXPECT_THAT(plane.log, HasSubstr(" the-id Task timed out after 3.00 seconds\n\n"));
  EXPECT_THAT(plane.log, HasSubstr("Status: timeout"));

  answer = plane.invoke("f");
  ASSERT_TRUE(plane.busy(1)) << "the dead one is not used again";
  result.kind = Kind::failed;
  result.failure = {"Runtime.ExitError", "Runtime exited with error: signal: killed", {}};
  plane.made[1]->alive = false;
  plane.finish(1, result);
  EXPECT_THAT(answer->response.payload.bytes, HasSubstr("\"errorType\":\"Runtime.ExitError\""));
  EXPECT_THAT(plane.log, HasSubstr("Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n"));
}

TEST(Environments, AnInvocationThatWasNotTakenGoesToAnother) {
  DataPlane plane;
  plane.put("f");
  plane.invoke("f");
  plane.answer(0);
  const auto answer = plane.invoke("f");
  plane.made[0]->alive = false;
  plane.finish(0, runtime::InvocationResult{});
  EXPECT_FALSE(answer->came);
  plane.answer(1);
  EXPECT_TRUE(answer->came);
}

TEST(Environments, IdleOnesEnd) {
  DataPlane plane;
  plane.put("f");
  plane.invoke("f");
  plane.answer(0);
  plane.advance(std::chrono::minutes(9));
  EXPECT_FALSE(plane.made[0]->stopped);
  plane.advance(std::chrono::minutes(2));
  EXPECT_TRUE(plane.made[0]->stopped);
  plane.advance(Seconds{2});
  EXPECT_TRUE(plane.made[0]->destroyed);
}

TEST(Environments, WaitsForTheMachinesMemory) {
  DataPlane plane;
  plane.settings.environments.memory_budget_mb = 256;
  plane.close();
  plane.open();
  plane.put("f");
  plane.put("g");
  plane.invoke("f");
  plane.invoke("f");
  const auto third = plane.invoke("g"), fourth = plane.invoke("g");
  EXPECT_EQ(plane.made.size(), 2u);
  plane.answer(0);  // idle now, and has to go
  EXPECT_EQ(plane.made.size(), 3u);
  EXPECT_TRUE(plane.made[0]->destroyed);
  plane.answer(2);
  EXPECT_TRUE(third->came);
  EXPECT_TRUE(plane.busy(2)) << "the fourth has its place";
  const auto fifth = plane.invoke("f");
  plane.advance(Seconds{11});
  ASSERT_TRUE(fifth->error);
  EXPECT_EQ(fifth->error->code(), "TooManyRequestsException");
  EXPECT_FALSE(fourth->came);
}

TEST(Invoke, RefusesWhatLambdaRefuses) {
  DataPlane plane;
  plane.put("f");
  auto answer = plane.invoke("f", [](InvokeCall& call) { call.request.payload = wire::Blob{"{not json"}; });
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->code(), "InvalidRequestContentException");
  EXPECT_THAT(answer->error->message(), HasSubstr("Could not parse request body into json"));
  answer = plane.invoke(
      "f", [](InvokeCall& call) { call.request.payload = wire::Blob{'"' + std::string(6'291'456, 'x') + '"'}; });
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->code(), "RequestEntityTooLargeException");
  EXPECT_EQ(answer->error->message(), "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
  answer = plane.invoke("f", [](InvokeCall& call) {
    call.request.invocation_type = "Event";
    call.request.payload = wire::Blob{'"' + std::string(1'048'576, 'x') + '"'};
  });
  EXPECT_EQ(answer->error->code(), "RequestEntityTooLargeException");
  answer = plane.invoke("absent");
  EXPECT_EQ(answer->error->code(), "ResourceNotFoundException");
  answer = plane.invoke("f", [](InvokeCall& call) { call.request.invocation_type = "DryRun"; });
  EXPECT_EQ(answer->response.status_code, 204);
  EXPECT_TRUE(plane.made.empty());
  plane.invoke("f", [](InvokeCall& call) { call.request.payload.reset(); });
  EXPECT_EQ(*plane.made.at(0)->invocation.payload, "{}");
}

}  // namespace
}  // namespace cumulet::lambda
