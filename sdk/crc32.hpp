#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cumulet::sdk {

// CRC-32 (ISO-HDLC, the one of zip and of x-amz-checksum-crc32), incremental.
class Crc32 {
 public:
  void update(std::string_view bytes);
  std::uint32_t value() const { return ~state_; }
  // As S3 writes it: base64 of the big-endian bytes.
  std::string base64() const;

 private:
  std::uint32_t state_ = 0xffffffff;
};

}  // namespace cumulet::sdk
