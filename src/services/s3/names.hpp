#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Names of buckets and keys: what is valid, and how keys are written where they would not fit.
namespace cumulet::s3 {

// General purpose bucket naming rules: 3-63 of a-z 0-9 . -, no IP address, no reserved prefix or suffix.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
bool is_valid_bucket_name(std::string_view name);

std::string bucket_arn(std::string_view name);  // "arn:aws:s3:::NAME"

// 1 to 1,024 bytes of UTF-8. Errors: KeyTooLongError, InvalidURI-like refusals.
Result<void> check_key(std::string_view key);

// As S3 encodes keys in listings with encoding-type=url and in event records: blank becomes '+', '/' stays.
std::string url_encode_key(std::string_view key);

// "bucket/key", "/bucket/key" or "https://HOST/bucket/key", percent-encoded ('+' is a blank), "?versionId=" behind
// (x-amz-copy-source).
struct CopySource {
  std::string bucket, key;
  std::optional<std::string> version_id;
};
Result<CopySource> parse_copy_source(std::string_view header);

// The least string greater than every string that starts with `prefix` (bytewise); empty for the empty prefix.
std::string after_prefix(std::string_view prefix);

}  // namespace cumulet::s3
