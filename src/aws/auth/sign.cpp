#include <algorithm>
#include <array>

#include "aws/auth/canonical.hpp"
#include "aws/auth/sigv4.hpp"
#include "base/encoding.hpp"

namespace cumulet::auth {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
// Proxies and HTTP clients set or change these on the way.
constexpr std::array<std::string_view, 9> kNeverSigned = {"authorization",   "connection",      "content-length",
                                                          "expect",          "user-agent",      "te",
                                                          "accept-encoding", "x-amzn-trace-id", "transfer-encoding"};

std::vector<std::string> names_to_sign(const http::Headers& headers) {
  std::vector<std::string> names;
  for (const auto& [key, value] : headers) {
    std::string name = lower(key);
    if (std::find(kNeverSigned.begin(), kNeverSigned.end(), name) == kNeverSigned.end())
      names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

void sign(http::RequestHead& head, const Credentials& credentials, const Scope& scope, std::string_view payload_hash,
          TimePoint now, PathStyle style) {
  const std::string timestamp = iso8601_basic(now);
  head.headers.erase("authorization");
  head.headers.set("X-Amz-Date", timestamp);
  if (!credentials.session_token.empty()) head.headers.set("X-Amz-Security-Token", credentials.session_token);
  if (style == PathStyle::s3) head.headers.set("X-Amz-Content-Sha256", std::string(payload_hash));
  const auto names = names_to_sign(head.headers);
  const std::string request = canonical_request(head, canonical_path(head.raw_path(), style),
                                                canonical_query(head.raw_query()), names, payload_hash);
  const std::string text = string_to_sign(timestamp, scope.text(), request);
  std::string authorization(kAlgorithm);
  authorization += " Credential=" + credentials.access_key_id + '/' + scope.text();
  authorization += ", SignedHeaders=" + joined(names, ';');
  authorization += ", Signature=" + signature_of(signing_key(credentials.secret_access_key, scope), text);
  head.headers.set("Authorization", std::move(authorization));
}

std::string presign(const http::RequestHead& head, const Credentials& credentials, const Scope& scope, Seconds expires,
                    TimePoint now, PathStyle style) {
  const std::string timestamp = iso8601_basic(now);
  const auto names = names_to_sign(head.headers);
  std::string query(head.raw_query());
  const auto add = [&query](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query += name;
    query += '=';
    query += percent_encode(value);
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", credentials.access_key_id + '/' + scope.text());
  add("X-Amz-Date", timestamp);
  add("X-Amz-Expires", std::to_string(expires.count()));
  add("X-Amz-SignedHeaders", joined(names, ';'));
  if (!credentials.session_token.empty()) add("X-Amz-Security-Token", credentials.session_token);
  const std::string_view payload = style == PathStyle::s3 ? "UNSIGNED-PAYLOAD" : kEmptySha256;
  const std::string request =
      canonical_request(head, canonical_path(head.raw_path(), style), canonical_query(query), names, payload);
  const std::string text = string_to_sign(timestamp, scope.text(), request);
  add("X-Amz-Signature", signature_of(signing_key(credentials.secret_access_key, scope), text));
  return std::string(head.raw_path()) + '?' + query;
}

}  // namespace cumulet::auth
