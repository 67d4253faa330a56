#include "sdk/runtime/lambda.hpp"

#include <cxxabi.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <typeinfo>

#include "base/json.hpp"
#include "sdk/runtime/connection.hpp"
#include "sdk/runtime/log.hpp"
#include "sdk/runtime/trace.hpp"

namespace cumulet::sdk {
namespace {

constexpr std::string_view kVersion = "/2018-06-01/runtime/";
int wake_pipe[2] = {-1, -1};

void on_terminate(int) {
  const char byte = 1;
  [[maybe_unused]] const auto wrote = ::write(wake_pipe[1], &byte, 1);
}

// SIGTERM becomes readable on a pipe: no race between looking at a flag and waiting for the next invocation.
bool catch_terminate() {
  if (::pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  struct sigaction action {};
  action.sa_handler = on_terminate;
  action.sa_flags = SA_RESTART;
  return ::sigaction(SIGTERM, &action, nullptr) == 0;
}

std::string error_document(std::string_view message, std::string_view type) {
  std::string out = "{\"errorMessage\":";
  json::append_quoted(out, message);
  out += ",\"errorType\":";
  json::append_quoted(out, type);
  out += ",\"stackTrace\":[]}";
  return out;
}

std::string type_name(const std::exception& thrown) {
  int status = 0;
  char* name = abi::__cxa_demangle(typeid(thrown).name(), nullptr, nullptr, &status);
  std::string out = name ? name : typeid(thrown).name();
  std::free(name);
  return out;
}

InvocationRequest request_of(RuntimeConnection::Answer answer) {
  InvocationRequest out;
  out.payload = std::move(answer.body);
  const auto header = [&](std::string_view name) { return std::string(answer.headers.get_or(name, "")); };
  out.request_id = header("lambda-runtime-aws-request-id");
  out.function_arn = header("lambda-runtime-invoked-function-arn");
  out.trace_id = header("lambda-runtime-trace-id");
  out.client_context = header("lambda-runtime-client-context");
  out.cognito_identity = header("lambda-runtime-cognito-identity");
  const std::string deadline = header("lambda-runtime-deadline-ms");
  std::int64_t millis = 0;
  std::from_chars(deadline.data(), deadline.data() + deadline.size(), millis);
  out.deadline = from_millis(millis);
  return out;
}

InvocationResponse handle(const Handler& handler, const InvocationRequest& request) {
  set_current_trace(request.trace_id);
  try {
    return handler(request);
  } catch (const std::exception& thrown) {
    return InvocationResponse::failure(thrown.what(), type_name(thrown));
  } catch (...) {
    return InvocationResponse::failure("the handler threw something that is no std::exception", "UnknownException");
  }
}

Result<void> answer(RuntimeConnection& connection, const std::string& request_id, const InvocationResponse& response) {
  const std::string target =
      std::string(kVersion) + "invocation/" + request_id + (response.is_success() ? "/response" : "/error");
  const std::array<std::pair<std::string_view, std::string_view>, 2> fields{
      {{"Content-Type", response.content_type()}, {"Lambda-Runtime-Function-Error-Type", response.error_type()}}};
  const RuntimeConnection::Fields used(fields.data(), response.is_success() ? 1 : 2);
  CUMULET_TRY(const auto got,
              connection.exchange("POST", target, used, response.payload(), RuntimeConnection::Waits::through_wake));
  if (got.status >= 300)
    log::error("the Runtime API refused the answer",
               {{"status", got.status}, {"detail", json::value(got.body.substr(0, 1000))}});
  return {};
}

int serve(RuntimeConnection& connection, const Handler& handler) {
  const std::string next = std::string(kVersion) + "invocation/next";
  while (true) {
    auto got = connection.exchange("GET", next, {}, {}, RuntimeConnection::Waits::forever);
    if (!got.ok()) {
      if (got.error().is(kInterrupted)) return 0;
      log::error(got.error().message());
      return 1;
    }
    if (got->status != 200) {
      log::error("the Runtime API gave no invocation", {{"status", got->status}});
      return 1;
    }
    const InvocationRequest request = request_of(std::move(got).value());
    log::set_request_id(request.request_id);
    if (request.trace_id.empty())
      ::unsetenv("_X_AMZN_TRACE_ID");
    else
      ::setenv("_X_AMZN_TRACE_ID", request.trace_id.c_str(), 1);
    const InvocationResponse response = handle(handler, request);
    if (auto sent = answer(connection, request.request_id, response); !sent.ok()) {
      log::error(sent.error().message());
      return 1;
    }
    log::set_request_id({});
  }
}

}  // namespace

Milliseconds InvocationRequest::remaining() const { return std::max(Milliseconds{0}, deadline - SystemClock().now()); }

InvocationResponse InvocationResponse::success(std::string payload, std::string content_type) {
  InvocationResponse out;
  out.payload_ = std::move(payload);
  out.content_type_ = std::move(content_type);
  return out;
}

InvocationResponse InvocationResponse::failure(std::string message, std::string type) {
  InvocationResponse out;
  out.success_ = false;
  out.payload_ = error_document(message, type);
  out.content_type_ = "application/vnd.aws.lambda.error+json";
  out.type_ = std::move(type);
  return out;
}

int run_initialized(const std::function<Result<Handler>()>& initialize) {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (!address) {
    log::write(log::Level::fatal,
               "AWS_LAMBDA_RUNTIME_API is not set: this program is a Lambda function, started by its engine");
    return 1;
  }
  if (!catch_terminate()) return 1;
  RuntimeConnection connection(address, wake_pipe[0]);
  std::optional<InvocationResponse> failure;
  Handler handler;
  try {
    auto made = initialize();
    if (made.ok())
      handler = std::move(made).value();
    else
      failure = InvocationResponse::failure(made.error().message(), std::string(made.error().code()));
  } catch (const std::exception& thrown) {
    failure = InvocationResponse::failure(thrown.what(), type_name(thrown));
  }
  if (!failure) return serve(connection, handler);
  log::error("initialisation failed", {{"error", json::value(failure->payload())}});
  const std::array<std::pair<std::string_view, std::string_view>, 2> fields{
      {{"Content-Type", failure->content_type()}, {"Lambda-Runtime-Function-Error-Type", failure->error_type()}}};
  (void)connection.exchange("POST", std::string(kVersion) + "init/error", fields, failure->payload(),
                            RuntimeConnection::Waits::through_wake);
  return 1;
}

int run_handler(Handler handler) {
  return run_initialized([&]() -> Result<Handler> { return std::move(handler); });
}

}  // namespace cumulet::sdk
