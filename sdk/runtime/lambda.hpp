#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

// A Lambda function in C++: a handler in, results or errors out, in the style of AWS's own C++ runtime. The same
// program runs on AWS (provided.al2023) and on any engine with the Runtime API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
//   int main() {
//     return cumulet::sdk::run_handler([](const cumulet::sdk::InvocationRequest& request) {
//       return cumulet::sdk::InvocationResponse::success("{\"echo\":" + request.payload + "}");
//     });
//   }
namespace cumulet::sdk {

struct InvocationRequest {
  std::string payload;  // the event, as sent
  std::string request_id;
  std::string function_arn;      // as invoked, with version or alias
  std::string trace_id;          // also in the environment as _X_AMZN_TRACE_ID
  std::string client_context;    // JSON, of mobile clients
  std::string cognito_identity;  // JSON, of mobile clients
  TimePoint deadline;

  // Time left until the engine ends this invocation; never negative.
  Milliseconds remaining() const;
};

class InvocationResponse {
 public:
  static InvocationResponse success(std::string payload, std::string content_type = "application/json");
  // `type` groups failures ("InvalidVideo"); Step Functions matches it in Retry and Catch.
  static InvocationResponse failure(std::string message, std::string type);

  bool is_success() const { return success_; }
  const std::string& payload() const { return payload_; }  // of a failure: the error document
  const std::string& content_type() const { return content_type_; }
  const std::string& error_type() const { return type_; }

 private:
  std::string payload_, content_type_, type_;
  bool success_ = true;
};

using Handler = std::function<InvocationResponse(const InvocationRequest&)>;

// Serves invocations, one at a time, until SIGTERM (an invocation that runs is finished first) or until the Runtime API
// is gone. Returns the exit code for main(). What a handler throws becomes a failure. Reads AWS_LAMBDA_RUNTIME_API.
int run_handler(Handler handler);
// With an initialisation whose failure is reported as such (Runtime.ExitError would hide the reason).
int run_initialized(const std::function<Result<Handler>()>& initialize);

}  // namespace cumulet::sdk
