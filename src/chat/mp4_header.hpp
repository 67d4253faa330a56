#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace cumulet::chat {

struct VideoHeader {
  std::int64_t width = 0, height = 0;  // as shown, pixels; 0: no picture
  std::int64_t duration = 0;           // seconds, rounded
};

// Reads up to n bytes at the offset; fewer at the end.
using ReadAt = std::function<std::size_t(std::uint64_t offset, char* out, std::size_t n)>;

// Of an MP4 or MOV file (ISO/IEC 14496-12): the size of its first video track and the movie's duration. Nullopt when
// the bytes are none. Reads box headers only, a bounded number of them, whatever the bytes say.
std::optional<VideoHeader> read_mp4_header(const ReadAt& read, std::uint64_t size);

}  // namespace cumulet::chat
