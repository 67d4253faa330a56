#pragma once
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "asl/definition.hpp"
#include "asl/history.hpp"

namespace cumulet::asl {

// The history's length ends an execution: its last event has this number. (AWS bounds express executions by time
// alone; here a loop without waits ends them too.)
inline constexpr EventId kMaxHistoryEvents = 25'000;

// An express execution's longest duration.
inline constexpr std::int64_t kMaxExpressSeconds = 300;

enum class Status { running, succeeded, failed, timed_out, aborted };
std::string_view name(Status status);  // "RUNNING"

struct ExecutionInfo {
  std::string arn, name, role_arn, machine_arn, machine_name, region;
  Payload input;
  TimePoint started_at;
  MachineType type = MachineType::standard;
};

// A one-shot timer of an execution; the event it belongs to tells timers of one kind apart.
struct TimerId {
  enum class Kind : std::uint8_t { execution_timeout, wait, retry, task_timeout, heartbeat } kind;
  EventId event;
  auto operator<=>(const TimerId&) const = default;
};

// What somebody else must do, once the step's events are durable.
struct ScheduleTask {
  EventId task;          // the Scheduled event's id: the same after every restart
  std::string resource;  // "lambda:invoke", or the function's ARN
  Text payload;          // the Parameters of lambda:invoke, or the function's input
};
struct StartTimer {
  TimerId id;
  TimePoint at;
};
struct CancelTimer {
  TimerId id;
};
// The execution has ended; its timers and tasks no longer matter.
struct Complete {
  Status status;
};
using Command = std::variant<ScheduleTask, StartTimer, CancelTimer, Complete>;

// What happened outside. One that no longer fits (a late result, a stale timer) changes nothing.
struct TaskSucceeded {
  EventId task;
  Text output;  // JSON
};
struct TaskFailed {
  EventId task;
  std::string error, cause;
};
struct Heartbeat {
  EventId task;
};
struct TimerFired {
  TimerId id;
};
struct Stop {
  std::optional<std::string> error, cause;
};
using Signal = std::variant<TaskSucceeded, TaskFailed, Heartbeat, TimerFired, Stop>;

struct Step {
  std::vector<HistoryEvent> events;
  std::vector<Command> commands;
  bool empty() const { return events.empty() && commands.empty(); }
};

// One execution of a machine, as a pure function of its events: no clock, no threads, no I/O. Each call runs to
// quiescence, until nothing can go on without the outside, and gives the events to record and the commands to carry
// out after they were recorded. The recorded events alone rebuild it, whatever point they end at. Not thread-safe.
class Execution {
 public:
  Execution(std::shared_ptr<const StateMachine> machine, ExecutionInfo info, Random& random = system_random());
  ~Execution();
  Execution(Execution&&) noexcept;
  Execution& operator=(Execution&&) noexcept;

  Step start();  // at info.started_at
  // Takes a recorded history, from its first event on. Call before resume(); false when the events do not fit the
  // machine.
  bool replay(std::span<const HistoryEvent> events);
  // Goes on from the replayed events: the commands still to be carried out are given again.
  Step resume(TimePoint now);
  Step apply(const Signal& signal, TimePoint now);

  Status status() const;
  const ExecutionInfo& info() const;
  EventId last_event() const;
  TimePoint stopped_at() const;                     // once not running
  const Text& output() const;                       // once succeeded
  const std::optional<std::string>& error() const;  // once failed or aborted
  const std::optional<std::string>& cause() const;

  class Impl;  // private to the library

 private:
  std::unique_ptr<Impl> impl_;
};

// True when a Retry or Catch entry naming `names` handles `error`.
bool handles(const std::vector<std::string>& names, std::string_view error);
// The pause before the given retry (attempt 1 is the first): AWS's interval × rate^(attempt-1), capped, jittered by
// `fraction` in [0,1).
Milliseconds retry_delay(const Retrier& retrier, std::int64_t attempt, double fraction);

}  // namespace cumulet::asl
