// Each test forks: the runtime client is a whole program's main loop, with its signal handler.
#include "sdk/runtime/lambda.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "base/json.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::sdk {
namespace {

using Reply = FakeHttpServer::Reply;
using Received = FakeHttpServer::Received;
constexpr const char* kNext = "/2018-06-01/runtime/invocation/next";

Reply invocation(std::string id, std::string payload) {
  Reply out;
  out.headers = {{"Lambda-Runtime-Aws-Request-Id", std::move(id)},
                 {"Lambda-Runtime-Deadline-Ms", "4102444800000"},
                 {"Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:f"},
                 {"Lambda-Runtime-Trace-Id", "Root=1-2-3"},
                 {"Lambda-Runtime-Client-Context", "{\"a\":1}"}};
  out.body = std::move(payload);
  return out;
}

class Child {  // a function's process
 public:
  template <class Main>
  Child(const std::string& api, Main main) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv("AWS_LAMBDA_RUNTIME_API", api.c_str(), 1);
      ::_exit(main());
    }
  }
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void terminate() const { ::kill(pid_, SIGTERM); }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

// Gives the invocations in turn; then `done` is told and the caller of next waits for the end of the test.
class Engine {
 public:
  explicit Engine(std::vector<Reply> invocations)
      : invocations_(std::move(invocations)), server_([this](const Received& request) { return respond(request); }) {}
  ~Engine() { release_.set_value(); }
  std::string address() const { return server_.address(); }
  std::vector<Received> received() const { return server_.received(); }
  void wait_until_idle() { idle_.get_future().wait(); }

 private:
  Reply respond(const Received& request) {
    if (request.target != kNext) return {.status = 202};
    if (next_ < invocations_.size()) return invocations_[next_++];
    if (!std::exchange(told_, true)) idle_.set_value();
    released_.wait();
    return {.close_before = true};
  }
  std::vector<Reply> invocations_;
  std::size_t next_ = 0;
  bool told_ = false;
  std::promise<void> idle_, release_;
  std::shared_future<void> released_ = release_.get_future().share();
  FakeHttpServer server_;
};

int echo_main() {
  return run_handler([](const InvocationRequest& request) {
    if (request.payload == "throw") throw std::runtime_error("broken \"thing\"");
    if (request.payload == "fail") return InvocationResponse::failure("no such video", "InvalidVideo");
    const char* trace = std::getenv("_X_AMZN_TRACE_ID");
    return InvocationResponse::success(request.payload + '|' + request.request_id + '|' + request.function_arn + '|' +
                                       (trace ? trace : "") + '|' + request.client_context + '|' +
                                       (request.remaining() > Milliseconds{0} ? "time left" : "late"));
  });
}

TEST(Runtime, AnswersInvocationsOverOneConnectionAndEndsOnTerm) {
  Reply chunked = invocation("id-2", "second");
  chunked.chunked = true;
  Engine engine({invocation("id-1", "first"), chunked});
  Child child(engine.address(), echo_main);
  engine.wait_until_idle();
  child.terminate();
  EXPECT_EQ(child.wait(), 0);
  const auto got = engine.received();
  ASSERT_EQ(got.size(), 5u);
  EXPECT_EQ(got[1].target, "/2018-06-01/runtime/invocation/id-1/response");
  EXPECT_EQ(got[1].body, "first|id-1|arn:aws:lambda:us-east-1:000000000000:function:f|Root=1-2-3|{\"a\":1}|time left");
  EXPECT_TRUE(got[3].body.starts_with("second|id-2|"));
  for (const auto& request : got) EXPECT_EQ(request.connection, 0);
}

TEST(Runtime, ReportsFailuresAndExceptionsAsErrors) {
  Engine engine({invocation("id-1", "fail"), invocation("id-2", "throw"), invocation("id-3", "fine")});
  Child child(engine.address(), echo_main);
  engine.wait_until_idle();
  const auto got = engine.received();
  EXPECT_EQ(got[1].target, "/2018-06-01/runtime/invocation/id-1/error");
  EXPECT_EQ(got[1].headers.get_or("Lambda-Runtime-Function-Error-Type", ""), "InvalidVideo");
  EXPECT_EQ(got[1].body, "{\"errorMessage\":\"no such video\",\"errorType\":\"InvalidVideo\",\"stackTrace\":[]}");
  EXPECT_EQ(got[3].target, "/2018-06-01/runtime/invocation/id-2/error");
  EXPECT_EQ(got[3].body,
            "{\"errorMessage\":\"broken \\\"thing\\\"\",\"errorType\":\"std::runtime_error\",\"stackTrace\":[]}");
  EXPECT_EQ(got[5].target, "/2018-06-01/runtime/invocation/id-3/response");
}

TEST(Runtime, FinishesTheInvocationThatRunsAtTerm) {
  Engine engine({invocation("id-1", "x")});
  Child child(engine.address(), [] {
    return run_handler([](const InvocationRequest&) {
      ::kill(::getpid(), SIGTERM);
      return InvocationResponse::success("finished");
    });
  });
  EXPECT_EQ(child.wait(), 0);
  const auto got = engine.received();
  ASSERT_EQ(got.size(), 2u);  // no further invocation was asked for
  EXPECT_EQ(got[1].body, "finished");
}

TEST(Runtime, ReconnectsWhenTheConnectionWasClosedBetweenExchanges) {
  Reply first = invocation("id-1", "first");
  first.close_after = true;
  Engine engine({first, invocation("id-2", "second")});
  Child child(engine.address(), echo_main);
  engine.wait_until_idle();
  const auto got = engine.received();
  ASSERT_EQ(got.size(), 5u);
  EXPECT_EQ(got[1].target, "/2018-06-01/runtime/invocation/id-1/response");
  EXPECT_EQ(got[1].connection, 1);
}

TEST(Runtime, ReportsAFailedInitialisation) {
  Engine engine({});
  Child child(engine.address(), [] {
    static constexpr ErrorKind kMissing{"ConfigurationError", 0};
    return run_initialized([]() -> Result<Handler> { return Error{kMissing, "STATE_MACHINE_ARN is not set"}; });
  });
  EXPECT_EQ(child.wait(), 1);
  const auto got = engine.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].target, "/2018-06-01/runtime/init/error");
  EXPECT_EQ(got[0].headers.get_or("Lambda-Runtime-Function-Error-Type", ""), "ConfigurationError");
  EXPECT_EQ(
      got[0].body,
      "{\"errorMessage\":\"STATE_MACHINE_ARN is not set\",\"errorType\":\"ConfigurationError\",\"stackTrace\":[]}");
}

TEST(Runtime, EndsWithAnErrorWhenTheRuntimeApiIsGone) {
  std::string address;
  {
    Engine engine({});
    address = engine.address();
  }
  Child child(address, echo_main);
  EXPECT_EQ(child.wait(), 1);
}

TEST(Log, WritesOneJsonObjectALine) {
  log::set_request_id("id-1");
  const std::string text =
      log::line(log::Level::info, "started \"x\"", {{"bucket", "b"}, {"size", 5}}, "2026-01-02T03:04:05.678Z");
  log::set_request_id("");
  EXPECT_EQ(text,
            "{\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"level\":\"INFO\",\"message\":\"started \\\"x\\\"\","
            "\"requestId\":\"id-1\",\"bucket\":\"b\",\"size\":5}\n");
  EXPECT_EQ(log::line(log::Level::debug, "hidden", {}, "t"), "");
}

}  // namespace
}  // namespace cumulet::sdk
