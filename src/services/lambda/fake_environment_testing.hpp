#pragma once
#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.hpp"
#include "base/manual_time.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"
#include "services/lambda/fake_queues_testing.hpp"
#include "services/lambda/service.hpp"

// Tests of the data plane: environments that do what the test says, time that stands still, one thread.
namespace cumulet::lambda::testing {

// One environment that was made. The test ends its init and its invocations.
struct FakeEnvironment {
  runtime::EnvironmentSpec spec;
  std::function<void(runtime::InitResult)> init_done;
  runtime::Invocation invocation;
  std::function<void(runtime::InvocationResult)> invocation_done;
  bool alive = true;
  bool stopped = false;
  bool destroyed = false;
};

class FakeHandle final : public runtime::ExecutionEnvironment {
 public:
  FakeHandle(std::shared_ptr<FakeEnvironment> fake, bool starts) : fake_(std::move(fake)), starts_(starts) {}
  ~FakeHandle() override { fake_->destroyed = true; }
  void start(std::function<void(runtime::InitResult)> done) override {
    fake_->init_done = std::move(done);
    if (starts_) std::exchange(fake_->init_done, nullptr)(runtime::InitResult{std::nullopt, 5.0});
  }
  void invoke(runtime::Invocation invocation, std::function<void(runtime::InvocationResult)> done) override {
    fake_->invocation = std::move(invocation);
    fake_->invocation_done = std::move(done);
  }
  bool alive() const override { return fake_->alive; }
  void stop() override {
    fake_->stopped = true;
    fake_->alive = false;
  }

 private:
  std::shared_ptr<FakeEnvironment> fake_;
  bool starts_;
};

struct Answer {
  bool came = false;
  std::optional<Error> error;
  InvokeResponse response;
};

class DataPlane {
 public:
  DataPlane() {
    sweep();
    folder = std::filesystem::temp_directory_path() / (kPrefix + std::to_string(::getpid()) + '-' + uuid4());
    std::filesystem::create_directories(folder);
    settings.folder = folder / "lambda";
    settings.durable = false;
    open();
  }
  ~DataPlane() {
    close();
    std::error_code ec;
    std::filesystem::remove_all(folder, ec);
  }

  void open() {
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    ControlPorts control;
    control.role_exists = [](std::string_view) { return true; };
    control.queue_exists = [this](std::string_view arn) { return queues.find(arn).has_value(); };
    DataPorts data;
    data.log = [this](const std::string&, const std::string&, const std::string&, std::vector<LogEvent> events) {
      for (auto& event : events) log += event.message;
    };
    data.mint = [](const std::string&, const std::string&, Seconds) { return runtime::Credentials{"A", "S", "T"}; };
    data.make_environment = [this](runtime::EnvironmentSpec spec) {
      auto fake = std::make_shared<FakeEnvironment>();
      fake->spec = std::move(spec);
      made.push_back(fake);
      return std::make_unique<FakeHandle>(fake, starts);
    };
    data.queues = &queues;
    if (is_observed) {
      feed = std::make_unique<events::Feed>(time, time);
      journal = std::make_unique<events::Journal>(*database, time, time);
      sums = std::make_unique<events::Sums>(*database, time, time);
      if (!journal->load().ok() || !sums->load().ok()) std::abort();
      data.observers = {feed.get(), journal.get(), sums.get()};
    }
    lambda = std::make_unique<Lambda>(*database, io.get_executor(), io.get_executor(), time, time, random, control,
                                      data, settings);
    if (!lambda->load().ok()) std::abort();
    lambda->start();
    run();
  }
  // As a kill would: nothing in memory is kept.
  void close() {
    io.restart();
    auto work = boost::asio::make_work_guard(io);
    std::thread stopping([this] { lambda->stop(); });
    std::thread loop([this] { io.run(); });
    stopping.join();
    work.reset();
    io.stop();
    loop.join();
    lambda.reset();
    sums.reset();
    journal.reset();
    feed.reset();
    database.reset();
    io.restart();
    io.poll();
    io.restart();
  }

