#pragma once
#include <cstdint>
#include <vector>

#include "vision/media/image.hpp"

namespace cumulet::vision {

// A picture as a grid of mean brightnesses, one for each 8x8 pixels: enough to see whether anything moved.
struct CoarsePicture {
  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> means;  // row by row
};

inline constexpr int kCell = 8;  // pixels a side

CoarsePicture coarse(const Image& image);

// Whether anything in `now` is so different from `before` that a face may have come, gone or moved: noise and the
// coding of a still picture are not, a face of 12 pixels in one frame is. True for pictures of different size.
bool has_moved(const CoarsePicture& before, const CoarsePicture& now);

// The same of one cell of two pictures of one size.
bool cell_moved(const CoarsePicture& before, const CoarsePicture& now, std::size_t cell);

// Whether another scene begins with `now`: most of the picture differs from the frame just before, which no movement
// within a scene does from one frame to the next.
bool is_cut(const CoarsePicture& before, const CoarsePicture& now);

}  // namespace cumulet::vision
