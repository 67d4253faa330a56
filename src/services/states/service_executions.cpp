#include <algorithm>
#include <charconv>
#include <map>
#include <thread>

#include "asl/json_syntax.hpp"
#include "base/json.hpp"
#include "base/trace.hpp"
#include "services/states/names.hpp"
#include "services/states/service.hpp"

// Executions and their histories.
namespace cumulet::states {
namespace {

constexpr int kDefaultPage = 100;
// A page of a history ends early when its payloads pass this: a thousand events may hold 256 KiB each.
constexpr std::size_t kPageBytes = 8 << 20;
int page_size(const std::optional<int>& asked) { return asked.value_or(0) == 0 ? kDefaultPage : *asked; }

Error no_such_execution(std::string_view arn) {
  return Error{kExecutionDoesNotExist, "Execution Does Not Exist: '" + std::string(arn) + "'"};
}

Result<void> check_input(const std::string& input) {
  const auto refuse = [](const std::string& why) {
    return Error{kInvalidExecutionInput, "Invalid State Machine Execution Input: '" + why + "'"};
  };
  if (input.find_first_not_of(" \t\r\n") == std::string::npos) return refuse("Invalid execution input.");
  // The member's length counts characters; the quota is in bytes.
  if (input.size() > asl::kMaxPayloadBytes)
    return refuse("The input is larger than " + std::to_string(asl::kMaxPayloadBytes) + " bytes.");
  const auto parsed = json::parse(input);
  if (parsed) return {};
  const auto found = asl::json_syntax_error(input);
  return refuse(found ? found->message : parsed.error().message());
}

HistoryEvent::Details HistoryEvent::*details_member(std::string_view name) {
  using E = HistoryEvent;
  static const std::map<std::string_view, E::Details E::*> kMembers = {
      {"executionStartedEventDetails", &E::execution_started},
      {"executionSucceededEventDetails", &E::execution_succeeded},
      {"executionFailedEventDetails", &E::execution_failed},
      {"executionTimedOutEventDetails", &E::execution_timed_out},
      {"executionAbortedEventDetails", &E::execution_aborted},
      {"stateEnteredEventDetails", &E::state_entered},
      {"stateExitedEventDetails", &E::state_exited},
      {"taskScheduledEventDetails", &E::task_scheduled},
      {"taskStartedEventDetails", &E::task_started},
      {"taskSucceededEventDetails", &E::task_succeeded},
      {"taskFailedEventDetails", &E::task_failed},
      {"taskTimedOutEventDetails", &E::task_timed_out},
      {"lambdaFunctionScheduledEventDetails", &E::lambda_scheduled},
      {"lambdaFunctionSucceededEventDetails", &E::lambda_succeeded},
      {"lambdaFunctionFailedEventDetails", &E::lambda_failed},
      {"lambdaFunctionTimedOutEventDetails", &E::lambda_timed_out},
  };
  const auto found = kMembers.find(name);
  return found == kMembers.end() ? nullptr : found->second;
}

HistoryEvent event_of(const asl::HistoryEvent& event, asl::Data data) {
  HistoryEvent out;
  out.timestamp = event.at;
  out.type = asl::name(event.type);
  out.id = event.id;
  out.previous_event_id = event.previous_id;
  if (const auto member = details_member(asl::details_member(event.type))) out.*member = asl::details(event, data);
  return out;
}

Result<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size())
    return Error{kInvalidToken, "Invalid Token: 'Invalid token'"};
  return value;
}

}  // namespace

Result<ExecutionRow> States::execution(const std::string& arn) {
  CUMULET_CHECK(check_execution_arn(arn));
  CUMULET_TRY(auto found, database_.read_value<std::optional<ExecutionRow>>(
                              [&](storage::Connection& c) -> Result<std::optional<ExecutionRow>> {
                                return store::find_execution(c, arn);
                              }));
  if (!found) return no_such_execution(arn);
  return std::move(*found);
}

