#include "asl/execution.hpp"

#include <algorithm>
#include <cmath>

#include "asl/execution_impl.hpp"

namespace cumulet::asl {

std::string_view name(Status status) {
  switch (status) {
    case Status::running: return "RUNNING";
    case Status::succeeded: return "SUCCEEDED";
    case Status::failed: return "FAILED";
    case Status::timed_out: return "TIMED_OUT";
    case Status::aborted: return "ABORTED";
  }
  return "";
}

bool handles(const std::vector<std::string>& names, std::string_view error) {
  return std::any_of(names.begin(), names.end(), [error](const std::string& name) {
    if (name == error) return true;
    if (name == "States.ALL") return error != kRuntime.code;
    return name == "States.TaskFailed" && error != kRuntime.code && error != kTimeout.code;
  });
}

Milliseconds retry_delay(const Retrier& retrier, std::int64_t attempt, double fraction) {
  double seconds =
      static_cast<double>(retrier.interval_seconds) * std::pow(retrier.backoff_rate, static_cast<double>(attempt - 1));
  const double most = static_cast<double>(retrier.max_delay_seconds.value_or(31'622'400));
  if (!(seconds < most)) seconds = most;
  if (retrier.full_jitter) seconds *= fraction;
  return Milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

Execution::Impl::Impl(std::shared_ptr<const StateMachine> m, ExecutionInfo i, Random& r)
    : machine(std::move(m)), info(std::move(i)), random(&r), now_(info.started_at) {
  root_.graph = &machine->graph;
  root_.target = machine->graph.start_at;
  root_.data = info.input;
}

HistoryEvent* Execution::Impl::emit(Branch& branch, EventType type) {
  if (last_event + 1 >= kMaxHistoryEvents && !is_terminal(type)) {
    history_full_ = true;
    return nullptr;
  }
  auto& event = step_.events.emplace_back();
  event.type = type;
  event.id = ++last_event;
  event.previous_id = branch.last_event;
  event.at = recorded_at_ = std::max(recorded_at_, now_);
  branch.last_event = event.id;
  return &event;
}

TimePoint Execution::Impl::span_end(TimePoint began, Milliseconds span) const { return std::min(began, now_) + span; }

void Execution::Impl::start_timeout() {
  auto seconds = machine->timeout_seconds;
  if (info.type == MachineType::express) seconds = std::min(seconds.value_or(kMaxExpressSeconds), kMaxExpressSeconds);
  if (seconds)
    step_.commands.emplace_back(
        StartTimer{{TimerId::Kind::execution_timeout, 0}, span_end(info.started_at, Seconds(*seconds))});
}

Step Execution::Impl::start() {
  now_ = info.started_at;
  step_ = {};
  auto* event = emit(root_, EventType::execution_started);
  event->data = info.input.text();
  event->role_arn = info.role_arn;
  root_.last_event = 0;  // the first state's event follows 0, not ExecutionStarted
  start_timeout();
  run();
  return std::move(step_);
}

Step Execution::Impl::resume(TimePoint now) {
  if (last_event == 0) return start();
  now_ = now;
  step_ = {};
  if (status != Status::running) return {};
  start_timeout();
  issue(root_);  // a quiescent phase's; run() gives those of the phases it reaches
  run();
  return std::move(step_);
}

void Execution::Impl::run() {
  const auto quiescent = [this] {
    return root_.phase == Phase::waiting || root_.phase == Phase::task_running || root_.phase == Phase::retry_wait ||
           root_.phase == Phase::finished;
  };
  while (status == Status::running && !quiescent()) {
    step(root_);
    if (history_full_ && status == Status::running)
      fail_execution(
          root_, std::string(kRuntime.code),
          "The execution reached the maximum number of history events (" + std::to_string(kMaxHistoryEvents) + ").");
    else if (quiescent())
      issue(root_);
  }
}

void Execution::Impl::step(Branch& b) {
  switch (b.phase) {
    case Phase::enter: return enter(b);
    case Phase::execute: return execute(b);
    case Phase::task_scheduled: {
      const bool direct = b.state->resource.find(":function:") != std::string::npos;
      auto* event = emit(b, direct ? EventType::lambda_function_started : EventType::task_started);
      if (event && !direct) {
        event->resource = "invoke";
        event->resource_type = "lambda";
      }
      b.phase = Phase::task_running;
      return;
    }
    case Phase::task_succeeded: return task_result(b);
    case Phase::task_failed: return task_failure(b);
    case Phase::exited:
      if (!b.target_known) {  // replayed up to a Choice's exit: choose again
        std::optional<Error> failure;
        BranchEnvironment env(*this, b, b.data);
        const Rule* rule = choose(b, env, failure);
        b.target = rule ? rule->next : b.state->default_state;
        b.target_known = true;
      }
      if (!b.target.empty()) {
        b.phase = Phase::enter;
        return;
      }
      b.phase = Phase::finished;
      if (auto* event = emit(b, EventType::execution_succeeded)) event->data = b.data.text();
      output = b.data.text();
      return end(Status::succeeded);
    default: return;
  }
}

void Execution::Impl::issue(Branch& b) {
  auto& commands = step_.commands;
  switch (b.phase) {
    case Phase::waiting: {
      const bool is_until = b.state->timestamp || b.state->timestamp_path;
      const TimePoint due = is_until ? b.due : span_end(b.entered_at, b.due - b.entered_at);
      commands.emplace_back(StartTimer{{TimerId::Kind::wait, b.entered_id}, due});
      break;
    }
    case Phase::retry_wait:
      commands.emplace_back(
          StartTimer{{TimerId::Kind::retry, b.failed_id}, span_end(b.failed_at, b.due - b.failed_at)});
      break;
    case Phase::task_running: {
      const bool direct = b.state->resource.find(":function:") != std::string::npos;
      commands.emplace_back(ScheduleTask{b.task, direct ? b.state->resource : "lambda:invoke", b.task_payload});
      if (b.timeout_seconds)
        commands.emplace_back(
            StartTimer{{TimerId::Kind::task_timeout, b.task}, span_end(b.scheduled_at, Seconds(*b.timeout_seconds))});
      if (b.heartbeat_seconds)
        commands.emplace_back(
            StartTimer{{TimerId::Kind::heartbeat, b.task}, span_end(b.scheduled_at, Seconds(*b.heartbeat_seconds))});
      break;
    }
    default: break;
  }
}

void Execution::Impl::cancel_task_timers(const Branch& b) {
  if (b.timeout_seconds) step_.commands.emplace_back(CancelTimer{{TimerId::Kind::task_timeout, b.task}});
  if (b.heartbeat_seconds) step_.commands.emplace_back(CancelTimer{{TimerId::Kind::heartbeat, b.task}});
}

Step Execution::Impl::apply(const Signal& signal, TimePoint now) {
  now_ = now;
  step_ = {};
  if (status != Status::running) return {};
  Branch& b = root_;
  const bool task_waits = b.phase == Phase::task_running;
  const bool direct = b.state && b.state->resource.find(":function:") != std::string::npos;
  const auto task_event = [&](EventType service, EventType function) {
    auto* event = emit(b, direct ? function : service);
    if (event && !direct) {
      event->resource = "invoke";
      event->resource_type = "lambda";
    }
    return event;
  };
  const auto task_failed = [&](EventType service, EventType function, std::string why,
                               std::optional<std::string> cause) {
    cancel_task_timers(b);
    auto* event = task_event(service, function);
    if (!event) return;
    event->error = why;
    event->cause = cause;
    b.error = std::move(why);
    b.cause = cause.value_or("");
    b.failed_id = event->id;
    b.failed_at = now_;
    b.phase = Phase::task_failed;
  };

  if (const auto* done = std::get_if<TaskSucceeded>(&signal)) {
    if (!task_waits || done->task != b.task) return {};
    const auto payload = Payload::parse(done->output);
    if (!payload) {
      task_failed(EventType::task_failed, EventType::lambda_function_failed, std::string(kRuntime.code),
                  "The task's result is not JSON");
    } else if (done->output->size() > kMaxPayloadBytes) {
      task_failed(EventType::task_failed, EventType::lambda_function_failed, std::string(kDataLimitExceeded.code),
                  check_size(direct ? b.state->resource : "lambda", *payload).error().message());
    } else {
      cancel_task_timers(b);
      if (auto* event = task_event(EventType::task_succeeded, EventType::lambda_function_succeeded))
        event->data = done->output;
      b.result = *payload;
      b.phase = Phase::task_succeeded;
    }
  } else if (const auto* failed = std::get_if<TaskFailed>(&signal)) {
    if (!task_waits || failed->task != b.task) return {};
    task_failed(EventType::task_failed, EventType::lambda_function_failed, failed->error, failed->cause);
  } else if (const auto* beat = std::get_if<Heartbeat>(&signal)) {
    if (!task_waits || beat->task != b.task || !b.heartbeat_seconds) return {};
    step_.commands.emplace_back(StartTimer{{TimerId::Kind::heartbeat, b.task}, now_ + Seconds(*b.heartbeat_seconds)});
    return std::move(step_);
  } else if (const auto* stop = std::get_if<Stop>(&signal)) {
    error = stop->error;
    cause = stop->cause;
    b.last_event = 0;  // what ends an execution from outside follows nothing
    if (auto* event = emit(b, EventType::execution_aborted)) {
      event->error = error;
      event->cause = cause;
    }
    end(Status::aborted);
  } else if (const auto* fired = std::get_if<TimerFired>(&signal)) {
    switch (fired->id.kind) {
      case TimerId::Kind::execution_timeout:
        b.last_event = 0;
        emit(b, EventType::execution_timed_out);
        end(Status::timed_out);
        break;
      case TimerId::Kind::wait: {
        if (b.phase != Phase::waiting || fired->id.event != b.entered_id) return {};
        auto input = effective_input(b);
        if (!input) {
          fail_state(b, input.error());
          break;
        }
        leave(b, *input, assigned(b, b.state->assign, *input), b.state->next);
        break;
      }
      case TimerId::Kind::retry:
        if (b.phase != Phase::retry_wait || fired->id.event != b.failed_id) return {};
        b.phase = Phase::execute;
        break;
      case TimerId::Kind::task_timeout:
      case TimerId::Kind::heartbeat: {
        if (!task_waits || fired->id.event != b.task) return {};
        // AWS records a missed heartbeat under this name too; Retry and Catch know it by both.
        task_failed(EventType::task_timed_out, EventType::lambda_function_timed_out, std::string(kTimeout.code),
                    std::nullopt);
        break;
      }
    }
  }
  if (history_full_ && status == Status::running)
    fail_execution(
        b, std::string(kRuntime.code),
        "The execution reached the maximum number of history events (" + std::to_string(kMaxHistoryEvents) + ").");
  run();
  return std::move(step_);
}

void Execution::Impl::end(Status how) {
  status = how;
  stopped_at = std::max(recorded_at_, now_);
  root_.phase = Phase::finished;
  step_.commands.emplace_back(Complete{how});
}

Execution::Execution(std::shared_ptr<const StateMachine> machine, ExecutionInfo info, Random& random)
    : impl_(std::make_unique<Impl>(std::move(machine), std::move(info), random)) {}
Execution::~Execution() = default;
Execution::Execution(Execution&&) noexcept = default;
Execution& Execution::operator=(Execution&&) noexcept = default;
Step Execution::start() { return impl_->start(); }
bool Execution::replay(std::span<const HistoryEvent> events) { return impl_->replay(events); }
Step Execution::resume(TimePoint now) { return impl_->resume(now); }
Step Execution::apply(const Signal& signal, TimePoint now) { return impl_->apply(signal, now); }
Status Execution::status() const { return impl_->status; }
const ExecutionInfo& Execution::info() const { return impl_->info; }
EventId Execution::last_event() const { return impl_->last_event; }
TimePoint Execution::stopped_at() const { return impl_->stopped_at; }
const Text& Execution::output() const { return impl_->output; }
const std::optional<std::string>& Execution::error() const { return impl_->error; }
const std::optional<std::string>& Execution::cause() const { return impl_->cause; }

}  // namespace cumulet::asl
