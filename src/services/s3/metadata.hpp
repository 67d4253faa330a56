#pragma once
#include <string>
#include <string_view>

// User metadata that is not plain ASCII: S3 reads header bytes as ISO-8859-1, decodes RFC 2047 words, and gives values
// back as such words.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
namespace cumulet::s3 {

// The text (UTF-8) that a header's bytes stand for.
std::string metadata_text(std::string_view header);
// The header for a text: itself when it is printable ASCII that reads as itself, else one RFC 2047 word of UTF-8.
std::string metadata_header(std::string_view text);

std::string latin1_to_utf8(std::string_view bytes);

}  // namespace cumulet::s3
