#pragma once
#include <array>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "vision/face/oval.hpp"
#include "vision/media/av.hpp"
#include "vision/media/image.hpp"
#include "vision/media/video_info.hpp"

namespace cumulet::vision {

// One frame as it is looked at: the frame itself, a small picture of it, and halves of that, each upright with square
// pixels. Not thread-safe while halves are made; sample() of one frame is called by one thread at a time.
class FramePicture {
 public:
  // `frame`: yuv420p, 8 bits. `small`: the whole picture as displayed (FrameScaler).
  FramePicture(av::Frame frame, Image small, const VideoInfo& info);

  const Image& small() const { return levels_[0]; }
  AVFrame& frame() const { return *frame_; }
  double aspect() const { return aspect_; }

  // Their owner gets them back; nothing is to be asked of this after.
  av::Frame take_frame() { return std::move(frame_); }
  Image take_small() { return std::move(levels_[0]); }

  // A square of `side` pixels out of the picture, into `out`: around the oval's centre, turned so that what lies at the
  // oval's roll stands upright, and scaled so that the oval's width becomes `width` pixels. Beyond the border its last
  // pixels go on. Taken from the frame itself where the small picture has too few pixels.
  void sample(const Oval& around, double width, int side, Image& out);
  // Where a point of that square, in ratios of it, lies in the displayed picture, in ratios.
  static Point displayed(Point in_sample, const Oval& around, double width, int side, double aspect);

 private:
  struct Walk {  // source position of the first pixel, and the steps to its right and lower neighbours
    double x, y, right_x, right_y, down_x, down_y;
  };
  Walk walk(const Oval& around, double step, int side, double source_width, double source_height, bool coded) const;
  void sample_frame(const Walk& walk, int side, Image& out) const;
  static void sample_image(const Image& from, const Walk& walk, int side, Image& out);
  const Image& level(int index);

  av::Frame frame_;
  Orientation orientation_;
  double aspect_;
  std::vector<Image> levels_;  // each half as wide as the one before
};

}  // namespace cumulet::vision
