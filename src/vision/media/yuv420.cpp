#include "vision/media/yuv420.hpp"

#include "vision/media/errors.hpp"

namespace cumulet::vision {

bool ToYuv420::fits(const AVFrame& frame) const {
  return frame.width == width_ && frame.height == height_ &&
         (frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P);
}

Result<av::Frame> ToYuv420::take(AVFrame& frame) {
  AVFrame* source = &frame;
  if (!fits(frame)) {
    auto converted = convert(frame);
    if (!converted.ok()) return std::move(converted).error();
    source = *converted;
  }
  av::Frame own = av::new_frame();
  if (!own || av_frame_ref(own.get(), source) < 0) {
    return Error{kWriteFailed, "There is not enough memory for a frame."};
  }
  own->format = AV_PIX_FMT_YUV420P;
  return own;
}

Result<AVFrame*> ToYuv420::convert(AVFrame& frame) {
  CUMULET_CHECK(prepare(frame));
  scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height,
                                     static_cast<AVPixelFormat>(frame.format), width_, height_, AV_PIX_FMT_YUV420P,
                                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr));
  if (!scaler_) return Error{kUnsupportedMedia, "The video's pixel format is not supported."};
  keep_range(frame);
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, own_->data, own_->linesize) != height_) {
    return Error{kUnsupportedMedia, "The video's pictures cannot be converted."};
  }
  return own_.get();
}

Result<void> ToYuv420::prepare(const AVFrame& frame) {
  // The encoder may still hold the last one: a buffer that is shared is left to it.
  if (!own_ || av_frame_is_writable(own_.get()) == 0) {
    own_ = av::new_frame();
    own_->width = width_;
    own_->height = height_;
    own_->format = AV_PIX_FMT_YUV420P;
    if (av_frame_get_buffer(own_.get(), 0) < 0) return Error{kWriteFailed, "There is not enough memory for a frame."};
  }
  if (av_frame_copy_props(own_.get(), &frame) < 0) {
    return Error{kWriteFailed, "There is not enough memory for a frame."};
  }
  return {};
}

void ToYuv420::keep_range(const AVFrame& frame) {
  int *inverse = nullptr, *table = nullptr, source_range = 0, target_range = 0, brightness = 0, contrast = 0,
      saturation = 0;
  const auto* pixels = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if ((pixels->flags & AV_PIX_FMT_FLAG_RGB) != 0) return;
  if (sws_getColorspaceDetails(scaler_.get(), &inverse, &source_range, &table, &target_range, &brightness, &contrast,
                               &saturation) < 0) {
    return;
  }
  const int range = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(scaler_.get(), inverse, range, table, range, brightness, contrast, saturation);
}

}  // namespace cumulet::vision
