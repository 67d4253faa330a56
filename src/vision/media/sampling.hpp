#pragma once
// Rows of pixels out of a picture, along any straight line: what turned and scaled squares are made of. On the widest
// vectors that the processor has (instruction_sets.hpp).
#include <cstddef>
#include <cstdint>

#include "vision/media/image.hpp"

namespace cumulet::vision {

// Positions have so many bits after the point: the 256 steps of a square's side stay within a tenth of a pixel.
inline constexpr int kSampleFraction = 12;

// A line through a picture, in its pixels (0, 0: the middle of the first one): the first position, and the step to the
// next. Within 2^31 all along.
struct SampleLine {
  std::int32_t x = 0, y = 0, step_x = 0, step_y = 0;
};

// `count` pixels of packed BGR along the line, each blended from the four nearest. Beyond the border its last pixels go
// on. `out` has room for 3 * count bytes; the picture has at least 4 bytes.
void sample_line(const PictureView& from, const SampleLine& line, int count, std::uint8_t* out);

// The planes of a yuv420p frame. A few bytes after the last of each can be read, as those that FFmpeg allocates.
struct YuvPlanes {
  const std::uint8_t* data[3] = {};
  std::ptrdiff_t stride[3] = {};
  int width = 0, height = 0;
  bool full_range = false;  // else 16 to 235
};

// The same from such a frame, its colours taken as ITU-R BT.601, not blended.
void sample_line(const YuvPlanes& from, const SampleLine& line, int count, std::uint8_t* out);

}  // namespace cumulet::vision
