#include <algorithm>

#include "asl/execution_impl.hpp"

// Rebuilding an execution from its recorded events. Each event sets the phase that stepping would have left after
// recording it, so that whatever event comes last, stepping goes on from there.
namespace cumulet::asl {

bool Execution::Impl::replay(std::span<const HistoryEvent> events) {
  for (const auto& event : events) {
    if (event.id != last_event + 1) return false;
    if (!replay_one(event)) return false;
    last_event = event.id;
    now_ = recorded_at_ = event.at;
  }
  return true;
}

bool Execution::Impl::replay_one(const HistoryEvent& e) {
  Branch& b = root_;
  if (e.type == EventType::execution_started) {
    b.last_event = 0;
    return last_event == 0;
  }
  if (last_event == 0 || status != Status::running) return false;
  b.last_event = e.id;
  if (is_state_entered(e.type)) {
    b.state = b.graph->find(e.name);
    if (!b.state || !e.data) return false;
    b.raw_input = Payload::from_text(e.data);
    b.entered_id = e.id;
    b.entered_at = e.at;
    b.attempts.assign(b.state->retriers.size(), 0);
    b.retry_count = 0;
    b.phase = Phase::execute;
    return true;
  }
  if (is_state_exited(e.type)) {
    if (!b.state || b.state->name != e.name || !e.data) return false;
    b.data = Payload::from_text(e.data);
    b.target = b.state->next;
    b.target_known = b.state->type != StateType::choice;
    if (b.phase == Phase::task_failed) {
      const auto catcher = std::find_if(b.state->catchers.begin(), b.state->catchers.end(),
                                        [&](const Catcher& c) { return handled(b, c.errors, b.error); });
      if (catcher != b.state->catchers.end()) b.target = catcher->next;
    }
    if (e.assigned) {
      const auto variables = json::parse(*e.assigned);
      if (!variables || !variables->is_object()) return false;
      for (const auto& member : variables->get_object()) {
        if (!member.value().is_string()) return false;
        b.variables[std::string(member.key())] =
            Payload::from_text(make_text(std::string(member.value().get_string())));
      }
    }
    b.phase = Phase::exited;
    return true;
  }
  switch (e.type) {
    case EventType::task_scheduled:
    case EventType::lambda_function_scheduled:
      if (!b.state || b.state->type != StateType::task || !e.data) return false;
      if (b.phase == Phase::task_failed) count_retry(b, next_retrier(b, b.error));
      b.task = e.id;
      b.scheduled_at = e.at;
      b.task_payload = e.data;
      b.timeout_seconds = e.timeout_seconds;
      b.heartbeat_seconds = e.heartbeat_seconds;
      b.phase = Phase::task_scheduled;
      return true;
    case EventType::task_started:
    case EventType::lambda_function_started:
      if (b.phase != Phase::task_scheduled) return false;
      b.phase = Phase::task_running;
      return true;
    case EventType::task_succeeded:
    case EventType::lambda_function_succeeded:
      if (!b.state || !e.data) return false;
      b.result = Payload::from_text(e.data);
      b.phase = Phase::task_succeeded;
      return true;
    case EventType::task_failed:
    case EventType::task_timed_out:
    case EventType::lambda_function_failed:
    case EventType::lambda_function_timed_out:
      if (!b.state) return false;
      b.error = e.error.value_or("");
      b.cause = e.cause.value_or("");
      b.failed_id = e.id;
      b.failed_at = e.at;
      b.phase = Phase::task_failed;
      return true;
    case EventType::execution_succeeded:
      output = e.data;
      status = Status::succeeded;
      break;
    case EventType::execution_failed: status = Status::failed; break;
    case EventType::execution_timed_out: status = Status::timed_out; break;
    case EventType::execution_aborted: status = Status::aborted; break;
    default: return false;
  }
  error = e.error;
  cause = e.cause;
  stopped_at = e.at;
  b.phase = Phase::finished;
  return true;
}

}  // namespace cumulet::asl
