#pragma once
#include "base/result.hpp"
#include "vision/media/av.hpp"

namespace cumulet::vision {

// Brings decoded frames into yuv420p of the first frame's size, with as little copying as possible.
class ToYuv420 {
 public:
  ToYuv420(int width, int height) : width_(width), height_(height) {}

  // A frame of the caller's own; its picture may still be shared with the decoder (av_frame_make_writable). Errors
  // kUnsupportedMedia, kWriteFailed (no memory).
  Result<av::Frame> take(AVFrame& frame);

 private:
  Result<AVFrame*> convert(AVFrame& frame);  // of another format or size, into own_
  bool fits(const AVFrame& frame) const;
  Result<void> prepare(const AVFrame& frame);
  // Limited stays limited, full stays full: the range is a tag that is kept, not a conversion.
  void keep_range(const AVFrame& frame);

  int width_, height_;
  av::Frame own_;
  av::Scaler scaler_;
};

}  // namespace cumulet::vision
