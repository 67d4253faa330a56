#include "vision/face/face.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cumulet::vision {

const char* landmark_name(int index) {
  static constexpr const char* kNames[] = {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"};
  return kNames[index];
}

double overlap(const Box& a, const Box& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.left, b.left);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const double common = width * height;
  return common / (a.area() + b.area() - common);
}

std::optional<Pose> Face::pose(double aspect) const {
  if (!landmarks) return std::nullopt;
  const auto at = [&](int index) { return Point{(*landmarks)[index].x * aspect, (*landmarks)[index].y}; };
  const Point eye_left = at(kEyeLeft), eye_right = at(kEyeRight), nose = at(kNose);
  const Point eyes{(eye_left.x + eye_right.x) / 2, (eye_left.y + eye_right.y) / 2};
  const Point mouth{(at(kMouthLeft).x + at(kMouthRight).x) / 2, (at(kMouthLeft).y + at(kMouthRight).y) / 2};
  const double eye_distance = std::hypot(eye_right.x - eye_left.x, eye_right.y - eye_left.y);
  const double face_height = std::hypot(mouth.x - eyes.x, mouth.y - eyes.y);
  if (eye_distance <= 0 || face_height <= 0) return std::nullopt;

  constexpr double kDegrees = 180 / std::numbers::pi;
  const double roll = std::atan2(eye_right.y - eye_left.y, eye_right.x - eye_left.x);
  // The nose tip stands out of the plane of eyes and mouth by about 0.6 eye distances; seen from the front it lies
  // about 0.6 of the way from the eyes to the mouth.
  const Point right_axis{std::cos(roll), std::sin(roll)}, down_axis{-std::sin(roll), std::cos(roll)};
  const Point to_nose{nose.x - eyes.x, nose.y - eyes.y};
  const double sideways = (to_nose.x * right_axis.x + to_nose.y * right_axis.y) / (0.6 * eye_distance);
  const double downwards = (to_nose.x * down_axis.x + to_nose.y * down_axis.y) / face_height - 0.6;
  Pose pose;
  pose.roll = roll * kDegrees;
  pose.yaw = std::asin(std::clamp(sideways, -1.0, 1.0)) * kDegrees;
  pose.pitch = std::asin(std::clamp(-downwards / 0.6, -1.0, 1.0)) * kDegrees;
  return pose;
}

}  // namespace cumulet::vision
