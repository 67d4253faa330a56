#include "vision/media/frame_picture.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace cumulet::vision {
namespace {

constexpr double kRadians = std::numbers::pi / 180;
// Where a sample's pixel covers fewer pixels of the small picture than this, the frame itself has more to show.
constexpr double kCoarse = 0.6;
// Where it covers more, pixels would be left out between: a smaller picture is taken.
constexpr double kFine = 1.5;
constexpr int kMostLevels = 6;

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

// Far enough beyond any border, and a whole line of such steps still fits.
std::int32_t fixed(double value, double most) {
  return static_cast<std::int32_t>(std::lround(std::clamp(value, -most, most) * (1 << kSampleFraction)));
}

}  // namespace

FramePicture::FramePicture(av::Frame frame, Image small, const VideoInfo& info)
    : frame_(std::move(frame)), orientation_(info.orientation), aspect_(info.aspect) {
  levels_.push_back(std::move(small));
}

FramePicture::FramePicture(av::Frame frame, FrameScaler& scaler, const VideoInfo& info)
    : frame_(std::move(frame)), orientation_(info.orientation), aspect_(info.aspect), scaler_(&scaler) {}

const Image& FramePicture::level(int index) {
  if (levels_.empty()) {
    Image small;
    if (const auto made = scaler_->scale(*frame_, small); !made.ok()) throw std::runtime_error(made.error().message());
    levels_.push_back(std::move(small));
  }
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
  const double step = around.width / width;  // of one pixel of the sample, in picture heights
  if (frame_ && is_finer(step)) {
    sample_lines(planes(), walk(around, step, side, frame_->width, frame_->height, true), side, out);
    return;
  }
  int index = 0;
  for (double covered = step * level(0).height; covered > kFine && index + 1 < kMostLevels; covered /= 2) ++index;
  const Image& from = level(index);
  sample_lines(PictureView(from), walk(around, step, side, from.width, from.height, false), side, out);
}

// Whether samples so far apart are better taken from the frame.
bool FramePicture::is_finer(double step) const {
  const int height = orientation_.swaps_sides() ? frame_->width : frame_->height;
  if (levels_.empty()) return step * height <= kFine;
  const bool more = std::max(frame_->width, frame_->height) > std::max(small().width, small().height);
  return more && step * small().height < kCoarse;
}

Point FramePicture::displayed(Point in_sample, const Oval& around, double width, int side, double aspect) {
  const double c = std::cos(around.roll * kRadians), s = std::sin(around.roll * kRadians);
  const double step = around.width / width * side;
  const double right = (in_sample.x - 0.5) * step, down = (in_sample.y - 0.5) * step;
  return {(around.centre.x + right * c - down * s) / aspect, around.centre.y + right * s + down * c};
}

template <class Source>
void FramePicture::sample_lines(const Source& from, const Walk& walk, int side, Image& out) {
  constexpr double kFarthest = 2e5, kLongestStep = 1e3;  // pixels
  SampleLine line;
  line.step_x = fixed(walk.right_x, kLongestStep), line.step_y = fixed(walk.right_y, kLongestStep);
  for (int row = 0; row < side; ++row) {
    line.x = fixed(walk.x + row * walk.down_x, kFarthest), line.y = fixed(walk.y + row * walk.down_y, kFarthest);
    sample_line(from, line, side, &out.bgr[static_cast<std::size_t>(3) * row * side]);
  }
}

YuvPlanes FramePicture::planes() const {
  YuvPlanes planes;
  for (int i = 0; i < 3; ++i) planes.data[i] = frame_->data[i], planes.stride[i] = frame_->linesize[i];
  planes.width = frame_->width, planes.height = frame_->height;
  planes.full_range = frame_->color_range == AVCOL_RANGE_JPEG;
  return planes;
}

}  // namespace cumulet::vision
