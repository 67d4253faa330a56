#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "base/terminal.hpp"
#include "base/time.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/session.hpp"
#include "cmd/cumulet/status_document.hpp"
#include "cmd/cumulet/view/log_line.hpp"
#include "cmd/cumulet/view/spelling.hpp"
#include "cmd/cumulet/view/text.hpp"

namespace cumulet::cli {
namespace {

struct LogsFlags {
  std::vector<std::string> names;
  std::string since = "1h";
  bool follow = false;
  bool is_json = false;
  std::string endpoint;
};

using json::text_at;

// What is read: a log group, and whose it is.
struct Source {
  std::string name, group;
};

struct Line {
  std::int64_t time = 0;  // ms
  std::string source, group, stream, message;
};

// Brings what came since and has not been brought; remembers the ids of the newest seconds alone.
class Tail {
 public:
  Tail(Session& session, Source source, TimePoint from)
      : session_(session), source_(std::move(source)), from_(to_millis(from)) {}

  // A group that is not there yet has no lines: who logs first makes it.
  Result<std::vector<Line>> next() {
    std::vector<Line> out;
    std::string token;
    for (int page = 0; page < 100'000; ++page) {
      json::object input{{"logGroupName", source_.group},
                         {"startTime", std::max<std::int64_t>(from_, newest_ - kLateness)}};
      if (!token.empty()) input["nextToken"] = token;
      const auto answer = session_.aws.call("logs", "FilterLogEvents", input);
      if (!answer && cloudformation::error_code(answer.error()) == "ResourceNotFoundException") return out;
      if (!answer) return answer.error();
      if (const auto* events = json::find(*answer, "events"); events && events->is_array())
        for (const json::value& event : events->as_array()) take(event, out);
      token = text_at(*answer, "nextToken");
      if (token.empty()) break;
    }
    std::erase_if(seen_, [&](const auto& one) { return one.second < newest_ - 2 * kLateness; });
    return out;
  }

 private:
  static constexpr std::int64_t kLateness = 10'000;  // ms: how late an event may come after newer ones

  void take(const json::value& event, std::vector<Line>& out) {
    const json::value* time = json::find(event, "timestamp");
    if (!time || !time->is_int64()) return;
    if (const std::string id = text_at(event, "eventId"); !id.empty() && !seen_.emplace(id, time->as_int64()).second) return;
    newest_ = std::max(newest_, time->as_int64());
    out.push_back({time->as_int64(), source_.name, source_.group, text_at(event, "logStreamName"), text_at(event, "message")});
  }

  Session& session_;
  Source source_;
  std::int64_t from_;
  std::int64_t newest_ = 0;
  std::map<std::string, std::int64_t> seen_;  // event id → its time
};

// All that logs here: functions, machines with a log group, and what groups there are.
class Known {
 public:
  explicit Known(Session& session) : session_(session) {
    for (const std::string& name : names("lambda", "ListFunctions", "Functions", "FunctionName", "Marker", "NextMarker"))
      functions_.push_back(name);
    for (const std::string& arn :
         names("states", "ListStateMachines", "stateMachines", "stateMachineArn", "nextToken", "nextToken"))
      machines_.push_back(arn);
  }

  std::vector<Source> all() {
    std::vector<Source> out;
    for (const std::string& function : functions_) out.push_back({function, "/aws/lambda/" + function});
    for (const std::string& arn : machines_)
      if (const std::string group = machine_group(arn); !group.empty()) out.push_back({last_of(arn), group});
    return out;
  }

  // fail()s when there is no such thing.
  Source named(const std::string& name) {
    if (name.starts_with('/')) {
      if (!is_group(name)) fail("there is no log group " + name);
      return {name, name};
    }
    if (std::ranges::find(functions_, name) != functions_.end()) return {name, "/aws/lambda/" + name};
    for (const std::string& arn : machines_)
      if (last_of(arn) == name) {
        const std::string group = machine_group(arn);
        if (group.empty())
          fail("the machine " + name + " logs nothing (its LoggingConfiguration is off); cumulet trace EXECUTION tells its way");
        return {name, group};
      }
    if (is_group("/aws/lambda/" + name)) return {name, "/aws/lambda/" + name};  // of a function that is gone
    std::vector<std::string> known = functions_;
    for (const std::string& arn : machines_) known.push_back(last_of(arn));
    const std::string meant = view::nearest(name, known);
    fail("there is no function or machine '" + name + "'" +
         (meant.empty() ? "; cumulet status lists them" : "; did you mean '" + meant + "'?"));
  }

 private:
  static std::string last_of(const std::string& arn) { return view::last_part(arn); }

