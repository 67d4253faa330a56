#include <algorithm>
#include <cstring>

#include "chat/mp4_header.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet::chat;

// Nothing is read outside the file, and what comes out is sane.
CUMULET_FUZZ(bytes) {
  std::size_t reads = 0;
  const ReadAt read = [&](std::uint64_t offset, char* out, std::size_t n) -> std::size_t {
    CUMULET_HOLDS(offset <= bytes.size() && n <= 96 && ++reads <= 20'000);
    const std::size_t got = std::min<std::size_t>(n, bytes.size() - offset);
    std::memcpy(out, bytes.data() + offset, got);
    return got;
  };
  const auto header = read_mp4_header(read, bytes.size());
  if (!header) return;
  CUMULET_HOLDS(header->width >= 0 && header->width <= 65'535);
  CUMULET_HOLDS(header->height >= 0 && header->height <= 65'535);
  CUMULET_HOLDS(header->duration >= 0 && header->duration <= 1'000'000);
}
