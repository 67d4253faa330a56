#include "cmd/cumulet/view/log_line.hpp"

#include "base/json.hpp"

namespace cumulet::view {
namespace {

using json::text_at;

// "Duration: 12.34 ms" → "12.34 ms"; empty: there is none.
std::string_view field(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  if (at == line.npos) return {};
  line.remove_prefix(at + name.size());
  return line.substr(0, line.find('\t'));
}

LogLine report(std::string_view line) {
  const auto id = field(line, "RequestId: ");
  std::string text = "└ " + std::string(field(line, "\tDuration: "));
  if (const auto memory = field(line, "Max Memory Used: "), size = field(line, "\tMemory Size: "); !memory.empty())
    text += ", " + std::string(memory) + (size.empty() ? "" : " of " + std::string(size));
  if (const auto init = field(line, "Init Duration: "); !init.empty()) text += ", start " + std::string(init);
  text += ", request " + std::string(id);
  const auto status = field(line, "Status: ");
  if (!status.empty()) text += ", " + std::string(status);
  return {text, status.empty() ? Weight::faint : Weight::error};
}

bool looks_like_an_error(std::string_view line) {
  for (const std::string_view mark : {"[ERROR]", "\tERROR\t", "[CRITICAL]", "\tFATAL\t", "Task timed out after", "Traceback (most recent",
                                      "Runtime exited", "\"errorType\""})
    if (line.find(mark) != line.npos) return true;
  return false;
}

// An event of an execution's history.
std::optional<LogLine> execution_event(const json::value& event) {
  const std::string arn = text_at(event, "execution_arn"), type = text_at(event, "type");
  if (arn.empty() || type.empty()) return std::nullopt;
  std::string text = arn.substr(arn.rfind(':') + 1) + ' ' + type;
  bool is_error = type.find("Failed") != type.npos || type.find("TimedOut") != type.npos;
  if (const json::value* details = json::find(event, "details")) {
    if (const std::string name = text_at(*details, "name"); !name.empty()) text += ' ' + name;
    if (const std::string error = text_at(*details, "error"); !error.empty()) text += ' ' + error;
    if (const std::string cause = text_at(*details, "cause"); !cause.empty()) text += ": " + cause;
  }
  return LogLine{text, is_error ? Weight::error : Weight::plain};
}

// AWS's own records in the JSON format: platform.start and its like.
std::optional<LogLine> platform_event(const std::string& type, const json::value& event) {
  if (type != "platform.report") return std::nullopt;
  const json::value* record = json::find(event, "record");
  const json::value* metrics = record ? json::find(*record, "metrics") : nullptr;
  if (!metrics) return std::nullopt;
  const auto number = [&](std::string_view name) -> std::string {
    const json::value* v = json::find(*metrics, name);
    return v ? json::text(*v) : "";
  };
  std::string text = "└ " + number("durationMs") + " ms, " + number("maxMemoryUsedMB") + " of " + number("memorySizeMB") + " MB";
  if (const std::string init = number("initDurationMs"); !init.empty()) text += ", start " + init + " ms";
  text += ", request " + text_at(*record, "requestId");
  const std::string status = text_at(*record, "status");
  const bool is_error = !status.empty() && status != "success";
  return LogLine{text + (is_error ? ", " + status : ""), is_error ? Weight::error : Weight::faint};
}

}  // namespace

std::optional<LogLine> log_line(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  if (message.starts_with("START RequestId: ") || message.starts_with("END RequestId: ") ||
      message.starts_with("INIT_START "))
    return std::nullopt;
  if (message.starts_with("REPORT RequestId: ")) return report(message);
  if (message.starts_with('{')) {
    if (const auto event = json::parse(message); event && event->is_object()) {
      const std::string type = text_at(*event, "type");
      if (type.starts_with("platform.")) return platform_event(type, *event);
      if (auto line = execution_event(*event)) return line;
      const std::string level = text_at(*event, "level"), text = text_at(*event, "message");
      if (!level.empty() && !text.empty())
        return LogLine{level + ' ' + text, level == "ERROR" || level == "FATAL" || level == "CRITICAL" ? Weight::error : Weight::plain};
    }
  }
  return LogLine{std::string(message), looks_like_an_error(message) ? Weight::error : Weight::plain};
}

}  // namespace cumulet::view
