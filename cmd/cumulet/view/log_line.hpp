#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::view {

enum class Weight { plain, error, faint };

struct LogLine {
  std::string text;  // other people's: not yet made harmless for terminals
  Weight weight = Weight::plain;
};

// One event of a log as people read it. Nothing of START and END and of what says the same in JSON; of REPORT how long
// it took and what it needed; of an execution's history its type, name and error; of a line in JSON (level, message)
// the message. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
std::optional<LogLine> log_line(std::string_view message);

}  // namespace cumulet::view
