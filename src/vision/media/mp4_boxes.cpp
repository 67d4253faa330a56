#include "vision/media/mp4_boxes.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "vision/media/errors.hpp"

namespace cumulet::vision {
namespace {

constexpr int kMostBoxes = 1'000'000;

std::uint64_t big_endian(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

bool is_type(std::string_view type) {
  return std::all_of(type.begin(), type.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\xA9'; });
}

Error cut_short(std::uint64_t size, std::uint64_t needed) {
  return Error{kDamagedMedia, "The video is cut short: the file has " + std::to_string(size) + " of at least " +
                                  std::to_string(needed) + " bytes."};
}

// The end of the file's part that a segment index speaks of; 0 when the box says nothing.
std::uint64_t end_of_segments(std::string_view body, std::uint64_t box_end) {
  if (body.size() < 24) return 0;
  const bool wide = body[0] != 0;
  const std::size_t fields = wide ? 28 : 20;  // up to the reserved word
  if (body.size() < fields + 4) return 0;
  std::uint64_t end = box_end + (wide ? big_endian(body, 20, 8) : big_endian(body, 16, 4));
  const std::uint64_t count = big_endian(body, fields + 2, 2);
  for (std::uint64_t i = 0; i < count && fields + 4 + 12 * (i + 1) <= body.size(); ++i) {
    end += big_endian(body, fields + 4 + 12 * i, 4) & 0x7FFFFFFF;
  }
  return end;
}

}  // namespace

Result<void> check_mp4_boxes(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};  // who opens it says why
  const auto size = static_cast<std::uint64_t>(file.tellg());
  std::uint64_t at = 0;
  for (int boxes = 0; at + 8 <= size && boxes < kMostBoxes; ++boxes) {
    char head[16];
    file.seekg(static_cast<std::streamoff>(at));
    if (!file.read(head, 8)) break;
    const std::string_view type(head + 4, 4);
    std::uint64_t length = big_endian({head, 4}, 0, 4);
    std::uint64_t header = 8;
    if (!is_type(type) || length == 0) break;  // 0: to the end of the file
    if (length == 1) {
      if (!file.read(head + 8, 8)) return cut_short(size, at + 16);
      length = big_endian({head, 16}, 8, 8);
      header = 16;
    }
    if (length < header) break;
    if (length > size - at) return cut_short(size, at + length);
    if (type == "sidx" && length < 1U << 20) {
      std::string body(length - header, '\0');
      if (!file.read(body.data(), static_cast<std::streamsize>(body.size()))) break;
      if (const auto end = end_of_segments(body, at + length); end > size) return cut_short(size, end);
    }
    at += length;
  }
  return {};
}

}  // namespace cumulet::vision
