#include "services/s3/body_check.hpp"

#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

namespace cumulet::s3 {

Result<void> check_body(const http::RequestHead& head, std::string_view operation, std::string_view body) {
  const auto text = [&head](std::string_view name) -> std::optional<std::string> {
    const auto value = head.headers.get(name);
    return value ? std::optional<std::string>(*value) : std::nullopt;
  };
  const auto announced_md5 = text("content-md5");
  CUMULET_TRY(const auto expected, expected_md5(announced_md5));
  if (expected) CUMULET_CHECK(verify_md5(expected, md5(body)));

  // These speak of the object that is being completed.
  if (operation == "CompleteMultipartUpload") return {};
  ChecksumFields fields;
  for (const Algorithm a : kAlgorithms)
    if (auto value = text(header_of(a))) set_checksum(fields, a, std::move(*value));
  const auto trailer = text("x-amz-trailer");
  CUMULET_TRY(const ChecksumPlan plan, checksum_plan(fields, std::nullopt, trailer));
  if (operation == "DeleteObjects" && !announced_md5 && !plan.named)
    return Error{kInvalidRequest, "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"};
  if (!plan.named || plan.in_trailer) return {};
  return verify_checksum(plan, nullptr, digest(plan.algorithm, body));
}

}  // namespace cumulet::s3
