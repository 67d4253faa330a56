#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "services/s3/checksum.hpp"

namespace cumulet::s3 {

struct Checksum {
  Algorithm algorithm = Algorithm::crc64nvme;
  ChecksumType type = ChecksumType::full_object;
  std::string value;  // base64, "-N" behind when composite
};

// What is stored with an object and given back on GET. Kept as JSON text in its content row.
struct Attributes {
  std::optional<std::string> cache_control, content_disposition, content_encoding, content_language, content_type,
      expires;
  std::optional<std::string> storage_class, website_redirect_location, tagging, server_side_encryption, sse_kms_key_id;
  std::map<std::string, std::string> metadata;
  std::optional<Checksum> checksum;

  std::string text() const;
  static Attributes parse(std::string_view text);
};

}  // namespace cumulet::s3
