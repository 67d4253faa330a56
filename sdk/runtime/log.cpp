#include "sdk/runtime/log.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/http.hpp"
#include "base/terminal.hpp"
#include "base/time.hpp"

namespace cumulet::sdk::log {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

Level lowest_level() {
  const char* wanted = std::getenv("AWS_LAMBDA_LOG_LEVEL");
  for (std::size_t i = 0; wanted && i < kNames.size(); ++i)
    if (iequals(wanted, kNames[i])) return static_cast<Level>(i);
  return Level::info;
}

thread_local std::string request_id;

}  // namespace

void set_request_id(std::string_view id) { request_id = id; }

std::string line(Level level, std::string_view message, Fields fields, std::string_view timestamp) {
  static const Level lowest = lowest_level();
  if (level < lowest) return {};
  std::string out = "{\"timestamp\":";
  json::append_quoted(out, timestamp);
  out += ",\"level\":";
  json::append_quoted(out, kNames[static_cast<std::size_t>(level)]);
  out += ",\"message\":";
  json::append_quoted(out, message);
  if (!request_id.empty()) {
    out += ",\"requestId\":";
    json::append_quoted(out, request_id);
  }
  for (const auto& [name, value] : fields) {
    out += ',';
    json::append_quoted(out, name);
    out += ':';
    json::append_text(out, value);
  }
  out += "}\n";
  return out;
}

void write(Level level, std::string_view message, Fields fields) {
  static const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  std::string text = line(level, message, fields, iso8601_millis(SystemClock().now()));
  if (is_terminal) text = printable(text, LineEnds::kept);  // JSON leaves DEL and C1 as they are
  std::size_t done = 0;
  while (done < text.size()) {  // one write for each line, so that lines of several threads do not mix
    const auto wrote = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (wrote <= 0) return;
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace cumulet::sdk::log
