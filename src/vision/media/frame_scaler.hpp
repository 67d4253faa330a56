#pragma once
#include "base/result.hpp"
#include "vision/media/av.hpp"
#include "vision/media/image.hpp"
#include "vision/media/video_info.hpp"

namespace cumulet::vision {

// Scales decoded frames into upright BGR pictures with the pixel aspect ratio applied, longest side `longest_side`
// (small videos are enlarged at most twofold).
class FrameScaler {
 public:
  FrameScaler(const VideoInfo& info, int longest_side) : info_(info), longest_side_(longest_side) {}
  Result<void> scale(const AVFrame& frame, Image& out);

 private:
  VideoInfo info_;
  int longest_side_;
  av::Scaler scaler_;
  int width_ = 0, height_ = 0, format_ = -1;  // what scaler_ was made for
  av::Frame scaled_;                          // with rows padded as the scaler's vector code needs them
};

}  // namespace cumulet::vision
