#pragma once
#include <optional>
#include <string>

#include "base/http.hpp"
#include "services/lambda/model_function.hpp"

// Shapes of Invoke. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kInvocationTypes[] = {"Event", "RequestResponse", "DryRun"};
inline constexpr std::string_view kStreamInvocationTypes[] = {"RequestResponse", "DryRun"};
inline constexpr std::string_view kLogTypes[] = {"None", "Tail"};
}  // namespace rules

struct InvokeRequest {
  std::string function_name;
  std::optional<std::string> qualifier;
  std::optional<std::string> invocation_type;  // RequestResponse, Event, DryRun
  std::optional<std::string> log_type;         // None, Tail
  std::optional<std::string> client_context;   // base64 of JSON
  std::optional<wire::Blob> payload;

  static wire::Shape shape() {
    return structure(
        "InvocationRequest",
        {
            member<&InvokeRequest::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(rules::kQualifier),
            member<&InvokeRequest::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(rules::kAnyFunctionName),
            member<&InvokeRequest::invocation_type>("InvocationType")
                .header("X-Amz-Invocation-Type")
                .one_of(rules::kInvocationTypes),
            member<&InvokeRequest::log_type>("LogType").header("X-Amz-Log-Type").one_of(rules::kLogTypes),
            member<&InvokeRequest::client_context>("ClientContext").header("X-Amz-Client-Context"),
            member<&InvokeRequest::payload>("Payload").payload(),
        });
  }
};

struct InvokeResponse {
  int status_code = 200;
  std::optional<std::string> function_error;
  std::optional<std::string> log_result;  // base64
  std::optional<std::string> executed_version;
  std::string content_type = "application/json";
  wire::Blob payload;

  static wire::Shape shape() {
    return structure("InvocationResponse",
                     {
                         member<&InvokeResponse::status_code>("StatusCode").status_code(),
                         member<&InvokeResponse::function_error>("FunctionError").header("X-Amz-Function-Error"),
                         member<&InvokeResponse::log_result>("LogResult").header("X-Amz-Log-Result"),
                         member<&InvokeResponse::executed_version>("ExecutedVersion").header("X-Amz-Executed-Version"),
                         member<&InvokeResponse::content_type>("ContentType").header("Content-Type"),
                         member<&InvokeResponse::payload>("Payload").payload(),
                     });
  }
};

// InvokeWithResponseStream takes what Invoke takes, but no events.
// https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
struct InvokeStreamRequest {
  std::string function_name;
  std::optional<std::string> qualifier;
  std::optional<std::string> invocation_type;  // RequestResponse, DryRun
  std::optional<std::string> log_type;
  std::optional<std::string> client_context;
  std::optional<wire::Blob> payload;

  static wire::Shape shape() {
    using I = InvokeStreamRequest;
    return structure(
        "InvokeWithResponseStreamRequest",
        {
            member<&I::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(rules::kQualifier),
            member<&I::function_name>("FunctionName").label().required().range(1, 256).pattern(rules::kAnyFunctionName),
            member<&I::invocation_type>("InvocationType")
                .header("X-Amz-Invocation-Type")
                .one_of(rules::kStreamInvocationTypes),
            member<&I::log_type>("LogType").header("X-Amz-Log-Type").one_of(rules::kLogTypes),
            member<&I::client_context>("ClientContext").header("X-Amz-Client-Context"),
            member<&I::payload>("Payload").payload(),
        });
  }
};

struct InvokeStreamResponse {
  int status_code = 200;
  std::optional<std::string> executed_version;
  std::optional<std::string> content_type;
  http::Body event_stream;

  static wire::Shape shape() {
    using I = InvokeStreamResponse;
    return structure("InvokeWithResponseStreamResponse",
                     {
                         member<&I::status_code>("StatusCode").status_code(),
                         member<&I::executed_version>("ExecutedVersion").header("X-Amz-Executed-Version"),
                         member<&I::content_type>("ResponseStreamContentType").header("Content-Type"),
                         member<&I::event_stream>("EventStream").payload(),
                     });
  }
};

struct InvokeAsyncRequest {
  std::string function_name;
  wire::Blob invoke_args;

  static wire::Shape shape() {
    return structure("InvokeAsyncRequest", {
                                               member<&InvokeAsyncRequest::function_name>("FunctionName")
                                                   .label()
                                                   .required()
                                                   .range(1, 170)
                                                   .pattern(rules::kAnyFunctionName),
                                               member<&InvokeAsyncRequest::invoke_args>("InvokeArgs").payload(),
                                           });
  }
};

struct InvokeAsyncResponse {
  int status = 202;

  static wire::Shape shape() {
    return structure("InvokeAsyncResponse", {member<&InvokeAsyncResponse::status>("Status").status_code()});
  }
};

}  // namespace cumulet::lambda
