#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cloudformation/caller.hpp"
#include "sdk/client.hpp"

namespace cumulet::deploy {

// cloudformation::Caller over the SDK's signed client: JSON protocols as they are; IAM in Query; of Lambda and S3 the
// operations that the commands use (UnknownOperationException of others).
class SdkCaller final : public cloudformation::Caller {
 public:
  explicit SdkCaller(sdk::Client& client) : client_(client) {}

  Result<json::value> call(std::string_view service, std::string_view operation, const json::object& input) override;

 private:
  Result<json::value> lambda(std::string_view operation, const json::object& input);
  Result<json::value> s3(std::string_view operation, const json::object& input);

  sdk::Client& client_;
};

// The REST requests of Lambda's and S3's operations, by the API's members. Error: UnknownOperationException; a bucket's
// name that no URL can hold.
Result<sdk::RestRequest> lambda_request(std::string_view operation, const json::object& input);
Result<sdk::RestRequest> s3_request(std::string_view operation, const json::object& input);

// The output of a Query operation: elements as members, <member> lists as arrays, texts as strings.
json::value query_output(const std::string& xml, std::string_view action);

}  // namespace cumulet::deploy
