#include "aws/auth/sigv2.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "aws/auth/canonical.hpp"
#include "aws/auth/query.hpp"

namespace cumulet::auth {
namespace {

// Parameters that are part of the resource's name. Each that makes another operation of a request must be here: what is
// not, anybody may add to a link.
constexpr std::array<std::string_view, 40> kSigned = {"accelerate",
                                                      "acl",
                                                      "analytics",
                                                      "attributes",
                                                      "cors",
                                                      "defaultObjectAcl",
                                                      "delete",
                                                      "encryption",
                                                      "inventory",
                                                      "lifecycle",
                                                      "location",
                                                      "logging",
                                                      "metrics",
                                                      "notification",
                                                      "object-lock",
                                                      "ownershipControls",
                                                      "partNumber",
                                                      "policy",
                                                      "policyStatus",
                                                      "publicAccessBlock",
                                                      "replication",
                                                      "requestPayment",
                                                      "response-cache-control",
                                                      "response-content-disposition",
                                                      "response-content-encoding",
                                                      "response-content-language",
                                                      "response-content-type",
                                                      "response-expires",
                                                      "restore",
                                                      "select",
                                                      "select-type",
                                                      "storageClass",
                                                      "tagging",
                                                      "torrent",
                                                      "uploadId",
                                                      "uploads",
                                                      "versionId",
                                                      "versioning",
                                                      "versions",
                                                      "website"};

std::optional<std::string> parameter(std::string_view query, std::string_view wanted) {
  std::optional<std::string> out;
  for_each_parameter(query, [&](std::string_view name, std::string_view value) {
    if (!out && name == wanted) out = decoded_value(value);
  });
  return out;
}

std::string hmac_sha1_base64(std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out, &size);
  return base64_encode({reinterpret_cast<const char*>(out), size});
}

// A header, or the parameter of that name that the signer moved it into.
std::string header_or_parameter(const http::RequestHead& head, std::string_view name) {
  if (const auto header = head.headers.get(name)) return std::string(*header);
  std::string out;
  for_each_parameter(head.raw_query(), [&](std::string_view key, std::string_view value) {
    if (iequals(key, name)) out = decoded_value(value);
  });
  return out;
}

std::string canonical_amz_headers(const http::RequestHead& head) {
  std::map<std::string, std::string> fields;
  const auto add = [&fields](std::string_view name, std::string_view value) {
    std::string key = lower(name);
    if (!key.starts_with("x-amz-")) return;
    auto& joined = fields[std::move(key)];
    if (!joined.empty()) joined += ',';
    joined += value;
  };
  for (const auto& [name, value] : head.headers) add(name, value);
  for_each_parameter(head.raw_query(), [&](std::string_view name, std::string_view value) {
    if (!head.headers.has(name)) add(name, decoded_value(value));
  });
  std::string out;
  for (const auto& [name, value] : fields) out += name + ':' + value + '\n';
  return out;
}

std::string canonical_resource(const http::RequestHead& head, std::string_view path) {
  std::vector<std::pair<std::string, std::string>> kept;
  for_each_parameter(head.raw_query(), [&](std::string_view name, std::string_view value) {
    if (std::find(kSigned.begin(), kSigned.end(), name) != kSigned.end()) kept.emplace_back(name, decoded_value(value));
  });
  std::stable_sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out(path);
  char separator = '?';
  for (const auto& [name, value] : kept) {
    out += separator + name;
    if (!value.empty()) out += '=' + value;
    separator = '&';
  }
  return out;
}

}  // namespace

bool has_sigv2_query(std::string_view raw_query) {
  bool id = false, signature = false;
  for_each_parameter(raw_query, [&](std::string_view name, std::string_view) {
    id |= name == "AWSAccessKeyId";
    signature |= name == "Signature";
  });
  return id && signature;
}

Result<Authorization> parse_sigv2_query(const http::RequestHead& head) {
  const auto query = head.raw_query();
  const auto id = parameter(query, "AWSAccessKeyId"), signature = parameter(query, "Signature");
  const auto expires = parameter(query, "Expires");
  if (!id || !signature || !expires || id->empty())
    return Error{kAccessDenied,
                 "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"};
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(expires->data(), expires->data() + expires->size(), seconds);
  if (error != std::errc{} || end != expires->data() + expires->size() || seconds < 0 || seconds > 253'402'300'799)
    return Error{kAccessDenied, "Invalid date (should be seconds since epoch): " + *expires};
  Authorization out;
  out.scheme = Scheme::v2;
  out.placement = Placement::query;
  out.access_key_id = *id;
  out.scope.service = "s3";
  out.signature = *signature;
  out.expires_at = from_millis(seconds * 1000);
  out.session_token = header_or_parameter(head, "x-amz-security-token");
  return out;
}

std::string sigv2_string_to_sign(const http::RequestHead& head, std::string_view resource_path) {
  return head.method + '\n' + header_or_parameter(head, "content-md5") + '\n' +
         header_or_parameter(head, "content-type") + '\n' + parameter(head.raw_query(), "Expires").value_or("") + '\n' +
         canonical_amz_headers(head) + canonical_resource(head, resource_path);
}

Result<void> verify_sigv2(const Authorization& authorization, const Credentials& credentials,
                          const http::RequestHead& head, std::string_view resource_path, TimePoint now) {
  const std::string text = sigv2_string_to_sign(head, resource_path);
  if (!constant_time_equal(hmac_sha1_base64(credentials.secret_access_key, text), authorization.signature))
    return Error{kSignatureDoesNotMatch,
                 "The request signature we calculated does not match the signature you provided. Check your key and "
                 "signing method.",
                 {{"AWSAccessKeyId", authorization.access_key_id},
                  {"StringToSign", text},
                  {"SignatureProvided", authorization.signature}}};
  if (now > authorization.expires_at)
    return Error{kAccessDenied,
                 "Request has expired",
                 {{"Expires", iso8601(authorization.expires_at)}, {"ServerTime", iso8601(now)}}};
  return {};
}

}  // namespace cumulet::auth