  std::vector<std::string> names(std::string_view service, std::string_view operation, std::string_view list,
                                 std::string_view member, std::string_view input_token, std::string_view output_token) {
    std::vector<std::string> out;
    std::string token;
    do {
      json::object input;
      if (!token.empty()) input[input_token] = token;
      const auto answer = session_.aws.call(service, operation, input);
      if (!answer) fail(answer.error());
      if (const auto* items = json::find(*answer, list); items && items->is_array())
        for (const json::value& item : items->as_array()) out.push_back(text_at(item, member));
      token = text_at(*answer, output_token);
    } while (!token.empty());
    return out;
  }

  // arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*
  std::string machine_group(const std::string& arn) {
    const auto machine = session_.aws.call("states", "DescribeStateMachine", {{"stateMachineArn", arn}});
    const json::value* logging = machine ? json::find(*machine, "loggingConfiguration") : nullptr;
    if (!logging || text_at(*logging, "level") == "OFF") return {};
    const json::value* destinations = json::find(*logging, "destinations");
    if (!destinations || !destinations->is_array() || destinations->as_array().empty()) return {};
    const json::value* group = json::find(destinations->as_array().front(), "cloudWatchLogsLogGroup");
    std::string name = group ? text_at(*group, "logGroupArn") : "";
    if (name.ends_with(":*")) name.resize(name.size() - 2);
    return last_of(name);
  }

  bool is_group(const std::string& name) {
    const auto answer = session_.aws.call("logs", "DescribeLogGroups", {{"logGroupNamePrefix", name}});
    if (!answer) fail(answer.error());
    const auto* groups = json::find(*answer, "logGroups");
    return groups && groups->is_array() &&
           std::ranges::any_of(groups->as_array(), [&](const json::value& one) { return text_at(one, "logGroupName") == name; });
  }

  Session& session_;
  std::vector<std::string> functions_, machines_;
};

class Printer {
 public:
  Printer(const LogsFlags& flags, std::size_t width) : flags_(flags), width_(width) {}

  void print(const Line& line) const {
    const std::string time = iso8601_millis(from_millis(line.time));
    if (flags_.is_json) {
      const json::object event{{"time", time}, {"source", line.source}, {"group", line.group}, {"stream", line.stream}, {"message", line.message}};
      std::printf("%s\n", json::text(event).c_str());
      return;
    }
    const auto told = view::log_line(line.message);
    if (!told) return;
    std::string text = printable(told->text, LineEnds::kept);
    // Who reads several looks for whose line it is, also of those that go on.
    const std::string who = width_ == 0 ? "" : view::padded(printable(line.source), width_);
    std::string indented;
    const std::string margin(time.substr(11, 12).size() + 1 + (width_ == 0 ? 0 : width_), ' ');
    for (const char c : text) indented += c == '\n' ? "\n" + margin : std::string(1, c);
    if (told->weight == view::Weight::error) indented = paint_.red(indented);
    if (told->weight == view::Weight::faint) indented = paint_.dim(indented);
    std::printf("%s %s%s\n", paint_.dim(time.substr(11, 12)).c_str(), who.c_str(), indented.c_str());
  }

 private:
  const LogsFlags& flags_;
  std::size_t width_;  // of the sources' names; 0: there is one
  view::Paint paint_ = view::paint_of_stdout();
};

void run_logs(const LogsFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  const TimePoint from = since_time(flags.since, SystemClock().now(), "--since");
  Known known(*session);
  std::vector<Source> sources;
  if (flags.names.empty()) sources = known.all();
  for (const std::string& name : flags.names) sources.push_back(known.named(name));
  if (sources.empty()) fail("there are no functions and no machines that log: deploy some first (cumulet deploy)");
  std::size_t width = 0;
  for (const Source& source : sources)
    if (sources.size() > 1) width = std::max(width, source.name.size() + 2);
  const Printer printer(flags, width);
  std::vector<Tail> tails;
  for (Source& source : sources) tails.emplace_back(*session, std::move(source), from);
  for (;;) {
    std::vector<Line> lines;
    for (Tail& tail : tails) {
      auto brought = tail.next();
      if (!brought) fail(brought.error());
      std::ranges::move(*brought, std::back_inserter(lines));
    }
    std::ranges::stable_sort(lines, {}, &Line::time);
    for (const Line& line : lines) printer.print(line);
    std::fflush(stdout);
    if (!flags.follow) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

}  // namespace

void add_logs(::CLI::App& app) {
  const auto flags = std::make_shared<LogsFlags>();
  ::CLI::App* command = app.add_subcommand("logs", "What functions printed, and what machines did");
  command->add_option("names", flags->names, "Functions, machines, or log groups (/aws/...); none: all functions and machines");
  command->add_flag("--follow,-f", flags->follow, "Go on until Ctrl-C");
  command->add_option("--since", flags->since, "90s, 10m, 2h, 1d, or an ISO 8601 time")->capture_default_str();
  command->add_flag("--json", flags->is_json, "Everything as it was logged, one JSON document a line");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_logs(*flags); });
}

}  // namespace cumulet::cli
