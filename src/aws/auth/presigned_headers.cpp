#include "aws/auth/canonical.hpp"
#include "aws/auth/query.hpp"
#include "aws/auth/sigv4.hpp"

namespace cumulet::auth {
namespace {

// x-amz-* but what belongs to the signature; If-Match and If-None-Match too, but no checksum of the body.
bool stands_for_a_header(std::string_view name) {
  if (name == "if-match" || name == "if-none-match") return true;
  if (!name.starts_with("x-amz-")) return false;
  for (const std::string_view other :
       {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
        "x-amz-security-token", "x-amz-content-sha256", "x-amz-user-agent"})
    if (name == other) return false;
  // Who presigns has no body yet: SDKs put an empty one's checksum into the URL, and S3 passes over it.
  if (name.starts_with("x-amz-sdk-")) return false;
  if (!name.starts_with("x-amz-checksum-")) return true;
  return name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-mode" || name == "x-amz-checksum-type";
}

}  // namespace

std::optional<http::RequestHead> with_presigned_headers(const http::RequestHead& head) {
  std::optional<http::RequestHead> out;
  for_each_parameter(head.raw_query(), [&](std::string_view raw_name, std::string_view value) {
    std::string name = lower(decoded_value(raw_name));
    if (!stands_for_a_header(name) || head.headers.has(name)) return;
    if (!out) out = head;
    out->headers.add(std::move(name), decoded_value(value));
  });
  return out;
}

}  // namespace cumulet::auth
