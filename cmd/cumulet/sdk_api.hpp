#pragma once
#include "cmd/cumulet/deploy/api.hpp"
#include "sdk/client.hpp"

namespace cumulet::cli {

// deploy::Api over the SDK's signed client.
class SdkApi final : public deploy::Api {
 public:
  explicit SdkApi(sdk::Client& client) : client_(client) {}

  Result<json::value> json_call(std::string_view service, std::string_view operation,
                                const json::object& input) override;
  Result<json::value> lambda(std::string_view method, const std::string& path, const json::value& input,
                             const deploy::Pairs& query) override;
  Result<std::string> query(std::string_view service, std::string_view action, const deploy::Pairs& input) override;
  Result<std::string> s3(std::string_view method, const std::string& bucket, const std::string& key,
                         const deploy::Pairs& query, std::string body, const deploy::Pairs& headers) override;

 private:
  sdk::Client& client_;
};

}  // namespace cumulet::cli
