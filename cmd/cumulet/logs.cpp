#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "base/terminal.hpp"
#include "base/time.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

struct LogsFlags {
  std::string function;
  std::string since = "1h";
  bool follow = false;
  std::string endpoint;
};

// "90s", "10m", "2h", "1d" back from now, or an ISO 8601 time.
TimePoint since(const std::string& text, TimePoint now) {
  if (const auto at = parse_iso8601(text)) return *at;
  static const std::map<char, std::int64_t> kSeconds{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = end == text.data() + text.size() ? kSeconds.end() : kSeconds.find(*end);
  if (error != std::errc() || count < 0 || unit == kSeconds.end() || end + 1 != text.data() + text.size())
    fail("--since takes 90s, 10m, 2h, 1d or an ISO 8601 time, not " + text);
  return now - Seconds{count * unit->second};
}

// Prints what came since and has not been printed; remembers the ids of the newest seconds alone.
class Tail {
 public:
  Tail(Session& session, std::string group, TimePoint from)
      : session_(session), group_(std::move(group)), from_(to_millis(from)) {}

  Result<void> print_new() {
    std::string token;
    for (int page = 0; page < 100'000; ++page) {
      json::object input{{"logGroupName", group_}, {"startTime", std::max<std::int64_t>(from_, newest_ - kLateness)}};
      if (!token.empty()) input["nextToken"] = token;
      CUMULET_TRY(const json::value answer, session_.aws.call("logs", "FilterLogEvents", input));
      if (const auto* events = json::find(answer, "events"); events && events->is_array())
        for (const json::value& event : events->as_array()) print(event);
      const json::value* next = json::find(answer, "nextToken");
      if (!next || !next->is_string() || next->as_string().empty()) break;
      token = next->as_string();
    }
    std::erase_if(seen_, [&](const auto& one) { return one.second < newest_ - 2 * kLateness; });
    std::fflush(stdout);
    return {};
  }

 private:
  static constexpr std::int64_t kLateness = 10'000;  // ms: how late an event may come after newer ones

  void print(const json::value& event) {
    const json::value* id = json::find(event, "eventId");
    const json::value* time = json::find(event, "timestamp");
    const json::value* message = json::find(event, "message");
    if (!time || !time->is_int64() || !message || !message->is_string()) return;
    if (id && id->is_string() && !seen_.emplace(std::string(id->as_string()), time->as_int64()).second) return;
    newest_ = std::max(newest_, time->as_int64());
    std::string_view line(message->as_string());
    while (line.ends_with('\n')) line.remove_suffix(1);
    std::printf("%s %s\n", iso8601_millis(from_millis(time->as_int64())).c_str(),
                printable(line, LineEnds::kept).c_str());
  }

  Session& session_;
  std::string group_;
  std::int64_t from_;
  std::int64_t newest_ = 0;
  std::map<std::string, std::int64_t> seen_;  // event id → its time
};

void run_logs(const LogsFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  const std::string group = flags.function.starts_with('/') ? flags.function : "/aws/lambda/" + flags.function;
  Tail tail(*session, group, since(flags.since, SystemClock().now()));
  for (;;) {
    const auto printed = tail.print_new();
    const bool no_group = !printed && cloudformation::error_code(printed.error()) == "ResourceNotFoundException";
    if (!printed && !(no_group && flags.follow)) {
      if (no_group) fail("there is no log group " + group + ": the function has not run yet, or has another name");
      fail(printed.error());
    }
    if (!flags.follow) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

}  // namespace

void add_logs(::CLI::App& app) {
  const auto flags = std::make_shared<LogsFlags>();
  ::CLI::App* command = app.add_subcommand("logs", "What a function printed");
  command->add_option("function", flags->function, "Function name, or a log group's (/aws/...)")->required();
  command->add_flag("--follow,-f", flags->follow, "Go on until Ctrl-C");
  command->add_option("--since", flags->since, "90s, 10m, 2h, 1d, or an ISO 8601 time")->capture_default_str();
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_logs(*flags); });
}

}  // namespace cumulet::cli
