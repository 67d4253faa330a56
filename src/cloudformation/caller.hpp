#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace cumulet::cloudformation {

// The port by which stacks reach the services: one operation, called in the terms of AWS's API reference. A binding
// turns it into what the service speaks (the commands': cmd/cumulet/deploy/sdk_caller.hpp).
class Caller {
 public:
  virtual ~Caller() = default;

  // ("lambda", "CreateFunction", {"FunctionName": …}): members as the API names them, whatever the protocol; S3's Body
  // holds bytes. Services: iam, lambda, logs, s3, sqs, states. An operation without output gives {}. Waits for the
  // answer, so it is called on threads that may wait. An Error of the service has AWS's code (error_code()).
  virtual Result<json::value> call(std::string_view service, std::string_view operation, const json::object& input) = 0;
};

// What AWS answered where it answered wrongly or where CloudFormation would have refused; fields: ("Code", code).
inline constexpr ErrorKind kAwsError{"AwsError", 400};
Error aws_error(std::string code, const std::string& text);

std::string error_code(const Error& error);  // AWS's code
// "Code: message" of a service's error; of kValidationError the message alone.
std::string described(const Error& error);

// The text of a member of an answer; "" when there is none.
std::string member_text(const json::value& answer, std::string_view name);

}  // namespace cumulet::cloudformation
