#pragma once
#include "aws/auth/sigv4.hpp"

// Signature Version 2 in the query of S3 requests: what boto3 still presigns with unless it is told otherwise.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
namespace cumulet::auth {

// Whether the query carries such a signature, whole or in part.
bool has_sigv2_query(std::string_view raw_query);
// Errors: kAccessDenied for missing or malformed parameters.
Result<Authorization> parse_sigv2_query(const http::RequestHead& head);
// `resource_path`: "/bucket/key" as sent, with the bucket of a virtual-host request in front: Host itself is not
// signed, so that only who serves the request can say whose key it is. Errors: kAccessDenied "Request has expired",
// kSignatureDoesNotMatch.
Result<void> verify_sigv2(const Authorization& authorization, const Credentials& credentials,
                          const http::RequestHead& head, std::string_view resource_path, TimePoint now);

// What is signed.
std::string sigv2_string_to_sign(const http::RequestHead& head, std::string_view resource_path);

}  // namespace cumulet::auth
