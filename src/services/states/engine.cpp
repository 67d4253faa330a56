#include "services/states/engine.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <future>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/arn.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"
#include "services/states/errors.hpp"
#include "services/states/execution_log.hpp"
#include "services/states/function_task.hpp"

namespace cumulet::states {
namespace {

namespace asio = boost::asio;

struct Running {
  Running(asl::Execution e, std::shared_ptr<const Revision> r, const asio::any_io_executor& workers)
      : execution(std::move(e)), revision(std::move(r)), strand(asio::make_strand(workers)) {}

  std::mutex mutex;          // held while a step is made and its commit submitted, so that commits keep its order
  asl::Execution execution;  // guarded by mutex
  std::map<asl::TimerId, Timers::Id> timers;  // guarded by mutex
  std::shared_ptr<const Revision> revision;
  std::string trace;  // base/trace.hpp; the same after a restart
  // Used on the writer's thread, or before it is shared:
  std::int64_t row = 0;
  asl::EventId recorded = 0;                   // the last event that a job has written
  bool lost = false;                           // one was not recorded: nothing that follows it may be
  asio::strand<asio::any_io_executor> strand;  // releases, one at a time, in order
};

Outcome outcome_of(const asl::Execution& e) {
  Outcome out;
  out.status = e.status();
  out.stopped = e.stopped_at();
  if (e.output()) out.output = *e.output();
  out.error = e.error();
  out.cause = e.cause();
  return out;
}

// What it follows from, or one of its own.
std::string trace_of(const ExecutionRow& row) {
  const auto root = row.trace_header ? trace_root(*row.trace_header) : std::string_view();
  return root.empty() ? derived_trace_root(row.started, row.arn) : std::string(root);
}

events::JournalEntry ended(const std::string& arn, const std::string& trace, const Outcome& outcome) {
  events::JournalEntry entry;
  entry.subject = events::Subject::execution;
  entry.what = arn;
  entry.outcome = asl::name(outcome.status);
  if (outcome.status == asl::Status::failed || outcome.status == asl::Status::timed_out)
    entry.verdict = events::Verdict::failed;
  entry.detail = outcome.error.value_or("");
  if (outcome.cause && !outcome.cause->empty()) entry.detail += (entry.detail.empty() ? "" : ": ") + *outcome.cause;
  entry.trace = trace;
  return entry;
}

events::JournalEntry begun(const ExecutionRow& row, const std::string& trace) {
  return {events::Subject::execution, row.arn, "started", events::Verdict::fine, {}, trace};
}

std::string_view metric_of(asl::Status status) {
  switch (status) {
    case asl::Status::succeeded: return "ExecutionsSucceeded";
    case asl::Status::failed: return "ExecutionsFailed";
    case asl::Status::timed_out: return "ExecutionsTimedOut";
    case asl::Status::aborted: return "ExecutionsAborted";
    default: return {};
  }
}

}  // namespace

std::string execution_arn(const Revision& revision, std::string_view region, std::string_view name, Random& random) {
  const bool express = revision.type == asl::MachineType::express;
  Arn arn;
  arn.service = "states";
  arn.region = region;
  arn.account = kAccountId;
  arn.resource = (express ? "express:" : "execution:") + revision.machine_name + ":" + std::string(name);
  if (express) arn.resource += ":" + uuid4(random);
  return arn.text();
}

class Engine::Impl : public std::enable_shared_from_this<Engine::Impl> {
 public:
  explicit Impl(const Dependencies& with)
      : database_(with.database),
        clock_(with.clock),
        timers_(with.timers),
        random_(with.random),
        workers_(with.workers),
        functions_(with.functions),
        logs_(with.logs),
        observers_(with.observers) {}

  Result<void> resume() {
    CUMULET_TRY(auto rows, database_.read_value<std::vector<ExecutionRow>>(
                               [](storage::Connection& c) -> Result<std::vector<ExecutionRow>> {
                                 return store::running_executions(c);
                               }));
    for (const auto& row : rows) restore(row);
    return {};
  }

