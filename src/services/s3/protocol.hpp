#pragma once
#include "aws/wire/operation.hpp"

namespace cumulet::s3 {

// Describes what S3's protocol has beside REST-XML: buckets in host names, sub-resources, presigned headers, ids and
// headers of its own, its ways to refuse. Without its operations and page rules.
// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
void describe_protocol(wire::ServiceDescriptor& service);

}  // namespace cumulet::s3
