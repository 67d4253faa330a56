#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.hpp"
#include "base/json.hpp"
#include "cloudformation/node.hpp"

namespace cumulet::deploy {

using namespace cloudformation;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The AWS calls that deploying speaks, signed and sent to one endpoint (cmd/cumulet/sdk_api.hpp). An Error of the
// service has AWS's code.
class Api {
 public:
  virtual ~Api() = default;

  // awsJson: ("states", "CreateStateMachine", {...}). An empty answer gives {}.
  virtual Result<json::value> json_call(std::string_view service, std::string_view operation,
                                        const json::object& input) = 0;
  // REST-JSON of Lambda. `path` is percent-encoded, `query` is not; `input` may be null (no body).
  virtual Result<json::value> lambda(std::string_view method, const std::string& path,
                                     const json::value& input = nullptr, const Pairs& query = {}) = 0;
  // Query: the answer's XML text.
  virtual Result<std::string> query(std::string_view service, std::string_view action, const Pairs& input) = 0;
  // S3: the answer's body. `key` empty: the bucket itself.
  virtual Result<std::string> s3(std::string_view method, const std::string& bucket, const std::string& key,
                                 const Pairs& query = {}, std::string body = {}, const Pairs& headers = {}) = 0;

  Result<std::string> iam(std::string_view action, const Pairs& input) { return query("iam", action, input); }
};

// What AWS answered where it answered wrongly or where CloudFormation would have refused; fields: ("Code", code).
inline constexpr ErrorKind kAwsError{"AwsError", 400};
Error aws_error(std::string code, const std::string& text);

std::string error_code(const Error& error);  // AWS's code
// "Code: message" of a service's error; of kValidationError the message alone.
std::string described(const Error& error);

// The text of the first element of that name anywhere in an XML text; "" when there is none.
std::string xml_text(const std::string& xml, std::string_view element);
std::vector<std::string> xml_texts(const std::string& xml, std::string_view element);
std::string xml_escape(std::string_view text);

}  // namespace cumulet::deploy
