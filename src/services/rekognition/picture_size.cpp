#include "services/rekognition/picture_size.hpp"

namespace cumulet::rekognition {
namespace {

std::uint32_t big_endian(std::string_view bytes, std::size_t at, int length) {
  std::uint32_t value = 0;
  for (int i = 0; i < length; ++i)
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

std::optional<PictureSize> jpeg_size(std::string_view bytes) {
  for (std::size_t at = 2; at + 9 <= bytes.size();) {
    if (bytes[at] != '\xFF') return std::nullopt;
    const auto marker = static_cast<std::uint8_t>(bytes[at + 1]);
    if (marker == 0xFF) {  // padding
      ++at;
      continue;
    }
    const bool starts_a_frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (starts_a_frame) return PictureSize{big_endian(bytes, at + 7, 2), big_endian(bytes, at + 5, 2)};
    at += 2 + big_endian(bytes, at + 2, 2);
  }
  return std::nullopt;
}

}  // namespace

std::optional<PictureSize> picture_size(std::string_view bytes) {
  using namespace std::string_view_literals;
  std::optional<PictureSize> size;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv) && bytes.size() >= 24)
    size = PictureSize{big_endian(bytes, 16, 4), big_endian(bytes, 20, 4)};
  else if (bytes.starts_with("\xFF\xD8\xFF"sv))
    size = jpeg_size(bytes);
  return size && size->width > 0 && size->height > 0 ? size : std::nullopt;
}

}  // namespace cumulet::rekognition
