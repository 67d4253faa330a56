#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asl/payload.hpp"
#include "base/time.hpp"

namespace cumulet::asl {

using EventId = std::int64_t;

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
// The numbers are stored: never change one.
enum class EventType : std::uint8_t {
  execution_started = 1,
  execution_succeeded = 2,
  execution_failed = 3,
  execution_timed_out = 4,
  execution_aborted = 5,
  pass_state_entered = 10,
  pass_state_exited = 11,
  task_state_entered = 12,
  task_state_exited = 13,
  wait_state_entered = 14,
  wait_state_exited = 15,
  choice_state_entered = 16,
  choice_state_exited = 17,
  succeed_state_entered = 18,
  succeed_state_exited = 19,
  fail_state_entered = 20,
  task_scheduled = 30,
  task_started = 31,
  task_succeeded = 32,
  task_failed = 33,
  task_timed_out = 34,
  lambda_function_scheduled = 40,
  lambda_function_started = 41,
  lambda_function_succeeded = 42,
  lambda_function_failed = 43,
  lambda_function_timed_out = 44,
};

std::string_view name(EventType type);            // "PassStateEntered"
std::string_view details_member(EventType type);  // "stateEnteredEventDetails"; empty when the event has none
bool is_state_entered(EventType type);
bool is_state_exited(EventType type);
bool is_terminal(EventType type);  // ends the execution
// What the log levels ERROR and FATAL let through.
bool is_error(EventType type);
bool is_fatal(EventType type);

// One event; which fields count depends on its type.
struct HistoryEvent {
  EventType type = EventType::execution_started;
  EventId id = 0;
  EventId previous_id = 0;
  TimePoint at;
  std::string name;  // state entered or exited
  Text data;         // input, output or parameters: JSON
  Text assigned;     // state exited: JSON object of variable name → its value's JSON text; null when none
  std::optional<std::string> error, cause;
  std::string resource, resource_type, region;  // tasks; `resource` is the function's ARN for lambda_function_*
  std::optional<std::int64_t> timeout_seconds, heartbeat_seconds;
  std::string role_arn;  // execution started

  bool operator==(const HistoryEvent& other) const;  // texts by content
};

enum class Data { include, leave_out };
// The details as GetExecutionHistory and the log write them: names and nesting AWS's, payloads as texts.
json::object details(const HistoryEvent& event, Data data);
// The whole event as GetExecutionHistory's JSON, its timestamp in seconds.
json::object wire_form(const HistoryEvent& event, Data data);

// A compact record of consecutive events, texts that several of them share written once.
std::string encode(std::span<const HistoryEvent> events);
// Appends to `out`; false when `bytes` is not such a record.
bool decode(std::string_view bytes, std::vector<HistoryEvent>& out);

}  // namespace cumulet::asl
