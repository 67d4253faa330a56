#pragma once
#include <vector>

#include "vision/pipeline/scene.hpp"

namespace cumulet::vision {

// A part of a small picture, in pixels. Its edges lie on a grid of 32 pixels (where the detectors' own grids begin
// anew), or on the picture's.
struct Area {
  int left = 0, top = 0, width = 0, height = 0;
  int right() const { return left + width; }
  int bottom() const { return top + height; }
  bool operator==(const Area&) const = default;
};

// So far around what moved an area reaches at least: a face of which anything moves lies in it, or is large.
inline constexpr int kAreaMargin = 32;  // pixels

// The parts of a picture of width by height pixels in which anything differs between `before` and `now`, as has_moved
// sees it: few, apart from each other, together at most kMostOfPicture of it. One area, the whole, where that is not
// possible; none where nothing moved.
inline constexpr double kMostOfPicture = 0.7;
std::vector<Area> moved_areas(const CoarsePicture& before, const CoarsePicture& now, int width, int height);

// Takes over what `now` shows in the area.
void take_over(CoarsePicture& into, const CoarsePicture& now, const Area& area);

}  // namespace cumulet::vision
