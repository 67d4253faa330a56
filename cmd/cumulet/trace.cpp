#include "cmd/cumulet/view/trace.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/status_document.hpp"

namespace cumulet::cli {
namespace {

struct TraceFlags {
  std::string subject;
  std::string endpoint;
  bool is_json = false;
  bool waits = false;
};

// Those of express executions are not kept.
json::array history_of(Session& session, const std::string& execution) {
  json::array out;
  json::object input{{"executionArn", execution}, {"includeExecutionData", false}, {"maxResults", 1000}};
  for (int page = 0; page < 25; ++page) {  // 25,000 events are the most that an execution has
    const auto answer = session.aws.call("states", "GetExecutionHistory", input);
    if (!answer) return out;
    if (const auto* events = json::find(*answer, "events"); events && events->is_array())
      for (json::value& row : view::history_rows(execution, events->as_array())) out.push_back(std::move(row));
    const std::string next = json::text_at(*answer, "nextToken");
    if (next.empty()) break;
    input["nextToken"] = next;
  }
  return out;
}

json::object trace_of(Session& session, const std::string& subject) {
  auto trace = view::trace_document(read_api_of(session), subject);
  if (!trace)
    fail(trace.error().is(view::kNothingKnown) ? trace.error().message() : cloudformation::described(trace.error()));
  return std::move(*trace);
}

// "s3://BUCKET/KEY" is looked at just now: its percent, on a terminal.
void show_percent(Session& session, const std::string& subject) {
  const auto jobs = view::read_all(read_api_of(session), "jobs", "jobs", 100);
  if (!jobs || !::isatty(2)) return;
  for (const json::value& job : *jobs)
    if ("s3://" + json::text_at(job, "video") == subject)
      std::fprintf(stderr, "\rlooking for faces: %s %%   ", json::text(*json::find(job, "percent")).c_str());
  std::fflush(stderr);
}

// Until all of it has come to an end, and nothing new came of that for a moment.
json::object awaited(Session& session, const std::string& subject) {
  constexpr int kQuietLooks = 3;
  for (int quiet = 0;;) {
    json::object trace = trace_of(session, subject);
    quiet = view::goes_on(trace) ? 0 : quiet + 1;
    if (quiet == kQuietLooks) {
      if (::isatty(2)) std::fputs("\r\x1b[K", stderr);
      return trace;
    }
    show_percent(session, subject);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void run_trace(const TraceFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  json::object trace = flags.waits ? awaited(*session, flags.subject) : trace_of(*session, flags.subject);
  for (const std::string& execution : view::executions_of(trace))
    view::add_rows(trace, history_of(*session, execution));
  const std::string text =
      flags.is_json ? json::text(trace) + '\n' : view::trace_text(trace, view::paint_of_stdout());
  std::fputs(text.c_str(), stdout);
  if (flags.waits && view::has_failed(trace)) throw ::CLI::RuntimeError(1);
}

}  // namespace

void add_trace(::CLI::App& app) {
  const auto flags = std::make_shared<TraceFlags>();
  ::CLI::App* command =
      app.add_subcommand("trace", "One upload, message or execution through every hop, with times: what became of it and why");
  command
      ->add_option("subject", flags->subject,
                   "s3://BUCKET/KEY, a message's id, an execution's name or ARN, a request's id, or a trace's")
      ->required();
  command->add_flag("--wait,-w", flags->waits, "Wait until all of it has ended; exit status 1 when something failed");
  command->add_flag("--json", flags->is_json, "As a JSON document");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_trace(*flags); });
}

}  // namespace cumulet::cli
