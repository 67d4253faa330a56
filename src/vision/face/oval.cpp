#include "vision/face/oval.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cumulet::vision {
namespace {

constexpr double kRadians = std::numbers::pi / 180;
constexpr double kOtherSize = 2.5;

constexpr double kUsualShape = 0.8;  // a face's width : height

// An ellipse's upright box tells its axes: W^2 = w^2 c^2 + h^2 s^2, H^2 = w^2 s^2 + h^2 c^2. Near 45 degrees it hardly
// does, and the usual shape is taken.
void unturn(Oval& oval) {
  const double c = std::cos(oval.roll * kRadians), s = std::sin(oval.roll * kRadians);
  const double both = oval.width * oval.width + oval.height * oval.height;  // of the axes' squares, too
  double width = both * kUsualShape * kUsualShape / (1 + kUsualShape * kUsualShape);
  if (const double twice = c * c - s * s; std::abs(twice) > 0.3) {
    width = (oval.width * oval.width * c * c - oval.height * oval.height * s * s) / twice;
  }
  width = std::clamp(width, 0.2 * both, 0.8 * both);
  oval.width = std::sqrt(width);
  oval.height = std::sqrt(both - width);
}

double mix(double a, double b, double weight) { return a + (b - a) * weight; }

}  // namespace

double turn_within_half(double degrees) {
  degrees = std::remainder(degrees, 360.0);
  return degrees <= -180 ? degrees + 360 : degrees;
}

Oval oval_of(const Face& face, double aspect) {
  Oval oval;
  const Point middle = face.box.centre();
  oval.centre = {middle.x * aspect, middle.y};
  oval.width = face.box.width * aspect;
  oval.height = face.box.height;
  if (const auto pose = face.pose(aspect)) {
    oval.roll = pose->roll;
  } else if (face.roll) {
    oval.roll = turn_within_half(*face.roll);
    unturn(oval);
  }
  return oval;
}

Box box_around(const Oval& oval, double aspect) {
  const double c = std::cos(oval.roll * kRadians), s = std::sin(oval.roll * kRadians);
  const double half_width = std::hypot(oval.width * c, oval.height * s) / 2;
  const double half_height = std::hypot(oval.width * s, oval.height * c) / 2;
  return {(oval.centre.x - half_width) / aspect, oval.centre.y - half_height, 2 * half_width / aspect, 2 * half_height};
}

double nearness(const Oval& a, const Oval& b) {
  const double size_a = std::sqrt(a.width * a.height), size_b = std::sqrt(b.width * b.height);
  const double smaller = std::min(size_a, size_b), larger = std::max(size_a, size_b);
  if (!(smaller > 0) || larger > kOtherSize * smaller) return 0;
  const double away = std::hypot(a.centre.x - b.centre.x, a.centre.y - b.centre.y) / ((size_a + size_b) / 2);
  return std::max(0.0, 1 - away) * std::sqrt(smaller / larger);
}

Oval between(const Oval& a, const Oval& b, double weight) {
  Oval oval;
  oval.centre = {mix(a.centre.x, b.centre.x, weight), mix(a.centre.y, b.centre.y, weight)};
  oval.width = std::max(0.0, mix(a.width, b.width, weight));
  oval.height = std::max(0.0, mix(a.height, b.height, weight));
  oval.roll = turn_within_half(a.roll + turn_within_half(b.roll - a.roll) * weight);
  return oval;
}

}  // namespace cumulet::vision
