#include "vision/media/frame_picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace cumulet::vision {
namespace {

constexpr double kRadians = std::numbers::pi / 180;
// Where a sample's pixel covers fewer pixels of the small picture than this, the frame itself has more to show.
constexpr double kCoarse = 0.6;
// Where it covers more, pixels would be left out between: a smaller picture is taken.
constexpr double kFine = 1.5;
constexpr int kMostLevels = 6;
constexpr int kFraction = 12;  // bits after the point in source positions: 256 steps stay within a tenth of a pixel

// Each pixel the mean of four.
Image half(const Image& from) {
  Image out;
  out.width = std::max(1, from.width / 2);
  out.height = std::max(1, from.height / 2);
  out.bgr.resize(static_cast<std::size_t>(3) * out.width * out.height);
  for (int y = 0; y < out.height; ++y) {
    const std::uint8_t* upper = &from.bgr[static_cast<std::size_t>(3) * std::min(2 * y, from.height - 1) * from.width];
    const std::uint8_t* lower =
        &from.bgr[static_cast<std::size_t>(3) * std::min(2 * y + 1, from.height - 1) * from.width];
    std::uint8_t* to = &out.bgr[static_cast<std::size_t>(3) * y * out.width];
    for (int x = 0; x < out.width; ++x) {
      const int left = 3 * std::min(2 * x, from.width - 1), right = 3 * std::min(2 * x + 1, from.width - 1);
      for (int c = 0; c < 3; ++c) {
        to[3 * x + c] = static_cast<std::uint8_t>(
            (upper[left + c] + upper[right + c] + lower[left + c] + lower[right + c] + 2) / 4);
      }
    }
  }
  return out;
}

// A position in a plane, cut to its pixels, and the weights (0..256) of the right and lower neighbours.
struct Place {
  int x, y, right, below, weight_x, weight_y;
};
int weight(int position) { return (position >> (kFraction - 8)) & 255; }
// Whether a pixel, its right neighbour and one more are there.
bool is_within(int position, int size) { return position >= 0 && (position >> kFraction) + 2 < size; }

Place place(int x, int y, int width, int height) {
  const int column = x >> kFraction, row = y >> kFraction;
  Place p{};
  p.x = std::clamp(column, 0, width - 1);
  p.y = std::clamp(row, 0, height - 1);
  p.right = std::clamp(column + 1, 0, width - 1);
  p.below = std::clamp(row + 1, 0, height - 1);
  p.weight_x = weight(x);
  p.weight_y = weight(y);
  return p;
}

int blend(int upper_left, int upper_right, int lower_left, int lower_right, const Place& p) {
  const int upper = upper_left * (256 - p.weight_x) + upper_right * p.weight_x;
  const int lower = lower_left * (256 - p.weight_x) + lower_right * p.weight_x;
  return (upper * (256 - p.weight_y) + lower * p.weight_y + 32768) >> 16;
}

int blend(const std::uint8_t* plane, std::ptrdiff_t stride, const Place& p) {
  const std::uint8_t *upper = plane + p.y * stride, *lower = plane + p.below * stride;
  return blend(upper[p.x], upper[p.right], lower[p.x], lower[p.right], p);
}

// The three channels of a pixel and a byte after it, side by side in a register.
using Channels = std::uint16_t __attribute__((vector_size(8)));
using Bytes = std::uint8_t __attribute__((vector_size(4)));

Channels channels(const std::uint8_t* pixel) {
  Bytes bytes;
  std::memcpy(&bytes, pixel, sizeof bytes);
  return __builtin_convertvector(bytes, Channels);
}
// 255 * 256 still fits.
Channels mixed(Channels a, Channels b, std::uint16_t weight) {
  return (a * static_cast<std::uint16_t>(256 - weight) + b * weight) >> 8;
}
void store(Channels values, std::uint8_t* to) {  // four bytes: the next pixel's first is written over after
  const Bytes bytes = __builtin_convertvector(values, Bytes);
  std::memcpy(to, &bytes, sizeof bytes);
}

std::uint8_t byte(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

int fixed(double value) { return static_cast<int>(std::lround(std::clamp(value, -1e5, 1e5) * (1 << kFraction))); }

}  // namespace

FramePicture::FramePicture(av::Frame frame, Image small, const VideoInfo& info)
    : frame_(std::move(frame)), orientation_(info.orientation), aspect_(info.aspect) {
  levels_.push_back(std::move(small));
}

const Image& FramePicture::level(int index) {
  while (static_cast<int>(levels_.size()) <= index) levels_.push_back(half(levels_.back()));
  return levels_[index];
}

FramePicture::Walk FramePicture::walk(const Oval& around, double step, int side, double source_width,
                                      double source_height, bool coded) const {
  const double c = std::cos(around.roll * kRadians), s = std::sin(around.roll * kRadians);
  const auto source = [&](double column, double row) {
    const double right = (column + 0.5 - side / 2.0) * step, down = (row + 0.5 - side / 2.0) * step;
    Point p{(around.centre.x + right * c - down * s) / aspect_, around.centre.y + right * s + down * c};
    if (coded) p = orientation_.to_coded(p);
    return Point{p.x * source_width - 0.5, p.y * source_height - 0.5};
  };
  const Point first = source(0, 0), right = source(1, 0), down = source(0, 1);
  return {first.x, first.y, right.x - first.x, right.y - first.y, down.x - first.x, down.y - first.y};
}

void FramePicture::sample(const Oval& around, double width, int side, Image& out) {
  out.width = out.height = side;
  out.bgr.resize(static_cast<std::size_t>(3) * side * side);
  const double step = around.width / width;     // of one pixel of the sample, in picture heights
  const double pixels = step * small().height;  // of the small picture that it covers
  const bool more = frame_ && std::max(frame_->width, frame_->height) > std::max(small().width, small().height);
  if (pixels < kCoarse && more) {
    sample_frame(walk(around, step, side, frame_->width, frame_->height, true), side, out);
    return;
  }
  int index = 0;
  for (double covered = pixels; covered > kFine && index + 1 < kMostLevels; covered /= 2) ++index;
  const Image& from = level(index);
  sample_image(from, walk(around, step, side, from.width, from.height, false), side, out);
}

Point FramePicture::displayed(Point in_sample, const Oval& around, double width, int side, double aspect) {
  const double c = std::cos(around.roll * kRadians), s = std::sin(around.roll * kRadians);
  const double step = around.width / width * side;
  const double right = (in_sample.x - 0.5) * step, down = (in_sample.y - 0.5) * step;
  return {(around.centre.x + right * c - down * s) / aspect, around.centre.y + right * s + down * c};
}

void FramePicture::sample_image(const Image& from, const Walk& walk, int side, Image& out) {
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(3) * from.width;
  const int right_x = fixed(walk.right_x), right_y = fixed(walk.right_y);
  for (int row = 0; row < side; ++row) {
    int x = fixed(walk.x + row * walk.down_x), y = fixed(walk.y + row * walk.down_y);
    std::uint8_t* to = &out.bgr[static_cast<std::size_t>(3) * row * side];
    const bool within = is_within(x, from.width) && is_within(y, from.height) &&
                        is_within(x + (side - 1) * right_x, from.width) &&
                        is_within(y + (side - 1) * right_y, from.height);
    for (int column = 0; column < side; ++column, x += right_x, y += right_y, to += 3) {
      // The loads take a byte more than the pixel: the last pixel of the last row has none after it.
      if (within && column + 1 < side) {
        const std::uint8_t* pixel = from.bgr.data() + (y >> kFraction) * stride + 3 * (x >> kFraction);
        const auto across = static_cast<std::uint16_t>(weight(x)), down = static_cast<std::uint16_t>(weight(y));
        const Channels upper = mixed(channels(pixel), channels(pixel + 3), across);
        const Channels lower = mixed(channels(pixel + stride), channels(pixel + stride + 3), across);
        store(mixed(upper, lower, down), to);
        continue;
      }
      const Place p = place(x, y, from.width, from.height);
      const std::uint8_t *upper = from.bgr.data() + p.y * stride, *lower = from.bgr.data() + p.below * stride;
      for (int c = 0; c < 3; ++c) {
        to[c] = static_cast<std::uint8_t>(
            blend(upper[3 * p.x + c], upper[3 * p.right + c], lower[3 * p.x + c], lower[3 * p.right + c], p));
      }
    }
  }
}

void FramePicture::sample_frame(const Walk& walk, int side, Image& out) const {
  const AVFrame& f = *frame_;
  const int chroma_width = (f.width + 1) / 2, chroma_height = (f.height + 1) / 2;
  // ITU-R BT.601, as the scaler takes it; 16 bits after the point.
  const bool full = f.color_range == AVCOL_RANGE_JPEG;
  const int black = full ? 0 : 16, light = full ? 65536 : 76309;
  const int red_v = full ? 91881 : 104597, green_u = full ? 22554 : 25675, green_v = full ? 46802 : 53279,
            blue_u = full ? 116130 : 132201;
  for (int row = 0; row < side; ++row) {
    int x = fixed(walk.x + row * walk.down_x), y = fixed(walk.y + row * walk.down_y);
    const int right_x = fixed(walk.right_x), right_y = fixed(walk.right_y);
    std::uint8_t* to = &out.bgr[static_cast<std::size_t>(3) * row * side];
    for (int column = 0; column < side; ++column, x += right_x, y += right_y, to += 3) {
      const int luma = light * (blend(f.data[0], f.linesize[0], place(x, y, f.width, f.height)) - black) + 32768;
      const Place p = place(x / 2, y / 2, chroma_width, chroma_height);
      const int u = f.data[1][p.y * static_cast<std::ptrdiff_t>(f.linesize[1]) + p.x] - 128;
      const int v = f.data[2][p.y * static_cast<std::ptrdiff_t>(f.linesize[2]) + p.x] - 128;
      to[0] = byte((luma + blue_u * u) >> 16);
      to[1] = byte((luma - green_u * u - green_v * v) >> 16);
      to[2] = byte((luma + red_v * v) >> 16);
    }
  }
}

}  // namespace cumulet::vision