Result<StartExecutionResponse> States::start_execution(const wire::CallContext& call,
                                                       const StartExecutionRequest& request) {
  if (request.name) CUMULET_CHECK(check_name(*request.name));
  CUMULET_CHECK(check_machine_arn(request.state_machine_arn));
  const std::string input = request.input.value_or("{}");
  CUMULET_TRY(const Machine machine, this->machine(request.state_machine_arn));
  CUMULET_CHECK(check_input(input));
  // The header of the call counts where its body names none.
  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html#API_StartExecution_RequestSyntax
  std::optional<std::string> trace = request.trace_header;
  if (!trace && call.head != nullptr) {
    const std::string_view header = call.head->headers.get_or("x-amzn-trace-id", "");
    if (!trace_root(header).empty()) trace = header;
  }
  CUMULET_TRY(const Engine::Started started,
              engine_.start(machine.revision, machine.region.empty() ? call.region : machine.region,
                            request.name.value_or(uuid4(random_)), input, std::move(trace)));
  return StartExecutionResponse{started.arn, started.at};
}

Result<StopExecutionResponse> States::stop_execution(const wire::CallContext&, const StopExecutionRequest& request) {
  // An execution whose row is there but which does not run yet is being started by another call: its turn comes at
  // once.
  for (int tries = 0; tries < 100; ++tries) {
    CUMULET_TRY(const ExecutionRow row, execution(request.execution_arn));
    if (!row.running()) return StopExecutionResponse{row.stopped.value_or(clock_.now())};
    CUMULET_TRY(const auto stopped, engine_.abort(row.arn, request.error, request.cause));
    if (stopped) return StopExecutionResponse{*stopped};
    std::this_thread::sleep_for(Milliseconds(2));
  }
  return Error{kInternalFailure, "The execution cannot be stopped now"};
}

Result<DescribeExecutionResponse> States::describe_execution(const wire::CallContext&,
                                                             const ExecutionArnRequest& request) {
  CUMULET_TRY(ExecutionRow row, execution(request.execution_arn));
  DescribeExecutionResponse out;
  out.execution_arn = row.arn;
  out.state_machine_arn = row.machine_arn;
  out.name = row.name;
  out.status = row.status;
  out.start_date = row.started;
  out.stop_date = row.stopped;
  out.trace_header = std::move(row.trace_header);
  const bool data = request.included_data != "METADATA_ONLY";
  out.input_details = ExecutionDataDetails{data};
  if (row.output) out.output_details = ExecutionDataDetails{data};
  if (data) {
    out.input = std::move(row.input);
    out.output = std::move(row.output);
    out.error = std::move(row.error);
    out.cause = std::move(row.cause);
  }
  const bool redrivable = row.status == "FAILED" || row.status == "TIMED_OUT" || row.status == "ABORTED";
  out.redrive_status = redrivable ? "REDRIVABLE" : "NOT_REDRIVABLE";
  if (!redrivable) out.redrive_status_reason = "Execution is " + row.status + " and cannot be redriven";
  return out;
}

Result<DescribeStateMachineForExecutionResponse> States::describe_state_machine_for_execution(
    const wire::CallContext&, const ExecutionArnRequest& request) {
  CUMULET_TRY(const ExecutionRow row, execution(request.execution_arn));
  CUMULET_TRY(auto revision, database_.read_value<std::optional<Revision>>(
                                 [&](storage::Connection& c) -> Result<std::optional<Revision>> {
                                   return store::find_revision(c, row.revision);
                                 }));
  if (!revision) return no_such_execution(request.execution_arn);
  DescribeStateMachineForExecutionResponse out;
  out.state_machine_arn = row.machine_arn;
  out.name = revision->machine_name;
  out.definition = request.included_data == "METADATA_ONLY" ? "{}" : std::move(revision->definition);
  out.role_arn = revision->role_arn;
  out.update_date = revision->made;
  out.logging_configuration = revision->logging;
  out.tracing_configuration.enabled = revision->tracing;
  out.encryption_configuration.type = "AWS_OWNED_KEY";
  out.revision_id = revision->revision_id;
  return out;
}

