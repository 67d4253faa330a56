#include "vision/media/orientation.hpp"

#include <algorithm>

namespace cumulet::vision {

Point Orientation::to_coded(Point p) const {
  for (int turn = 0; turn < quarter_turns; ++turn) p = {p.y, 1 - p.x};  // undo one clockwise quarter
  if (mirrored) p.x = 1 - p.x;
  return p;
}

Box Orientation::to_coded(const Box& box) const {
  const Point a = to_coded(Point{box.left, box.top}), b = to_coded(Point{box.right(), box.bottom()});
  const double left = std::min(a.x, b.x), top = std::min(a.y, b.y);
  return {left, top, std::max(a.x, b.x) - left, std::max(a.y, b.y) - top};
}

}  // namespace cumulet::vision
