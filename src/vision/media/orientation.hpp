#pragma once
#include "vision/face/face.hpp"

namespace cumulet::vision {

// How the coded picture is turned into the displayed one: first mirrored left-right if `mirrored`, then turned
// clockwise by `quarter_turns` * 90 degrees.
struct Orientation {
  int quarter_turns = 0;  // 0..3
  bool mirrored = false;

  bool swaps_sides() const { return quarter_turns % 2 == 1; }
  // A box in ratios of the displayed picture, as ratios of the coded one.
  Box to_coded(const Box& displayed) const;
  Point to_coded(Point displayed) const;
};

}  // namespace cumulet::vision