  void stop() {
    std::unordered_map<std::string, std::shared_ptr<Running>> all;
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(stopped_, true)) return;
      all.swap(running_);
    }
    // A step under way ends before its mutex is free; none is begun afterwards.
    for (auto& [arn, running] : all) {
      std::lock_guard lock(running->mutex);
      cancel_timers(*running);
    }
    // What was submitted has called back after this, so that nothing is posted to workers that are gone.
    (void)database_.write_blocking([](storage::Transaction&) -> Result<void> { return {}; });
  }

  Result<Started> start(const Revision& revision, std::string_view region, const std::string& name, std::string input,
                        std::optional<std::string> trace_header) {
    CUMULET_TRY(auto machine, machine_of(revision));
    asl::ExecutionInfo info;
    info.arn = execution_arn(revision, region, name, random_);
    info.name = name;
    info.role_arn = revision.role_arn;
    info.machine_arn = revision.machine_arn;
    info.machine_name = revision.machine_name;
    info.region = region;
    info.type = revision.type;
    info.started_at = clock_.now();
    info.input = asl::Payload::from_text(asl::make_text(std::move(input)));
    const Started started{info.arn, info.started_at};
    asl::Execution execution(std::move(machine), std::move(info), random_);
    asl::Step step = execution.start();

    ExecutionRow row;
    row.arn = started.arn;
    row.name = name;
    row.machine_arn = revision.machine_arn;
    row.revision = revision.id;
    row.started = started.at;
    row.input = *execution.info().input.text();
    row.trace_header = std::move(trace_header);
    const Outcome outcome = outcome_of(execution);
    row.status = asl::name(outcome.status);
    const bool over = outcome.status != asl::Status::running;
    if (over) {
      row.stopped = outcome.stopped;
      row.output = outcome.output;
      row.error = outcome.error;
      row.cause = outcome.cause;
    }
    const std::string trace = trace_of(row);
    const bool keep_history = !over || revision.type == asl::MachineType::standard;
    const std::string encoded = keep_history ? asl::encode(step.events) : std::string();
    struct Written {
      std::int64_t row = 0;
      std::optional<TimePoint> already;
    };
    CUMULET_TRY(const Written written,
                database_.write_value_blocking<Written>([&](storage::Transaction& tx) -> Result<Written> {
                  if (const auto other = store::find_execution(tx, row.arn)) {
                    if (other->running() && other->input == row.input) return Written{other->id, other->started};
                    return Error{kExecutionAlreadyExists, "Execution Already Exists: '" + row.arn + "'"};
                  }
                  const auto id = store::insert_execution(tx, row);
                  if (keep_history) store::append_history(tx, id, encoded, 1);
                  if (observers_.journal != nullptr) {
                    observers_.journal->write(tx, begun(row, trace));
                    if (over) observers_.journal->write(tx, ended(row.arn, trace, outcome));
                  }
                  return Written{id, std::nullopt};
                }));
    if (written.already) return Started{started.arn, *written.already};
    count(revision.machine_arn, region, "ExecutionsStarted", 1);
    if (over) {
      count_end(revision.machine_arn, region, started.at, outcome);
      publish(started.arn, revision.machine_name, trace, step.events);
    }

    if (over) {
      if (logs_ && revision.logging.level.value_or("OFF") != "OFF")
        asio::post(workers_, [self = shared_from_this(), revision, started, events = std::move(step.events)] {
          self->write_log(revision, started.arn, started.at, events);
        });
      return started;
    }
    auto running =
        std::make_shared<Running>(std::move(execution), std::make_shared<const Revision>(revision), workers_);
    running->trace = trace;
    running->row = written.row;
    running->recorded = step.events.back().id;
    if (keep(started.arn, running)) release_later(running, std::move(step));
    return started;
  }

  Result<std::optional<TimePoint>> abort(std::string_view arn, std::optional<std::string> error,
                                         std::optional<std::string> cause) {
    const auto running = find(arn);
    if (!running) return std::optional<TimePoint>();
    auto durable = std::make_shared<std::promise<Result<void>>>();
    auto wait = durable->get_future();
    std::optional<TimePoint> stopped;
    {
      std::lock_guard lock(running->mutex);
      asl::Step step = running->execution.apply(asl::Stop{std::move(error), std::move(cause)}, clock_.now());
      if (step.empty()) return std::optional<TimePoint>();
      stopped = running->execution.stopped_at();
      commit(running, std::move(step), [durable](const Result<void>& done) { durable->set_value(done); });
    }
    CUMULET_CHECK(wait.get());
    return stopped;
  }

  std::size_t running() const {
    std::lock_guard lock(mutex_);
    return running_.size();
  }

 private:
  using Machine = std::shared_ptr<const asl::StateMachine>;

  Result<Machine> machine_of(const Revision& revision) {
    {
      std::lock_guard lock(mutex_);
      if (const auto it = machines_.find(revision.id); it != machines_.end()) return it->second;
    }
    CUMULET_TRY(asl::StateMachine parsed, asl::parse(revision.definition, revision.type));
    auto machine = std::make_shared<const asl::StateMachine>(std::move(parsed));
    std::lock_guard lock(mutex_);
    if (machines_.size() >= 256) machines_.clear();
    machines_[revision.id] = machine;
    return Machine(machine);
  }

  bool keep(const std::string& arn, const std::shared_ptr<Running>& running) {
    std::lock_guard lock(mutex_);
    if (stopped_) return false;
    running_[arn] = running;
    return true;
  }
  std::shared_ptr<Running> find(std::string_view arn) const {
    std::lock_guard lock(mutex_);
    const auto it = running_.find(std::string(arn));
    return it == running_.end() ? nullptr : it->second;
  }
  bool stopped() const {
    std::lock_guard lock(mutex_);
    return stopped_;
  }

  // Takes up an execution from its record.
  void restore(const ExecutionRow& row) {
    const auto failed = [&row](std::string_view why) { log::error("execution {} cannot go on: {}", row.arn, why); };
    auto record = database_.read_value<std::pair<Revision, std::vector<asl::HistoryEvent>>>(
        [&](storage::Connection& c) -> Result<std::pair<Revision, std::vector<asl::HistoryEvent>>> {
          auto revision = store::find_revision(c, row.revision);
          if (!revision) return Error{kInternalFailure, "its revision is gone"};
          CUMULET_TRY(auto events, store::history(c, row.id));
          return std::pair(std::move(*revision), std::move(events));
        });
    if (!record) return failed(record.error().message());
    auto& [revision, events] = *record;
    if (events.empty()) return failed("it has no record");
    auto machine = machine_of(revision);
    if (!machine) return failed(machine.error().message());
    asl::ExecutionInfo info;
    info.arn = row.arn;
    info.name = row.name;
    info.role_arn = revision.role_arn;
    info.machine_arn = revision.machine_arn;
    info.machine_name = revision.machine_name;
    if (const auto arn = Arn::parse(row.arn)) info.region = arn->region;
    info.type = revision.type;
    info.started_at = row.started;
    info.input = asl::Payload::from_text(asl::make_text(row.input));
    asl::Execution execution(std::move(*machine), std::move(info), random_);
    if (!execution.replay(events)) return failed("its record does not fit its definition");
    auto running = std::make_shared<Running>(std::move(execution),
                                             std::make_shared<const Revision>(std::move(revision)), workers_);
    running->trace = trace_of(row);
    running->row = row.id;
    running->recorded = events.back().id;
    if (!keep(row.arn, running)) return;
    std::lock_guard lock(running->mutex);
    commit(running, running->execution.resume(clock_.now()));
  }

  void signal(const std::shared_ptr<Running>& running, const asl::Signal& signal) {
    std::lock_guard lock(running->mutex);
    if (stopped()) return;
    asl::Step step = running->execution.apply(signal, clock_.now());
    if (!step.empty()) commit(running, std::move(step));
  }

  // Records a step, then releases its commands. With running->mutex held.
  void commit(const std::shared_ptr<Running>& running, asl::Step step,
              std::function<void(const Result<void>&)> done = {}) {
    if (step.events.empty()) {
      release_later(running, std::move(step));
      if (done) done(Result<void>());
      return;
    }
    const bool over = running->execution.status() != asl::Status::running;
    std::optional<Outcome> outcome;
    if (over) outcome = outcome_of(running->execution);
    const bool express = running->revision->type == asl::MachineType::express;
    const auto first = step.events.front().id, last = step.events.back().id;
    auto job = [running, outcome, express, first, last, journal = observers_.journal,
                encoded = asl::encode(step.events)](storage::Transaction& tx) -> Result<void> {
      if (running->lost || first != running->recorded + 1)
        return Error{kInternalFailure, "what comes before was not recorded"};
      running->recorded = last;
      if (!(outcome && express)) store::append_history(tx, running->row, encoded, first);
      if (outcome) store::finish_execution(tx, running->row, *outcome);
      if (outcome && journal != nullptr)
        journal->write(tx, ended(running->execution.info().arn, running->trace, *outcome));
      if (outcome && express) store::delete_history(tx, running->row);
      return {};
    };
    auto shared_step = std::make_shared<asl::Step>(std::move(step));
    database_.submit(std::move(job), [self = shared_from_this(), running, shared_step, outcome,
                                      done = std::move(done)](Result<void> result) {
      const auto& info = running->execution.info();
      if (result && outcome) self->count_end(info.machine_arn, info.region, info.started_at, *outcome);
      if (result)
        self->release_later(running, std::move(*shared_step));
      else
        self->lost(running, result.error());
      if (done) done(result);
    });
  }

  // What memory says was not recorded: forget it and take the execution up again from its record. On the writer's
  // thread.
  void lost(const std::shared_ptr<Running>& running, const Error& error) {
    const std::string arn = running->execution.info().arn;
    log::error("execution {}: recording failed: {}", arn, error.message());
    running->lost = true;
    {
      std::lock_guard lock(mutex_);
      const auto it = running_.find(arn);
      if (it != running_.end() && it->second == running) running_.erase(it);
    }
    timers_.after(Seconds(1), [weak = weak_from_this(), arn] {
      const auto self = weak.lock();
      if (!self) return;
      asio::post(self->workers_, [self, arn] {
        if (self->stopped() || self->find(arn)) return;
        const auto row = self->database_.read_value<std::optional<ExecutionRow>>(
            [&](storage::Connection& c) -> Result<std::optional<ExecutionRow>> {
              return store::find_execution(c, arn);
            });
        if (row && *row && (*row)->running()) self->restore(**row);
      });
    });
  }

  void release_later(const std::shared_ptr<Running>& running, asl::Step step) {
    asio::post(running->strand,
               [self = shared_from_this(), running, step = std::move(step)] { self->release(running, step); });
  }

  void release(const std::shared_ptr<Running>& running, const asl::Step& step) {
    if (stopped()) return;
    const auto& info = running->execution.info();
    publish(info.arn, info.machine_name, running->trace, step.events);
    if (logs_ && !step.events.empty()) write_log(*running->revision, info.arn, info.started_at, step.events);
    for (const auto& command : step.commands) {
      if (const auto* task = std::get_if<asl::ScheduleTask>(&command))
        invoke(running, *task);
      else if (const auto* timer = std::get_if<asl::StartTimer>(&command))
        start_timer(running, *timer);
      else if (const auto* timer = std::get_if<asl::CancelTimer>(&command))
        cancel_timer(*running, timer->id);
      else
        finish(*running);
    }
  }

  void finish(Running& running) {
    {
      std::lock_guard lock(running.mutex);
      cancel_timers(running);
    }
    std::lock_guard lock(mutex_);
    running_.erase(running.execution.info().arn);
  }

  void start_timer(const std::shared_ptr<Running>& running, const asl::StartTimer& timer) {
    std::lock_guard lock(running->mutex);
    if (stopped()) return;
    drop_timer(*running, timer.id);
    running->timers[timer.id] =
        timers_.at(timer.at, [self = weak_from_this(), weak = std::weak_ptr(running), id = timer.id] {
          later(self, weak, [id](Impl& engine, const std::shared_ptr<Running>& r) {
            {
              std::lock_guard lock(r->mutex);
              r->timers.erase(id);
            }
            engine.signal(r, asl::TimerFired{id});
          });
        });
  }
  void cancel_timer(Running& running, const asl::TimerId& id) {
    std::lock_guard lock(running.mutex);
    drop_timer(running, id);
  }
  void drop_timer(Running& running, const asl::TimerId& id) {
    const auto it = running.timers.find(id);
    if (it == running.timers.end()) return;
    timers_.cancel(it->second);
    running.timers.erase(it);
  }
  void cancel_timers(Running& running) {
    for (const auto& [id, timer] : running.timers) timers_.cancel(timer);
    running.timers.clear();
  }

  // On the execution's strand, if the engine and the execution are still there.
  template <class F>
  static void later(const std::weak_ptr<Impl>& engine, const std::weak_ptr<Running>& execution, F&& act) {
    const auto self = engine.lock();
    const auto running = execution.lock();
    if (self && running)
      asio::post(running->strand, [self, running, act = std::forward<F>(act)] { act(*self, running); });
  }

  void invoke(const std::shared_ptr<Running>& running, const asl::ScheduleTask& task) {
    auto call = invocation_of(task, running->execution.info().region);
    if (const auto* refused = std::get_if<asl::TaskFailed>(&call)) return signal(running, *refused);
    if (auto* invocation = std::get_if<Invocation>(&call)) invocation->trace = running->trace;
    functions_.invoke(std::get<Invocation>(std::move(call)), [self = weak_from_this(), weak = std::weak_ptr(running),
                                                              task](Result<InvocationResult> answer) {
      later(self, weak, [task, answer = std::move(answer)](Impl& engine, const std::shared_ptr<Running>& r) {
        engine.signal(r, states::outcome_of(task, answer, engine.clock_.now()));
      });
    });
  }

  // https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
  void count(const std::string& machine_arn, std::string_view region, std::string_view metric, double value) {
    if (observers_.sums == nullptr || metric.empty()) return;
    observers_.sums->add({std::string(region), "AWS/States", std::string(metric), "StateMachineArn", machine_arn},
                         value);
  }
  void count_end(const std::string& machine_arn, std::string_view region, TimePoint started, const Outcome& outcome) {
    count(machine_arn, region, metric_of(outcome.status), 1);
    count(machine_arn, region, "ExecutionTime", static_cast<double>((outcome.stopped - started).count()));
  }
  // Events that were recorded.
  void publish(const std::string& arn, const std::string& machine, const std::string& trace,
               std::span<const asl::HistoryEvent> recorded) {
    if (observers_.feed == nullptr) return;
    for (const auto& event : recorded)
      observers_.feed->publish([&] {
        events::StateTransition record;
        record.execution = arn;
        record.machine = machine;
        record.event_id = event.id;
        record.event = asl::name(event.type);
        record.state = event.name;
        record.error = event.error.value_or("");
        record.trace = trace;
        return record;
      });
  }

  void write_log(const Revision& revision, const std::string& arn, TimePoint started,
                 std::span<const asl::HistoryEvent> events) {
    const auto group = log_group(revision.logging);
    if (!logs_ || group.empty()) return;
    if (auto lines = log_events(revision.logging, arn, events); !lines.empty())
      logs_->put(group, log_stream(revision.machine_name, arn, started), std::move(lines));
  }

  storage::Database& database_;
  const Clock& clock_;
  Timers& timers_;
  Random& random_;
  asio::any_io_executor workers_;
  FunctionInvoker& functions_;
  LogSink* logs_;
  events::Observers observers_;

  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<std::string, std::shared_ptr<Running>> running_;
  std::unordered_map<std::int64_t, Machine> machines_;  // by revision
};

Engine::Engine(const Dependencies& with) : impl_(std::make_shared<Impl>(with)) {}
Engine::~Engine() { stop(); }
Result<void> Engine::resume() { return impl_->resume(); }
void Engine::stop() { impl_->stop(); }
Result<Engine::Started> Engine::start(const Revision& revision, std::string_view region, const std::string& name,
                                      std::string input, std::optional<std::string> trace_header) {
  return impl_->start(revision, region, name, std::move(input), std::move(trace_header));
}
Result<std::optional<TimePoint>> Engine::abort(std::string_view arn, std::optional<std::string> error,
                                               std::optional<std::string> cause) {
  return impl_->abort(arn, std::move(error), std::move(cause));
}
std::size_t Engine::running() const { return impl_->running(); }

}  // namespace cumulet::states
