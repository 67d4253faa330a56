#include "cmd/cumulet/view/trace.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/status_document.hpp"

namespace cumulet::cli {
namespace {

struct TraceFlags {
  std::string subject;
  std::string endpoint;
  bool is_json = false;
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

void run_trace(const TraceFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  auto trace = view::trace_document(read_api_of(*session), flags.subject);
  if (!trace) fail(trace.error().is(view::kNothingKnown) ? trace.error().message() : cloudformation::described(trace.error()));
  for (const std::string& execution : view::executions_of(*trace)) view::add_rows(*trace, history_of(*session, execution));
  std::fputs((flags.is_json ? json::text(*trace) + '\n' : view::trace_text(*trace, view::paint_of_stdout())).c_str(), stdout);
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
  command->add_flag("--json", flags->is_json, "As a JSON document");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_trace(*flags); });
}

}  // namespace cumulet::cli
