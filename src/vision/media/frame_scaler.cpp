#include "vision/media/frame_scaler.hpp"

#include <algorithm>
#include <cmath>

#include "vision/media/errors.hpp"

namespace cumulet::vision {
namespace {

// The packed picture as displayed of a coded BGR one.
void turn(const AVFrame& coded, const Orientation& orientation, Image& out) {
  const bool swap = orientation.swaps_sides();
  out.width = swap ? coded.height : coded.width;
  out.height = swap ? coded.width : coded.height;
  out.bgr.resize(static_cast<std::size_t>(out.width) * out.height * 3);
  const auto row = [&](int y) { return coded.data[0] + static_cast<std::ptrdiff_t>(y) * coded.linesize[0]; };
  if (orientation.quarter_turns == 0 && !orientation.mirrored) {
    for (int y = 0; y < out.height; ++y) {
      std::copy_n(row(y), 3 * out.width, &out.bgr[3 * static_cast<std::size_t>(y) * out.width]);
    }
    return;
  }
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
      std::copy_n(row(source_y) + 3 * source_x, 3, &out.bgr[3 * (static_cast<std::size_t>(y) * out.width + x)]);
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
    scaled_ = av::new_frame();
    scaled_->width = width;
    scaled_->height = height;
    scaled_->format = AV_PIX_FMT_BGR24;
    if (av_frame_get_buffer(scaled_.get(), 64) < 0) {
      return Error{kReadFailed, "There is not enough memory for a frame."};
    }
  }
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, scaled_->data, scaled_->linesize) !=
      height) {
    return Error{kUnsupportedMedia, "The video's pictures cannot be scaled."};
  }
  turn(*scaled_, info_.orientation, out);
  return {};
}

}  // namespace cumulet::vision
