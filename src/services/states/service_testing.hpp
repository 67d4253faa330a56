#pragma once
// What the tests of state machines and executions share: the service over a database in a temporary folder, a clock
// they move, functions they answer.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/manual_time.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"
#include "services/states/service.hpp"

namespace cumulet::states {

constexpr const char* kRole = "arn:aws:iam::000000000000:role/states";
constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* kGroup = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";

// Lambda: keeps each call until the test answers it.
class Functions final : public FunctionInvoker {
 public:
  struct Call {
    Invocation invocation;
    Done done;
  };
  void invoke(Invocation invocation, Done done) override { calls.push_back({std::move(invocation), std::move(done)}); }
  void answer(std::string payload, bool error = false) {
    InvocationResult result;
    result.payload = std::move(payload);
    result.function_error = error;
    result.request_id = "11111111-2222-3333-4444-555555555555";
    auto done = std::move(calls.front().done);
    calls.pop_front();
    done(result);
  }
  std::deque<Call> calls;
};

class Logs final : public LogSink {
 public:
  bool exists(std::string_view arn) override { return arn == kGroup; }
  void put(std::string_view arn, std::string_view stream, std::vector<Event> events) override {
    group = arn;
    this->stream = stream;
    for (auto& event : events) lines.push_back(std::move(event.message));
  }
  std::string group, stream;
  std::vector<std::string> lines;
};

// A database whose next job fails when asked to.
class Unreliable final : public storage::Database {
 public:
  explicit Unreliable(std::unique_ptr<storage::Database> inner) : inner_(std::move(inner)) {}
  Result<void> migrate(std::string_view component, std::span<const std::string_view> steps) override {
    return inner_->migrate(component, steps);
  }
  using storage::Database::submit;
  void submit(Job job, std::function<void(Result<void>)> done, storage::Room room) override {
    if (fail_next.exchange(false))
      job = [](storage::Transaction&) -> Result<void> { return Error{kInternalFailure, "the disk is full"}; };
    inner_->submit(std::move(job), std::move(done), room);
  }
  Result<void> read(const std::function<Result<void>(storage::Connection&)>& query) override {
    return inner_->read(query);
  }
  std::atomic<bool> fail_next = false;

 private:
  std::unique_ptr<storage::Database> inner_;
};

class StatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("cumulet-states-" + uuid4());
    std::filesystem::create_directories(folder_);
    open();
    context_.region = "us-east-1";
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    database_ = std::make_unique<Unreliable>(
        std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value());
    io_ = std::make_unique<boost::asio::io_context>();
    states_ = std::make_unique<States>(
        Dependencies{*database_, *time_, *time_, random_, io_->get_executor(), functions_, &logs_, {}, observe()});
    ASSERT_TRUE(states_->load().ok());
    ASSERT_TRUE(states_->start().ok());
    settle();
  }
  void close() {
    if (states_) states_->stop();
    states_.reset();
    io_.reset();
    sums_.reset();
    journal_.reset();
    database_.reset();
  }
  events::Observers observe() {
    if (!is_observed_) return {};
    journal_ = std::make_unique<events::Journal>(*database_, *time_, *time_);
    sums_ = std::make_unique<events::Sums>(*database_, *time_, *time_);
    EXPECT_TRUE(journal_->load().ok() && sums_->load().ok());
    return {nullptr, journal_.get(), sums_.get()};
  }
  // As after a kill: what was not committed is gone, what ran has forgotten everything.
  void crash() {
    close();
    functions_.calls.clear();
    time_ = std::make_unique<ManualTime>(time_->now());
    open();
  }
  // Until nothing happens without the outside: what was submitted is committed, what was posted has run.
  void settle() {
    for (int round = 0; round < 50; ++round) {
      (void)database_->write_blocking([](storage::Transaction&) -> Result<void> { return {}; });
      io_->restart();
      if (io_->poll() == 0 && round > 2) return;
    }
  }
  void advance(Milliseconds by) {
    time_->advance(by);
    settle();
  }

  std::string create(const std::string& name, const std::string& definition,
                     const std::optional<LoggingConfiguration>& logging = std::nullopt,
                     std::optional<std::string> type = std::nullopt) {
    CreateStateMachineRequest request;
    request.name = name;
    request.definition = definition;
    request.role_arn = kRole;
    request.logging_configuration = logging;
    request.type = std::move(type);
    const auto made = states_->create_state_machine(context_, request);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message());
    return made.ok() ? made->state_machine_arn : "";
  }
  Result<StartExecutionResponse> start(const std::string& machine, std::optional<std::string> input = std::nullopt,
                                       std::optional<std::string> name = std::nullopt) {
    StartExecutionRequest request;
    request.state_machine_arn = machine;
    request.input = std::move(input);
    request.name = std::move(name);
    auto started = states_->start_execution(context_, request);
    settle();
    return started;
  }
  DescribeExecutionResponse describe(const std::string& arn) {
    return std::move(states_->describe_execution(context_, {arn})).value();
  }
  std::vector<HistoryEvent> history(const std::string& arn) {
    GetExecutionHistoryRequest request;
    request.execution_arn = arn;
    request.max_results = 1000;
    return std::move(states_->get_execution_history(context_, request)).value().events;
  }
  std::string types(const std::string& arn) {
    std::string out;
    for (const auto& event : history(arn)) out += (out.empty() ? "" : " ") + event.type;
    return out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<ManualTime> time_ = std::make_unique<ManualTime>();
  SeededRandom random_{7};
  Functions functions_;
  Logs logs_;
  std::unique_ptr<Unreliable> database_;
  bool is_observed_ = false;  // from the next open() on
  std::unique_ptr<events::Journal> journal_;
  std::unique_ptr<events::Sums> sums_;
  std::unique_ptr<boost::asio::io_context> io_;
  std::unique_ptr<States> states_;
  wire::CallContext context_;
};

inline const std::string kPass = R"({"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"a":1},"End":true}}})";
inline const std::string kWait =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","End":true}}})";
inline const std::string kTask =
    std::string(R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":")") + kFunction +
    R"(","Next":"B"},"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"g","Payload.$":"$"},
   "OutputPath":"$.Payload","Retry":[{"ErrorEquals":["Lambda.TooManyRequestsException"],"IntervalSeconds":2}],"End":true}}})";

}  // namespace cumulet::states
