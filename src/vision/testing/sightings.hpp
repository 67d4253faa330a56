#pragma once
#include "vision/face/face.hpp"

namespace cumulet::vision::test {

// A square face whose top is at 0.4 of the picture's height.
inline TimedFace sighting(std::int64_t time_ms, double left, double confidence = 90, double size = 0.1) {
  Face face;
  face.box = {left, 0.4, size, size};
  face.confidence = confidence;
  return {time_ms, face};
}

}  // namespace cumulet::vision::test
