#pragma once
#include <functional>

#include "asl/execution.hpp"

namespace cumulet::asl {

// Where a branch stands. A phase is either quiescent (it waits for a signal) or is stepped on at once.
enum class Phase {
  enter,           // a state is to be entered with an input
  execute,         // StateEntered is recorded
  waiting,         // quiescent: a Wait state's timer
  task_scheduled,  // TaskScheduled is recorded
  task_running,    // quiescent: TaskStarted is recorded
  task_succeeded,  // the task's result is recorded
  task_failed,     // the task's failure is recorded
  retry_wait,      // quiescent: the pause before a retry
  exited,          // StateExited is recorded
  finished,
};

// One line of control: the machine itself, later also a branch of Parallel or an iteration of Map, whose parent's
// variables it would see.
struct Branch {
  const StateGraph* graph = nullptr;
  Variables variables;
  EventId last_event = 0;  // what the next event's previousEventId names

  Phase phase = Phase::enter;
  std::string target;  // enter, exited: the state to go to; empty after the last
  bool target_known = true;
  Payload data;  // enter, exited: what goes there
  const State* state = nullptr;
  EventId entered_id = 0;
  TimePoint entered_at;
  Payload raw_input;

  EventId task = 0;  // the Scheduled event
  TimePoint scheduled_at;
  Text task_payload;
  std::optional<std::int64_t> timeout_seconds, heartbeat_seconds;
  std::vector<std::int64_t> attempts;  // per retrier
  std::int64_t retry_count = 0;
  Payload result;            // task_succeeded
  std::string error, cause;  // task_failed
  EventId failed_id = 0;
  TimePoint failed_at;
  TimePoint due;  // waiting, retry_wait
};

class Execution::Impl {
 public:
  Impl(std::shared_ptr<const StateMachine> machine, ExecutionInfo info, Random& random);

  Step start();
  bool replay(std::span<const HistoryEvent> events);
  Step resume(TimePoint now);
  Step apply(const Signal& signal, TimePoint now);

  std::shared_ptr<const StateMachine> machine;
  ExecutionInfo info;
  Random* random;
  Status status = Status::running;
  TimePoint stopped_at;
  Text output;
  std::optional<std::string> error, cause;
  EventId last_event = 0;

 private:
  friend class BranchEnvironment;

  HistoryEvent* emit(Branch& branch, EventType type);
  // When what began then is over. Somebody may have set the wall's clock back since it was recorded: nothing lasts
  // longer than it was to.
  TimePoint span_end(TimePoint began, Milliseconds span) const;
  void start_timeout();  // of the whole execution
  void run();            // to quiescence
  void step(Branch& branch);
  void issue(Branch& branch);  // the commands of a quiescent phase
  void cancel_task_timers(const Branch& branch);

  // execution_states.cpp
  void enter(Branch& branch);
  void execute(Branch& branch);
  void execute_pass(Branch& branch);
  void execute_task(Branch& branch);
  void execute_wait(Branch& branch);
  void execute_choice(Branch& branch);
  void execute_succeed(Branch& branch);
  void execute_fail(Branch& branch);
  void task_result(Branch& branch);
  void task_failure(Branch& branch);
  bool try_catch(Branch& branch, std::string_view error, std::string_view cause);
  const Rule* choose(const Branch& branch, const Environment& env, std::optional<Error>& failure);

  using Assigned = std::optional<json::value>;
  Result<Payload> effective_input(const Branch& branch);
  Result<Payload> parameters(const Branch& branch, const Payload& input);
  Result<Payload> place_result(const Branch& branch, const ResultPath& where, const Payload& result);
  Result<Payload> effective_output(const Branch& branch, const Payload& output);
  Result<Assigned> assigned(const Branch& branch, const std::optional<Template>& assign, const Payload& input);
  Result<void> check_size(std::string_view name, const Payload& payload);
  void exit(Branch& branch, const Payload& output, std::string target, Assigned variables);
  // Output and OutputPath, size, exit; or the state's failure.
  void leave(Branch& branch, Result<Payload> output, Result<Assigned> variables, std::string target);
  void fail_state(Branch& branch, const Error& failure);
  void fail_execution(Branch& branch, std::optional<std::string> error, std::optional<std::string> cause);
  void end(Status how);
  // handles(), with both names of a missed heartbeat.
  bool handled(const Branch& branch, const std::vector<std::string>& names, std::string_view error) const;
  int next_retrier(const Branch& branch, std::string_view error) const;
  void count_retry(Branch& branch, int retrier);
  bool replay_one(const HistoryEvent& event);
  json::value context(const Branch& branch) const;

  Branch root_;
  Step step_;
  TimePoint now_;
  TimePoint recorded_at_;  // of the last event: a record's times never go back, whatever the wall's clock does
  bool history_full_ = false;
};

// What expressions of one state see.
class BranchEnvironment final : public Environment {
 public:
  BranchEnvironment(const Execution::Impl& execution, const Branch& branch, Payload input)
      : execution_(execution), branch_(branch), input_(std::move(input)) {}
  const Payload& input() const override { return input_; }
  const json::value& context() const override {
    if (!context_) context_ = execution_.context(branch_);
    return *context_;
  }
  const Variables& variables() const override { return branch_.variables; }
  Random& random() const override { return *execution_.random; }

 private:
  const Execution::Impl& execution_;
  const Branch& branch_;
  Payload input_;
  mutable std::optional<json::value> context_;
};

}  // namespace cumulet::asl
