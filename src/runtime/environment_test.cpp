#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "base/json.hpp"
#include "net/asio_timers.hpp"
#include "net/io_thread.hpp"
#include "process/sandbox.hpp"
#include "runtime/process_environment.hpp"
#include "runtime/variables.hpp"

namespace cumulet::runtime {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using Kind = InvocationResult::Kind;

// Environments with the probe (tests/functions/probe.cpp) or a shell script as their bootstrap, in real sandboxes.
class Provided : public testing::Test {
 protected:
  void SetUp() override {
    static const std::optional<std::string> why = process::unavailable();
    if (why) GTEST_SKIP() << "no sandbox here: " << *why;
    char pattern[] = "/tmp/cumulet-runtime-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    fs::create_directory(folder_ / "code");
    fs::copy_file(CUMULET_PROBE, folder_ / "code" / "bootstrap");
    factory_ = std::make_unique<ProcessEnvironments>(io_.executor(), workers_.get_executor(), clock_, timers_,
                                                     folder_ / "runtimes");
  }
  void TearDown() override {
    on_io([&] { environment_.reset(); });
    factory_.reset();
    io_.stop();
    workers_.join();
    std::error_code ec;
    if (!folder_.empty()) fs::remove_all(folder_, ec);
  }

  template <class F>
  void on_io(F f) {
    std::promise<void> done;
    boost::asio::post(io_.executor(), [&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }

  EnvironmentSpec spec() {
    EnvironmentSpec spec;
    spec.function_name = "probe";
    spec.region = "eu-west-1";
    spec.handler = "the.handler";
    spec.runtime = "provided.al2023";
    spec.memory_mb = 128;
    spec.log_group = "/aws/lambda/probe";
    spec.log_stream = "2026/01/01/[$LATEST]0";
    spec.credentials = {"AKID", "SECRET", "TOKEN"};
    spec.endpoint_url = "http://127.0.0.1:4566";
    spec.code = folder_ / "code";
    // One for each environment, as in the engine: an ended environment's folder is removed while the next one starts.
    spec.scratch = folder_ / (specs_++ == 0 ? "scratch" : "scratch-" + std::to_string(specs_));
    spec.on_output = [this](std::string_view piece) {
      std::lock_guard lock(mutex_);
      output_bytes_ += piece.size();
      if (output_.size() < 10'000) output_ += piece;
    };
    return spec;
  }
  std::string output() {
    std::lock_guard lock(mutex_);
    return output_;
  }
  void script(const std::string& text) {
    fs::remove(folder_ / "code" / "bootstrap");
    std::ofstream(folder_ / "code" / "bootstrap") << text;
    ::chmod((folder_ / "code" / "bootstrap").c_str(), 0755);
  }

  InitResult start(EnvironmentSpec with) {
    std::promise<InitResult> promise;
    on_io([&] {
      environment_ = factory_->make(std::move(with));
      environment_->start([&](InitResult result) { promise.set_value(std::move(result)); });
    });
    return promise.get_future().get();
  }
  InitResult start() { return start(spec()); }
  InvocationResult invoke(const std::string& event, Milliseconds timeout = Seconds{10}) {
    std::promise<InvocationResult> promise;
    on_io([&] {
      Invocation invocation;
      invocation.request_id = "00000000-0000-4000-8000-000000000001";
      invocation.payload = std::make_shared<const std::string>(event);
      invocation.function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:probe";
      invocation.deadline = clock_.now() + timeout;
      invocation.trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
      invocation.client_context = "{\"client\":{}}";
      environment_->invoke(std::move(invocation),
                           [&](InvocationResult result) { promise.set_value(std::move(result)); });
    });
    return promise.get_future().get();
  }

  SystemClock clock_;
  net::IoThread io_{"io"};
  net::AsioTimers timers_{io_.executor()};
  boost::asio::thread_pool workers_{2};
  std::unique_ptr<ProcessEnvironments> factory_;
  std::unique_ptr<ExecutionEnvironment> environment_;
  int specs_ = 0;
  fs::path folder_;
  std::mutex mutex_;
  std::string output_;
  std::size_t output_bytes_ = 0;
};

// No process on this machine has `mark` in its environment (any more).
bool no_process(const std::string& mark, std::chrono::seconds within = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + within;
  for (bool found = true; found;) {
    found = false;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "environ", std::ios::binary);
      const std::string text(std::istreambuf_iterator<char>(in), {});
      if (text.find(mark) != std::string::npos) found = true;
    }
    if (found && std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

TEST_F(Provided, AnswersAgainAndAgainInOneProcess) {
  const InitResult init = start();
  ASSERT_FALSE(init.failure) << init.failure->error_message;
  EXPECT_GT(init.milliseconds, 0);
  for (int i = 1; i <= 3; ++i) {
    const InvocationResult result = invoke("{\"do\":\"count\"}");
    EXPECT_EQ(result.kind, Kind::response);
    EXPECT_EQ(result.payload, std::to_string(i));
    EXPECT_GT(result.max_memory_bytes, 0u);
  }
}

TEST_F(Provided, GivesTheDocumentedHeaders) {
  start();
  const std::string head = invoke("{\"do\":\"headers\"}").payload;
  EXPECT_THAT(head, HasSubstr("lambda-runtime-aws-request-id: 00000000-0000-4000-8000-000000000001"));
  EXPECT_THAT(head, HasSubstr("lambda-runtime-deadline-ms: "));
  EXPECT_THAT(head,
              HasSubstr("lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:000000000000:function:probe"));
  EXPECT_THAT(head, HasSubstr("lambda-runtime-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"));
  EXPECT_THAT(head, HasSubstr("lambda-runtime-client-context: {\\\"client\\\":{}}"));
  EXPECT_THAT(head, Not(HasSubstr("cognito")));
}

TEST_F(Provided, GivesTheDocumentedVariables) {
  auto with = spec();
  with.variables = {{"MINE", "1"}, {"TZ", "Europe/Berlin"}, {"AWS_REGION", "mars-1"}};
  start(std::move(with));
  const auto all = json::parse(invoke("{\"do\":\"environment\"}").payload);
  ASSERT_TRUE(all.ok());
  const auto get = [&](const char* name) {
    const auto* v = json::find(*all, name);
    return v ? std::string(v->as_string()) : std::string("absent");
  };
  EXPECT_EQ(get("MINE"), "1");
  EXPECT_EQ(get("TZ"), "Europe/Berlin");
  EXPECT_EQ(get("AWS_REGION"), "eu-west-1");
  EXPECT_EQ(get("AWS_DEFAULT_REGION"), "eu-west-1");
  EXPECT_EQ(get("_HANDLER"), "the.handler");
  EXPECT_EQ(get("AWS_LAMBDA_FUNCTION_NAME"), "probe");
  EXPECT_EQ(get("AWS_LAMBDA_FUNCTION_VERSION"), "$LATEST");
  EXPECT_EQ(get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "128");
  EXPECT_EQ(get("AWS_LAMBDA_LOG_GROUP_NAME"), "/aws/lambda/probe");
  EXPECT_EQ(get("AWS_LAMBDA_LOG_STREAM_NAME"), "2026/01/01/[$LATEST]0");
  EXPECT_EQ(get("AWS_LAMBDA_INITIALIZATION_TYPE"), "on-demand");
  EXPECT_EQ(get("AWS_ACCESS_KEY_ID"), "AKID");
  EXPECT_EQ(get("AWS_SECRET_ACCESS_KEY"), "SECRET");
  EXPECT_EQ(get("AWS_SESSION_TOKEN"), "TOKEN");
  EXPECT_EQ(get("AWS_ENDPOINT_URL"), "http://127.0.0.1:4566");
  EXPECT_EQ(get("LAMBDA_TASK_ROOT"), "/var/task");
  EXPECT_EQ(get("LAMBDA_RUNTIME_DIR"), "/var/runtime");
  EXPECT_THAT(get("AWS_LAMBDA_RUNTIME_API"), HasSubstr("127.0.0.1:"));
  EXPECT_THAT(get("PATH"), HasSubstr("/usr/bin"));
}

TEST_F(Provided, HasNoCapabilitiesAndAWritableTmpOnly) {
  start();
  EXPECT_THAT(invoke("{\"do\":\"status\"}").payload, HasSubstr("CapEff:\\u00090000000000000000"));
  EXPECT_EQ(invoke("{\"do\":\"write\",\"text\":\"/tmp/x\"}").payload, "true");
  EXPECT_EQ(invoke("{\"do\":\"write\",\"text\":\"/var/task/x\"}").payload, "false");
  EXPECT_EQ(invoke("{\"do\":\"list\",\"text\":\"" + folder_.string() + "\"}").payload, "\"\"");
}

TEST_F(Provided, OutputBeforeTheAnswerHasArrivedWithIt) {
  start();
  for (int i = 0; i < 50; ++i) {
    const std::string mark = "line-" + std::to_string(i) + "-end";
    invoke("{\"do\":\"print\",\"text\":\"" + mark + "\"}");
    EXPECT_THAT(output(), HasSubstr(mark + "\n"));
  }
}

TEST_F(Provided, AHundredMegabytesOfOutputDoNotBlockIt) {
  start();
  EXPECT_EQ(invoke("{\"do\":\"print_bytes\",\"n\":100000000}").payload, "\"printed\"");
  std::lock_guard lock(mutex_);
  EXPECT_EQ(output_bytes_, 100'000'000u);
}

TEST_F(Provided, ReportsTheFunctionsOwnError) {
  start();
  const InvocationResult result = invoke("{\"do\":\"fail\",\"text\":\"sorry\"}");
  EXPECT_EQ(result.kind, Kind::error);
  EXPECT_EQ(result.error_type, "ProbeError");
  EXPECT_EQ(result.payload, "{\"errorType\":\"ProbeError\",\"errorMessage\":\"sorry\"}");
  EXPECT_EQ(invoke("{\"do\":\"count\"}").payload, "2") << "the environment goes on";
}

TEST_F(Provided, TellsHowTheRuntimeEnded) {
  for (const auto& [event, message] : std::map<std::string, std::string>{
           {"{\"do\":\"exit\",\"n\":7}", "Runtime exited with error: exit status 7"},
           {"{\"do\":\"exit\",\"n\":0}", "Runtime exited without providing a reason"},
           {"{\"do\":\"crash\"}", "Runtime exited with error: signal: segmentation fault"}}) {
    start();
    const InvocationResult result = invoke(event);
    EXPECT_EQ(result.kind, Kind::failed);
    EXPECT_EQ(result.failure.error_type, "Runtime.ExitError");
    EXPECT_EQ(result.failure.error_message, message);
    bool alive = true;
    on_io([&] { alive = environment_->alive(); });
    EXPECT_FALSE(alive);
    EXPECT_EQ(invoke("{}").kind, Kind::undelivered);
  }
}

TEST_F(Provided, TheDeadlineKillsEverythingInside) {
  auto with = spec();
  with.variables = {{"TEST_MARK", folder_.string()}};
  start(std::move(with));
  ASSERT_FALSE(no_process("TEST_MARK=" + folder_.string(), std::chrono::seconds(0))) << "it can be seen";
  EXPECT_EQ(invoke("{\"do\":\"fork\",\"n\":5}", Milliseconds{300}).kind, Kind::timed_out);
  EXPECT_TRUE(no_process("TEST_MARK=" + folder_.string()));
}

TEST_F(Provided, MemoryOverTheLimit) {
  start();
  const InvocationResult result = invoke("{\"do\":\"memory\",\"n\":300}");
  EXPECT_EQ(result.kind, Kind::failed);
  const bool watched = process::memory_control() == process::MemoryControl::watched;
  EXPECT_EQ(result.failure.error_message,
            watched ? "Runtime exited with error: exit status 12" : "Runtime exited with error: signal: killed");
}

TEST_F(Provided, TmpOverItsSize) {
  auto with = spec();
  with.ephemeral_storage_mb = 16;
  start(std::move(with));
  const InvocationResult result = invoke("{\"do\":\"fill\",\"n\":2000}");
  EXPECT_EQ(result.kind, Kind::failed);
  EXPECT_THAT(result.failure.error_message, HasSubstr("/tmp is full"));
}

TEST_F(Provided, AnAnswerOverTheLimit) {
  start();
  const InvocationResult result = invoke("{\"do\":\"answer_bytes\",\"n\":7000000}");
  EXPECT_EQ(result.kind, Kind::error);
  EXPECT_EQ(result.error_type, "Function.ResponseSizeTooLarge");
  EXPECT_THAT(result.payload,
              HasSubstr("Response payload size exceeded maximum allowed payload size (6291556 bytes)."));
  EXPECT_EQ(invoke("{\"do\":\"answer_bytes\",\"n\":6000000}").payload.size(), 6'000'002u);
}

TEST_F(Provided, InitFailures) {
  auto with = spec();
  with.variables = {{"PROBE_INIT", "exit"}};
  InitResult init = start(std::move(with));
  ASSERT_TRUE(init.failure);
  EXPECT_EQ(init.failure->error_type, "Runtime.ExitError");
  EXPECT_EQ(init.failure->error_message, "Runtime exited with error: exit status 3");

  with = spec();
  with.variables = {{"PROBE_INIT", "error"}};
  init = start(std::move(with));
  ASSERT_TRUE(init.failure);
  EXPECT_EQ(init.failure->error_type, "Probe.Init") << init.failure->error_message;
  EXPECT_THAT(init.failure->payload, HasSubstr("no start today"));
}

TEST_F(Provided, EntrypointFailures) {
  fs::remove(folder_ / "code" / "bootstrap");
  InitResult init = start();
  ASSERT_TRUE(init.failure);
  EXPECT_EQ(init.failure->error_type, "Runtime.InvalidEntrypoint");
  EXPECT_EQ(init.failure->error_message, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");

  script("#!/no/such/interpreter\n");
  init = start();
  ASSERT_TRUE(init.failure);
  EXPECT_EQ(init.failure->error_message, "fork/exec /var/task/bootstrap: no such file or directory");

  ::chmod((folder_ / "code" / "bootstrap").c_str(), 0644);
  init = start();
  ASSERT_TRUE(init.failure);
  EXPECT_EQ(init.failure->error_message, "fork/exec /var/task/bootstrap: permission denied");

  script("echo no first line that names an interpreter\n");
  init = start();
  ASSERT_TRUE(init.failure);
  EXPECT_EQ(init.failure->error_message, "fork/exec /var/task/bootstrap: exec format error");
}

TEST_F(Provided, StopIsPolite) {
  script(
      "#!/bin/sh\ntrap 'echo bye; exit 0' TERM\nexec 3<>/dev/null\n"
      "python3 -c \"import http.client,os;c=http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API']);"
      "c.request('GET','/2018-06-01/runtime/invocation/next');c.getresponse()\" & wait\n");
  ASSERT_FALSE(start().failure);
  on_io([&] { environment_->stop(); });
  for (int i = 0; i < 100'000 && output().find("bye") == std::string::npos; ++i) std::this_thread::yield();
  EXPECT_THAT(output(), HasSubstr("bye"));
}

TEST_F(Provided, RemovesItsTmp) {
  start();
  invoke("{\"do\":\"write\",\"text\":\"/tmp/x\"}");
  EXPECT_TRUE(fs::exists(folder_ / "scratch" / "files" / "x"));
  on_io([&] { environment_.reset(); });
  for (int i = 0; i < 100'000 && fs::exists(folder_ / "scratch"); ++i) std::this_thread::yield();
  EXPECT_FALSE(fs::exists(folder_ / "scratch"));
}

// What holds when a runtime misbehaves on the Runtime API; as scripts, for the raw statuses.
TEST_F(Provided, RefusesWrongCalls) {
  script(
      "#!/usr/bin/python3\n"
      "import http.client, os\n"
      "def call(method, path, body=None):\n"
      "  c = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
      "  c.request(method, '/2018-06-01/runtime/' + path, body)\n"
      "  r = c.getresponse()\n"
      "  return r, r.read().decode()\n"
      "out = []\n"
      "out.append(call('POST', 'invocation/x/response', 'early')[0].status)\n"
      "r, _ = call('GET', 'invocation/next')\n"
      "out.append(call('POST', 'invocation/other/response', 'x')[0].status)\n"
      "out.append(call('POST', 'init/error', '{}')[0].status)\n"
      "out.append(call('GET', 'invocation/next')[0].status)\n"
      "out.append(call('GET', 'nonsense')[0].status)\n"
      "out.append(call('POST', 'invocation/other/error', 'x')[1].strip())\n"
      "import json\n"
      "call('POST', 'invocation/' + r.getheader('Lambda-Runtime-Aws-Request-Id') + '/response', json.dumps(out))\n"
      "r, _ = call('GET', 'invocation/next')\n");
  ASSERT_FALSE(start().failure);
  EXPECT_EQ(invoke("{}").payload,
            "[403, 400, 403, 403, 404, \"{\\\"errorMessage\\\":\\\"Invalid request "
            "ID\\\",\\\"errorType\\\":\\\"InvalidRequestID\\\"}\"]");
}

}  // namespace
}  // namespace cumulet::runtime
