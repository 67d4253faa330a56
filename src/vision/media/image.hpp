#pragma once
#include <cstdint>
#include <vector>

namespace cumulet::vision {

// A picture as displayed: packed BGR, 3 * width bytes a row, no padding.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;
};

}  // namespace cumulet::vision
