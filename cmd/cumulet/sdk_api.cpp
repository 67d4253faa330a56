#include "cmd/cumulet/sdk_api.hpp"

#include <algorithm>
#include <cctype>

#include "base/encoding.hpp"

namespace cumulet::cli {
namespace {

std::string query_text(const deploy::Pairs& query) {
  std::string out;
  for (const auto& [name, value] : query)
    out += (out.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  return out;
}

}  // namespace

Result<json::value> SdkApi::json_call(std::string_view service, std::string_view operation, const json::object& input) {
  return client_.call(service, operation, input);
}

Result<json::value> SdkApi::lambda(std::string_view method, const std::string& path, const json::value& input,
                                   const deploy::Pairs& query) {
  sdk::RestRequest request;
  request.method = method;
  request.path = path;
  request.query = query_text(query);
  if (!input.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = json::text(input);
  }
  CUMULET_TRY(const sdk::HttpResponse response, client_.rest("lambda", request));
  if (response.body.empty()) return json::value(json::object{});
  return json::parse(response.body);
}

Result<std::string> SdkApi::query(std::string_view service, std::string_view action, const deploy::Pairs& input) {
  return client_.query(service, action, input);
}

Result<std::string> SdkApi::s3(std::string_view method, const std::string& bucket, const std::string& key,
                               const deploy::Pairs& query, std::string body, const deploy::Pairs& headers) {
  const bool is_name = std::ranges::all_of(
      bucket, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'; });
  if (!is_name) return deploy::aws_error("InvalidBucketName", "The specified bucket is not valid.");  // no URL either
  sdk::RestRequest request;
  request.method = method;
  request.bucket = bucket;
  request.path = "/" + percent_encode(key, "/");
  request.query = query_text(query);
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  request.body = std::move(body);
  CUMULET_TRY(sdk::HttpResponse response, client_.rest("s3", request));
  return std::move(response.body);
}

}  // namespace cumulet::cli
