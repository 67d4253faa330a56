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

CoarsePicture coarse(const Image& image);

// Whether anything in `now` is so different from `before` that a face may have come, gone or moved: noise and the
// coding of a still picture are not, a face of 12 pixels in one frame is. True for pictures of different size.
bool has_moved(const CoarsePicture& before, const CoarsePicture& now);

// Whether the picture changes so quickly from `before` to `now`, the frame after it, that a face may leave the place
// where it is expected: a pan, a flash, something that rushes by.
bool has_jumped(const CoarsePicture& before, const CoarsePicture& now);

// Whether another scene begins with `now`: most of the picture differs from the frame just before, which no movement
// within a scene does from one frame to the next.
bool is_cut(const CoarsePicture& before, const CoarsePicture& now);

}  // namespace cumulet::vision
