#pragma once
#include <cstdint>
#include <string>

#include "vision/media/orientation.hpp"

namespace cumulet::vision {

// What a video file says about itself. Sizes in pixels of the displayed picture.
struct VideoInfo {
  std::string codec;   // "h264"
  std::string format;  // "QuickTime / MOV"
  std::int64_t duration_ms = 0;
  double frame_rate = 0;  // average, frames a second
  int width = 0;
  int height = 0;
  std::string color_range;  // "LIMITED", "FULL"; empty when not said
  double aspect = 1;        // width : height as seen, pixel aspect ratio included
  std::int64_t frames = 0;  // as the container counts them; 0: not known
  Orientation orientation;
};

}  // namespace cumulet::vision
