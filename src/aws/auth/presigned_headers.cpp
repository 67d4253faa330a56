#include "aws/auth/canonical.hpp"
#include "aws/auth/query.hpp"
#include "aws/auth/sigv4.hpp"

namespace cumulet::auth {
namespace {

bool stands_for_a_header(std::string_view name) {
  if (!name.starts_with("x-amz-")) return false;
  for (const std::string_view other :
       {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
        "x-amz-security-token", "x-amz-content-sha256", "x-amz-user-agent"})
    if (name == other) return false;
  // Says how the SDK would have computed a checksum that a presigned URL cannot hold.
  return !name.starts_with("x-amz-sdk-");
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
