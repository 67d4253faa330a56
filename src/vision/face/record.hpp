#pragma once
#include <optional>

#include "base/json.hpp"
#include "vision/face/face.hpp"

namespace cumulet::vision {

// A face of a video as the engine and its child exchange it and as the job's table keeps it: a JSON array of numbers
//   [timestamp_ms, confidence, left, top, width, height, roll, yaw, pitch, brightness, sharpness,
//    x, y of eyeLeft, eyeRight, nose, mouthLeft, mouthRight, track]
// Ratios of the displayed picture, degrees, 0..100. 22 numbers, or 7 where the detector has no landmarks (null where a
// number is not known); without `track`, which older tables do not have, 21 or 6.
struct FaceRecord {
  std::int64_t timestamp_ms = 0;
  Face face;
  std::optional<Pose> pose;
  std::int64_t track = 0;  // 1, 2, ...: faces of one track are one person's; 0: not known
};

json::value to_json(const FaceRecord& record);
// nullopt: no such array, or one with a number that its place cannot hold.
std::optional<FaceRecord> parse_face_record(const json::value& value);

}  // namespace cumulet::vision
