#pragma once
#include <optional>
#include <string>

#include "base/json.hpp"

namespace cumulet::faceblur {

// How an execution ended, out of its last history event.
struct Ending {
  bool succeeded = false;
  std::string error;  // "States.Timeout"; empty when it succeeded
  std::string cause;
  std::string output;  // JSON text; empty when it failed
};
std::optional<Ending> ending(const json::value& event);

// What a person is told about a history event: the state it enters, a task that failed; nullopt for the rest.
std::optional<std::string> told(const json::value& event);

// What found the faces, out of an execution's output; "unknown" where it does not say.
struct Detection {
  std::string detector = "unknown";
  std::string recall = "unknown";  // "full", "reduced"
};
Detection detection(const std::string& output);

// A function's log line, where it is one of the JSON lines that ours print.
struct LogLine {
  std::string level;
  std::string message;
  json::object fields;
};
std::optional<LogLine> log_line(std::string_view text);

}  // namespace cumulet::faceblur
