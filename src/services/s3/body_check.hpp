#pragma once
#include <string_view>

#include "base/http.hpp"

namespace cumulet::s3 {

// What the head of an operation with an XML body says of that body: Content-MD5 and x-amz-checksum-*. Errors:
// BadDigest, InvalidDigest; InvalidRequest for DeleteObjects without either.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
Result<void> check_body(const http::RequestHead& head, std::string_view operation, std::string_view body);

}  // namespace cumulet::s3
