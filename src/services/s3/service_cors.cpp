#include <algorithm>

#include "base/encoding.hpp"
#include "services/s3/cors.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "services/s3/service.hpp"

// What pages of web sites may do with a bucket.
namespace cumulet::s3 {
namespace {

constexpr ErrorKind kAccessForbidden{"AccessForbidden", 403};

// "/BUCKET/KEY", encoded: the bucket's name as the router reads it.
std::string bucket_of(std::string_view raw_path) {
  if (raw_path.starts_with('/')) raw_path.remove_prefix(1);
  return percent_decode(raw_path.substr(0, raw_path.find('/'))).value_or("");
}

Error refused(const std::string& why, std::string_view method, std::string_view raw_path) {
  const auto key = raw_path.size() > 1 ? raw_path.find('/', 1) : std::string_view::npos;
  const bool is_object = key != std::string_view::npos && key + 1 < raw_path.size();
  return Error{kAccessForbidden,
               "CORSResponse: " + why,
               {{"Method", std::string(method)}, {"ResourceType", is_object ? "OBJECT" : "BUCKET"}}};
}

// x-amz-copy-source, which a presigned URL may hold in its query.
std::optional<std::string> copy_source_of(const http::RequestHead& head) {
  if (const auto header = head.headers.get("x-amz-copy-source")) return std::string(*header);
  std::string_view query = head.raw_query();
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (iequals(percent_decode(pair.substr(0, equals)).value_or(""), "x-amz-copy-source"))
      return percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
  }
  return std::nullopt;
}

}  // namespace

Result<http::Headers> S3::page_rules(const http::RequestHead& head, std::string_view raw_path,
                                     std::string_view origin) const {
  const bool is_preflight = head.method == "OPTIONS";
  const auto announced = head.headers.get("access-control-request-method");
  const std::string_view method = is_preflight && announced ? *announced : std::string_view(head.method);
  if (origin.empty()) return Error{kBadRequest, "Insufficient information. Origin request header needed."};

  const BucketPtr found = store_.bucket(bucket_of(raw_path));
  if (!found) return refused("Bucket not found", method, raw_path);
  if (!found->cors) return refused("CORS is not enabled for this bucket.", method, raw_path);
  if (is_preflight && !announced) return Error{kBadRequest, "Invalid Access-Control-Request-Method: null"};

  const CorsQuestion question{origin, method,
                              requested_headers(head.headers.get_or("access-control-request-headers", ""))};
  const CorsRule* rule = matching_rule(*found->cors, question);
  const auto copied = is_preflight ? std::nullopt : copy_source_of(head);
  // Whoever may write here may not therefore read from another bucket.
  if (rule != nullptr && copied) {
    const auto source = parse_copy_source(*copied);
    const BucketPtr from = source.ok() ? store_.bucket(source->bucket) : nullptr;
    const CorsQuestion reading{origin, "GET", {}};
    if (!from || !from->cors || matching_rule(*from->cors, reading) == nullptr) rule = nullptr;
  }
  if (rule == nullptr)
    return refused(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
        "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS "
        "spec.",
        method, raw_path);
  return cors_headers(*rule, question);
}

}  // namespace cumulet::s3