Result<ListExecutionsResponse> States::list_executions(const wire::CallContext&, const ListExecutionsRequest& request) {
  if (request.map_run_arn) return Error{kValidationException, "Map runs are not implemented by Cumulet"};
  if (!request.state_machine_arn) return Error{kValidationException, "Must provide a StateMachine ARN or MapRun ARN"};
  CUMULET_TRY(const Machine machine, this->machine(*request.state_machine_arn));
  if (machine.revision.type == asl::MachineType::express)
    return Error{kStateMachineTypeNotSupported, "This operation is not supported by this type of state machine"};
  std::optional<store::ExecutionCursor> after;
  if (request.next_token) {
    CUMULET_TRY(const std::string position, page_position(*request.next_token));
    const auto dash = position.find('-');
    if (dash == std::string::npos) return Error{kInvalidToken, "Invalid Token: 'Invalid token'"};
    after.emplace();
    CUMULET_TRY(after->started, number(std::string_view(position).substr(0, dash)));
    CUMULET_TRY(after->id, number(std::string_view(position).substr(dash + 1)));
  }
  const int limit = page_size(request.max_results);
  return database_.read_value<ListExecutionsResponse>([&](storage::Connection& c) -> Result<ListExecutionsResponse> {
    ListExecutionsResponse page;
    auto rows = store::list_executions(c, machine.arn, request.status_filter, after, limit + 1);
    if (rows.size() > static_cast<std::size_t>(limit)) {
      rows.pop_back();
      page.next_token =
          page_token(std::to_string(to_millis(rows.back().started)) + "-" + std::to_string(rows.back().id));
    }
    for (auto& row : rows)
      page.executions.push_back({row.arn, row.machine_arn, row.name, row.status, row.started, row.stopped, 0});
    return page;
  });
}

Result<GetExecutionHistoryResponse> States::get_execution_history(const wire::CallContext&,
                                                                  const GetExecutionHistoryRequest& request) {
  CUMULET_TRY(const ExecutionRow row, execution(request.execution_arn));
  const bool reverse = request.reverse_order.value_or(false);
  const auto data = request.include_execution_data.value_or(true) ? asl::Data::include : asl::Data::leave_out;
  const asl::EventId limit = page_size(request.max_results);
  return database_.read_value<GetExecutionHistoryResponse>(
      [&](storage::Connection& c) -> Result<GetExecutionHistoryResponse> {
        const asl::EventId last = store::last_event(c, row.id);
        // The page's first event in its order; a token holds it.
        asl::EventId from = reverse ? last : 1;
        if (request.next_token) {
          CUMULET_TRY(const std::string position, page_position(*request.next_token));
          CUMULET_TRY(from, number(position));
          if (from < 1 || from > last) return Error{kInvalidToken, "Invalid Token: 'Invalid token'"};
        }
        const asl::EventId low = reverse ? std::max<asl::EventId>(1, from - limit + 1) : from;
        const asl::EventId high = reverse ? from : std::min(last, from + limit - 1);
        CUMULET_TRY(auto events, store::history(c, row.id, low, high));
        if (reverse) std::reverse(events.begin(), events.end());
        GetExecutionHistoryResponse page;
        std::size_t bytes = 0;
        asl::EventId next = from;
        for (const auto& event : events) {
          if (event.id < low || event.id > high) continue;
          if (data == asl::Data::include && event.data) bytes += event.data->size();
          if (bytes > kPageBytes && !page.events.empty()) break;
          page.events.push_back(event_of(event, data));
          next = event.id + (reverse ? -1 : 1);
        }
        if (next >= 1 && next <= last) page.next_token = page_token(std::to_string(next));
        return page;
      });
}

}  // namespace cumulet::states
