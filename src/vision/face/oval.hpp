#pragma once
#include "vision/face/face.hpp"

namespace cumulet::vision {

// A face's place, turned with the face. Lengths are square: the displayed picture's height is 1 and its width is the
// picture's aspect, so that a circle is round.
struct Oval {
  Point centre;
  double width = 0;   // across the face
  double height = 0;  // from the forehead to the chin
  double roll = 0;    // degrees clockwise as seen, -180 to 180; 0: upright

  double size() const { return width < height ? height : width; }
};

// A face as it was seen in one frame: what the detector said, in the displayed picture, and its place turned with it.
struct Seen {
  Oval oval;
  Face face;
};

// `degrees` brought to -180 (not included) to 180.
double turn_within_half(double degrees);

// Of a face that was found in an upright picture of this aspect (width : height). The roll comes from its landmarks, 0
// where it has none.
Oval oval_of(const Face& face, double aspect);

// The upright box around the oval's ellipse, in ratios of the picture.
Box box_around(const Oval& oval, double aspect);

// How much two ovals are one place: 1 for the same, 0 where their centres are a mean size apart or more, or where one
// is over 2.5 times as large.
double nearness(const Oval& a, const Oval& b);

// Between `a` (weight 0) and `b` (weight 1), outside of them too; turned the short way around.
Oval between(const Oval& a, const Oval& b, double weight);

}  // namespace cumulet::vision