  // Folders of earlier test programs that were killed.
  static void sweep() {
    static const bool done = [] {
      std::error_code ec;
      for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path(), ec)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(kPrefix)) continue;
        const int pid = std::atoi(name.c_str() + std::string(kPrefix).size());
        std::error_code ignored;
        if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) std::filesystem::remove_all(entry.path(), ignored);
      }
      return true;
    }();
    (void)done;
  }

  // From here on observers are told.
  void observe() {
    close();
    is_observed = true;
    open();
  }
  // "outcome what: detail" of each journal row, the oldest first. What was only noted goes along with a commit of ours.
  std::vector<std::string> told() {
    (void)database->write_blocking([](storage::Transaction& tx) -> Result<void> {
      tx.execute("CREATE TABLE IF NOT EXISTS other(n INTEGER)");
      tx.run("INSERT INTO other VALUES(1)");
      return {};
    });
    events::JournalQuery all;
    all.order = events::JournalQuery::Order::oldest_first;
    std::vector<std::string> out;
    const auto rows = journal->read(all)->rows;
    for (const auto& row : rows) {
      out.push_back(row.entry.outcome + ' ' + row.entry.what);
      if (!row.entry.detail.empty()) out.back() += ": " + row.entry.detail;
      last_traces[row.entry.what] = row.entry.trace;
    }
    return out;
  }
  double sum(const std::string& metric, const std::string& function) {
    double out = 0;
    const auto minutes = sums->read({"us-east-1", "AWS/Lambda", metric, "FunctionName", function}, TimePoint{},
                                    time.now() + Seconds{60});
    for (const auto& minute : *minutes) out += minute.sum;
    return out;
  }

  // Everything that can happen now.
  void run() {
    do {
      (void)database->write_blocking(
          [](storage::Transaction&) -> Result<void> { return {}; });  // what was submitted is done
      io.restart();
    } while (io.poll() > 0);
  }
  void advance(Milliseconds by) {
    run();
    time.advance(by);
    run();
  }

  void put(
      const std::string& name, const std::function<void(Function&)>& edit = [](Function&) {}) {
    auto& store = const_cast<FunctionStore&>(lambda->store());
    auto changed = store.change("us-east-1", name, [&](const FunctionRef& before) -> Result<FunctionRef> {
      auto function = std::make_shared<Function>();
      if (before) {
        *function = *before;
        ++function->latest.generation;
      } else {
        function->region = "us-east-1";
        function->name = name;
        function->latest.region = "us-east-1";
        function->latest.code_id = "code-of-" + name;
        function->latest.configuration.function_name = name;
        function->latest.configuration.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:" + name;
        function->latest.configuration.role = "arn:aws:iam::000000000000:role/r";
        function->latest.configuration.runtime = "provided.al2023";
        function->latest.configuration.handler = "h";
      }
      edit(*function);
      return FunctionRef(std::move(function));
    });
    if (!changed.ok()) std::abort();
    run();
  }

  std::shared_ptr<Answer> invoke(
      const std::string& name, const std::function<void(InvokeCall&)>& edit = [](InvokeCall&) {}) {
    InvokeCall call;
    call.region = "us-east-1";
    call.request_id = uuid4(random);
    call.request.function_name = name;
    call.request.payload = wire::Blob{"{\"n\":1}"};
    edit(call);
    auto answer = std::make_shared<Answer>();
    lambda->invoke(std::move(call), [answer](Result<InvokeResponse> result) {
      answer->came = true;
      if (result.ok())
        answer->response = std::move(*result);
      else
        answer->error = result.error();
    });
    run();
    return answer;
  }
  std::shared_ptr<Answer> invoke_event(const std::string& name) {
    return invoke(name, [](InvokeCall& call) { call.request.invocation_type = "Event"; });
  }

  EventSourceMappingConfiguration map(
      const std::string& queue, const std::string& function,
      const std::function<void(CreateEventSourceMappingRequest&)>& edit = [](CreateEventSourceMappingRequest&) {}) {
    CreateEventSourceMappingRequest request;
    request.event_source_arn = FakeQueues::arn(queue);
    request.function_name = function;
    edit(request);
    auto made = lambda->event_sources().create(context(), request);
    if (!made.ok()) std::abort();
    run();
    return *made;
  }
  static wire::CallContext context() {
    wire::CallContext context;
    context.region = "us-east-1";
    return context;
  }
  // Environments that are at work now.
  std::vector<std::size_t> at_work() const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < made.size(); ++i)
      if (busy(i)) out.push_back(i);
    return out;
  }

  void finish(std::size_t environment, runtime::InvocationResult result) {
    std::exchange(made.at(environment)->invocation_done, nullptr)(std::move(result));
    run();
  }
  void answer(std::size_t environment, std::string payload = "\"done\"") {
    runtime::InvocationResult result;
    result.kind = runtime::InvocationResult::Kind::response;
    result.payload = std::move(payload);
    result.milliseconds = 1.5;
    finish(environment, std::move(result));
  }
  void fail(std::size_t environment, std::string payload = R"({"errorType":"E","errorMessage":"m"})") {
    runtime::InvocationResult result;
    result.kind = runtime::InvocationResult::Kind::error;
    result.payload = std::move(payload);
    finish(environment, std::move(result));
  }
  bool busy(std::size_t environment) const {
    return made.size() > environment && made[environment]->invocation_done != nullptr;
  }
  std::int64_t stored_events() {
    return *database->read_value<std::int64_t>([](storage::Connection& c) -> Result<std::int64_t> {
      auto count = c.prepare("SELECT count(*) FROM lambda_event");
      count.step();
      return count.integer(0);
    });
  }

  static constexpr const char* kPrefix = "cumulet-lambda-";
  std::filesystem::path folder;
  boost::asio::io_context io{1};
  ManualTime time;
  SeededRandom random{7};
  FakeQueues queues{io.get_executor(), time};
  Lambda::Settings settings;
  std::unique_ptr<storage::Database> database;
  bool is_observed = false;
  std::unique_ptr<events::Feed> feed;
  std::unique_ptr<events::Journal> journal;
  std::unique_ptr<events::Sums> sums;
  std::map<std::string, std::string> last_traces;  // by what the rows are of
  std::unique_ptr<Lambda> lambda;
  std::vector<std::shared_ptr<FakeEnvironment>> made;
  bool starts = true;  // new environments get to their first `next` at once
  std::string log;
};

}  // namespace cumulet::lambda::testing
