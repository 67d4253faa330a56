#include <algorithm>
#include <cmath>

#include "vision/errors.hpp"
#include "vision/media_reader.hpp"

namespace cumulet::vision {
namespace {

// `coded` turned into the displayed picture.
void turn(const Image& coded, const Orientation& orientation, Image& out) {
  const bool swap = orientation.swaps_sides();
  out.width = swap ? coded.height : coded.width;
  out.height = swap ? coded.width : coded.height;
  out.bgr.resize(coded.bgr.size());
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int source_x = x, source_y = y;
      switch (orientation.quarter_turns) {
        case 1: source_x = y, source_y = out.width - 1 - x; break;
        case 2: source_x = out.width - 1 - x, source_y = out.height - 1 - y; break;
        case 3: source_x = out.height - 1 - y, source_y = x; break;
        default: break;
      }
      if (orientation.mirrored) source_x = coded.width - 1 - source_x;
      std::copy_n(&coded.bgr[3 * (static_cast<std::size_t>(source_y) * coded.width + source_x)], 3,
                  &out.bgr[3 * (static_cast<std::size_t>(y) * out.width + x)]);
    }
  }
}

}  // namespace

Result<void> FrameScaler::scale(const AVFrame& frame, Image& out) {
  double shown_width = info_.width, shown_height = info_.width / info_.aspect;
  if (info_.aspect < 1) shown_height = info_.height, shown_width = info_.height * info_.aspect;
  const double factor = std::min(2.0, longest_side_ / std::max(shown_width, shown_height));
  int width = std::max(1, static_cast<int>(std::lround(shown_width * factor)));
  int height = std::max(1, static_cast<int>(std::lround(shown_height * factor)));
  if (info_.orientation.swaps_sides()) std::swap(width, height);

  if (!scaler_ || frame.width != width_ || frame.height != height_ || frame.format != format_) {
    width_ = frame.width;
    height_ = frame.height;
    format_ = frame.format;
    scaler_.reset(sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), width, height,
                                 AV_PIX_FMT_BGR24, SWS_BILINEAR, nullptr, nullptr, nullptr));
    if (!scaler_) return Error{kUnsupportedMedia, "The video's pixel format is not supported."};
  }
  const bool upright = info_.orientation.quarter_turns == 0 && !info_.orientation.mirrored;
  Image& target = upright ? out : upright_source_;
  target.width = width;
  target.height = height;
  target.bgr.resize(static_cast<std::size_t>(width) * height * 3);
  std::uint8_t* planes[] = {target.bgr.data()};
  const int strides[] = {3 * width};
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes, strides) != height) {
    return Error{kUnsupportedMedia, "The video's pictures cannot be scaled."};
  }
  if (!upright) turn(upright_source_, info_.orientation, out);
  return {};
}

}  // namespace cumulet::vision
