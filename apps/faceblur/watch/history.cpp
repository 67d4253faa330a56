#include "apps/faceblur/watch/history.hpp"

#include <algorithm>
#include <array>

namespace cumulet::faceblur {
namespace {

// The member that holds the details of an event: "taskFailedEventDetails" for TaskFailed, "stateEnteredEventDetails"
// for every ...StateEntered.
const json::value* details(const json::value& event) {
  if (!event.is_object()) return nullptr;
  for (const auto& [name, value] : event.as_object())
    if (name.ends_with("EventDetails")) return &value;
  return nullptr;
}

}  // namespace

std::optional<Ending> ending(const json::value& event) {
  const std::string type = json::text_at(event, "type");
  const json::value* more = details(event);
  const json::value none(json::object{});
  if (!more) more = &none;
  if (type == "ExecutionSucceeded")
    return Ending{.succeeded = true, .error = {}, .cause = {}, .output = json::text_at(*more, "output")};
  if (type != "ExecutionFailed" && type != "ExecutionAborted" && type != "ExecutionTimedOut") return std::nullopt;
  std::string error = json::text_at(*more, "error");
  if (error.empty()) error = type == "ExecutionTimedOut" ? "States.Timeout" : type;
  return Ending{.succeeded = false, .error = std::move(error), .cause = json::text_at(*more, "cause"), .output = {}};
}

std::optional<std::string> told(const json::value& event) {
  const std::string type = json::text_at(event, "type");
  const json::value* more = details(event);
  if (!more) return std::nullopt;
  if (type.ends_with("StateEntered")) return "state    " + json::text_at(*more, "name");
  static constexpr std::array kFailures{"TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut"};
  if (std::ranges::find(kFailures, type) != kFailures.end())
    return "failed   " + json::text_at(*more, "error") + ": " + json::text_at(*more, "cause");
  return std::nullopt;
}

Detection detection(const std::string& output) {
  Detection out;
  const auto value = json::parse(output);
  if (!value.ok()) return out;
  const json::value* body = json::find(*value, "body");
  if (!body) body = &*value;
  if (std::string detector = json::text_at(*body, "detector"); !detector.empty()) out.detector = std::move(detector);
  if (std::string recall = json::text_at(*body, "recall"); !recall.empty()) out.recall = std::move(recall);
  return out;
}

std::optional<LogLine> log_line(std::string_view text) {
  auto value = json::parse(text);
  if (!value.ok() || !value->is_object() || !json::find(*value, "message")) return std::nullopt;
  return LogLine{.level = json::text_at(*value, "level"),
                 .message = json::text_at(*value, "message"),
                 .fields = std::move(value->as_object())};
}

}  // namespace cumulet::faceblur
