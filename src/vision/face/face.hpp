#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cumulet::vision {

// Positions and sizes are ratios of the frame as it is displayed (rotation applied), as in Rekognition's BoundingBox.
// A box of a face cut by the border may reach outside 0..1.
struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;

  double right() const { return left + width; }
  double bottom() const { return top + height; }
  double area() const { return width * height; }
  Point centre() const { return {left + width / 2, top + height / 2}; }
};

// In the order and with the meaning of Rekognition's landmark types: left is the left of the picture.
enum LandmarkIndex { kEyeLeft, kEyeRight, kNose, kMouthLeft, kMouthRight, kLandmarkCount };
using Landmarks = std::array<Point, kLandmarkCount>;
const char* landmark_name(int index);  // "eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"

// Degrees, as in Rekognition's Pose, estimated from the five landmarks: rough.
struct Pose {
  double roll = 0;
  double yaw = 0;
  double pitch = 0;
};

// 0..100, as in Rekognition's ImageQuality.
struct Quality {
  double brightness = 0;
  double sharpness = 0;
};

struct Face {
  Box box;
  double confidence = 0;               // 0..100
  std::optional<Landmarks> landmarks;  // where the detector has them
  // Degrees clockwise, where it is known without landmarks: the box is then the upright one around the turned face.
  std::optional<double> roll;
  std::optional<Quality> quality;

  // `aspect`: width of the displayed frame divided by its height.
  std::optional<Pose> pose(double aspect) const;
};

struct TimedFace {
  std::int64_t timestamp_ms = 0;  // from the first frame of the video
  Face face;
  std::int64_t track = 0;  // 1, 2, ...: faces of one number are one person's; 0: not known
};

// Intersection over union; 0 for disjoint or empty boxes.
double overlap(const Box& a, const Box& b);

}  // namespace cumulet::vision
