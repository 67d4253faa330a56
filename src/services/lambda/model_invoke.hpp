#pragma once
#include <optional>
#include <string>

#include "services/lambda/model_function.hpp"

// Shapes of Invoke. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
namespace cumulet::lambda {

struct InvokeRequest {
  std::string function_name;
  std::optional<std::string> qualifier;
  std::optional<std::string> invocation_type;  // RequestResponse, Event, DryRun
  std::optional<std::string> log_type;         // None, Tail
  std::optional<std::string> client_context;   // base64 of JSON
  std::optional<wire::Blob> payload;
};

struct InvokeResponse {
  int status_code = 200;
  std::optional<std::string> function_error;
  std::optional<std::string> log_result;  // base64
  std::optional<std::string> executed_version;
  std::string content_type = "application/json";
  wire::Blob payload;
};

struct InvokeAsyncRequest {
  std::string function_name;
  wire::Blob invoke_args;
};

struct InvokeAsyncResponse {
  int status = 202;
};

}  // namespace cumulet::lambda

namespace cumulet::wire {

namespace lambda_rules {
inline constexpr std::string_view kInvocationTypes[] = {"Event", "RequestResponse", "DryRun"};
inline constexpr std::string_view kLogTypes[] = {"None", "Tail"};
}  // namespace lambda_rules

template <>
struct Describe<lambda::InvokeRequest> {
  static Shape shape() {
    using R = lambda::InvokeRequest;
    return structure(
        "InvocationRequest",
        {
            member<&R::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(lambda_rules::kAnyFunctionName),
            member<&R::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(lambda_rules::kQualifier),
            member<&R::invocation_type>("InvocationType")
                .header("X-Amz-Invocation-Type")
                .one_of(lambda_rules::kInvocationTypes),
            member<&R::log_type>("LogType").header("X-Amz-Log-Type").one_of(lambda_rules::kLogTypes),
            member<&R::client_context>("ClientContext").header("X-Amz-Client-Context"),
            member<&R::payload>("Payload").payload(),
        });
  }
};

template <>
struct Describe<lambda::InvokeResponse> {
  static Shape shape() {
    using R = lambda::InvokeResponse;
    return structure("InvocationResponse",
                     {
                         member<&R::status_code>("StatusCode").status_code(),
                         member<&R::function_error>("FunctionError").header("X-Amz-Function-Error"),
                         member<&R::log_result>("LogResult").header("X-Amz-Log-Result"),
                         member<&R::executed_version>("ExecutedVersion").header("X-Amz-Executed-Version"),
                         member<&R::content_type>("ContentType").header("Content-Type"),
                         member<&R::payload>("Payload").payload(),
                     });
  }
};

template <>
struct Describe<lambda::InvokeAsyncRequest> {
  static Shape shape() {
    using R = lambda::InvokeAsyncRequest;
    return structure("InvokeAsyncRequest", {
                                               member<&R::function_name>("FunctionName")
                                                   .label()
                                                   .required()
                                                   .range(1, 170)
                                                   .pattern(lambda_rules::kAnyFunctionName),
                                               member<&R::invoke_args>("InvokeArgs").payload(),
                                           });
  }
};

template <>
struct Describe<lambda::InvokeAsyncResponse> {
  static Shape shape() {
    return structure("InvokeAsyncResponse", {member<&lambda::InvokeAsyncResponse::status>("Status").status_code()});
  }
};

}  // namespace cumulet::wire
