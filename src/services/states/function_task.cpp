#include "services/states/function_task.hpp"

#include <algorithm>
#include <iterator>

#include "base/ids.hpp"
#include "base/json.hpp"

namespace cumulet::states {
namespace {

bool is_integration(const asl::ScheduleTask& task) { return task.resource == "lambda:invoke"; }

// Errors of Invoke that AWS's SDK knows by name; any other it calls AWSLambdaException.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
bool is_modelled(std::string_view code) {
  static constexpr std::string_view kNames[] = {"CodeArtifactUserPendingException",
                                                "EC2AccessDeniedException",
                                                "EC2ThrottledException",
                                                "EC2UnexpectedException",
                                                "EFSIOException",
                                                "EFSMountConnectivityException",
                                                "EFSMountFailureException",
                                                "EFSMountTimeoutException",
                                                "ENILimitReachedException",
                                                "InvalidParameterValueException",
                                                "InvalidRequestContentException",
                                                "InvalidRuntimeException",
                                                "InvalidSecurityGroupIDException",
                                                "InvalidSubnetIDException",
                                                "InvalidZipFileException",
                                                "KMSAccessDeniedException",
                                                "KMSDisabledException",
                                                "KMSInvalidStateException",
                                                "KMSNotFoundException",
                                                "RecursiveInvocationException",
                                                "RequestTooLargeException",
                                                "ResourceConflictException",
                                                "ResourceNotFoundException",
                                                "ResourceNotReadyException",
                                                "ServiceException",
                                                "SnapStartException",
                                                "SnapStartNotReadyException",
                                                "SnapStartTimeoutException",
                                                "SubnetIPAddressLimitReachedException",
                                                "TooManyRequestsException",
                                                "UnsupportedMediaTypeException"};
  return std::find(std::begin(kNames), std::end(kNames), code) != std::end(kNames);
}

// Lambda's own error as AWS's SDK words it.
asl::TaskFailed service_failure(asl::EventId task, const Error& error) {
  const bool internal = error.is(kInternalFailure) || error.status() >= 500;
  const std::string code = internal ? "ServiceException" : std::string(error.code());
  std::string request_id;
  for (const auto& [name, value] : error.fields())
    if (name == "RequestId") request_id = value;
  if (request_id.empty()) request_id = uuid4();
  return {task, "Lambda." + (is_modelled(code) ? code : std::string("AWSLambdaException")),
          error.message() + " (Service: AWSLambda; Status Code: " + std::to_string(error.status()) +
              "; Error Code: " + code + "; Request ID: " + request_id + "; Proxy: null)"};
}

// The error object is the cause: as the function wrote it, or, from the integration, written anew without spaces.
asl::TaskFailed function_failure(const asl::ScheduleTask& scheduled, const std::string& payload) {
  const auto task = scheduled.task;
  const auto parsed = json::parse(payload);
  const auto* type = parsed ? json::find(*parsed, "errorType") : nullptr;
  if (type && type->is_string() && !type->get_string().empty())
    return {task, std::string(type->get_string()), is_integration(scheduled) ? json::text(*parsed) : payload};
  return {
      task, "Lambda.Unknown",
      "The cause could not be determined because Lambda did not return an error type. Returned payload: " + payload};
}

// {ExecutedVersion, Payload, SdkHttpMetadata, SdkResponseMetadata, StatusCode}, the payload's text kept as it is.
std::string integration_output(const InvocationResult& answer, TimePoint now) {
  const bool is_json = json::parse(answer.payload).ok();
  std::string payload = answer.payload;
  if (!is_json) {
    payload.clear();
    json::append_quoted(payload, answer.payload);
  }
  const std::pair<std::string_view, std::string> headers[] = {
      {"X-Amz-Executed-Version", answer.executed_version},
      {"X-Amz-Log-Result", answer.log_result.value_or("")},
      {"x-amzn-Remapped-Content-Length", "0"},
      {"Connection", "keep-alive"},
      {"x-amzn-RequestId", answer.request_id},
      {"Content-Length", std::to_string(answer.payload.size())},
      {"Date", http_date(now)},
      {"X-Amzn-Trace-Id", "root=1-" + answer.request_id.substr(0, 8) + "-000000000000000000000000;sampled=0"},
      {"Content-Type", "application/json"},
  };
  json::object all, single;
  for (const auto& [name, value] : headers) {
    if (value.empty()) continue;
    all[name] = json::array{json::value(value)};
    single[name] = value;
  }
  std::string out = "{\"ExecutedVersion\":";
  json::append_quoted(out, answer.executed_version);
  if (answer.log_result) {
    out += ",\"LogResult\":";
    json::append_quoted(out, *answer.log_result);
  }
  out += ",\"Payload\":" + (payload.empty() ? std::string("\"\"") : payload);
  out += ",\"SdkHttpMetadata\":";
  json::append_text(out, json::object{{"AllHttpHeaders", std::move(all)},
                                      {"HttpHeaders", std::move(single)},
                                      {"HttpStatusCode", answer.status}});
  out += ",\"SdkResponseMetadata\":{\"RequestId\":";
  json::append_quoted(out, answer.request_id);
  out += "},\"StatusCode\":" + std::to_string(answer.status) + "}";
  return out;
}

}  // namespace

std::variant<Invocation, asl::TaskFailed> invocation_of(const asl::ScheduleTask& task, std::string_view region) {
  Invocation call;
  call.region = region;
  if (!is_integration(task)) {
    call.function = task.resource;
    call.payload = *task.payload;
    return call;
  }
  const auto parameters = json::parse(*task.payload);
  call.function = parameters ? json::text_at(*parameters, "FunctionName") : "";
  if (call.function.empty())
    return asl::TaskFailed{task.task, "States.Runtime",
                           "The Parameters of the task do not name the function to invoke (FunctionName)"};
  call.qualifier = json::text_at(*parameters, "Qualifier");
  call.client_context = json::text_at(*parameters, "ClientContext");
  call.tail_log = json::text_at(*parameters, "LogType") == "Tail";
  const auto type = json::text_at(*parameters, "InvocationType");
  if (type == "Event") call.type = Invocation::Type::event;
  if (type == "DryRun") call.type = Invocation::Type::dry_run;
  const auto* payload = json::find(*parameters, "Payload");
  call.payload = payload ? json::text(*payload) : "{}";
  return call;
}

asl::Signal outcome_of(const asl::ScheduleTask& task, const Result<InvocationResult>& answer, TimePoint now) {
  if (!answer) return service_failure(task.task, answer.error());
  if (answer->function_error) return function_failure(task, answer->payload);
  if (is_integration(task)) return asl::TaskSucceeded{task.task, asl::make_text(integration_output(*answer, now))};
  return asl::TaskSucceeded{task.task, asl::make_text(answer->payload.empty() ? "null" : answer->payload)};
}

}  // namespace cumulet::states
