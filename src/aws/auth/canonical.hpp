#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/auth/digest.hpp"
#include "aws/auth/sigv4.hpp"

// The steps of Signature Version 4, each by itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
namespace cumulet::auth {

// S3: each byte encoded once, dot segments and double slashes kept. Others: dot segments and double slashes removed,
// then everything, also what is already encoded, is encoded once more.
std::string canonical_path(std::string_view raw_path, PathStyle style);
// Parameters decoded, encoded again, sorted by name and value. `skip`: a parameter name left out (X-Amz-Signature).
std::string canonical_query(std::string_view raw_query, std::string_view skip = {});
// Trimmed, runs of blanks as one, also inside quotes and over folded lines.
void append_canonical_value(std::string& out, std::string_view value);

// `signed_headers`: lower case, sorted. A header that is named but absent counts as empty.
std::string canonical_request(const http::RequestHead& head, std::string_view path, std::string_view query,
                              std::span<const std::string> signed_headers, std::string_view payload);
std::string string_to_sign(std::string_view timestamp, std::string_view scope, std::string_view canonical_request);

// Derived from the secret for one day, region and service; the last ones are kept per thread.
Digest256 signing_key(std::string_view secret, const Scope& scope);
std::string signature_of(const Digest256& key, std::string_view text);  // lower-case hex

std::string joined(std::span<const std::string> names, char separator);

}  // namespace cumulet::auth
