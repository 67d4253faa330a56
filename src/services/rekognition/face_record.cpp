#include "services/rekognition/face_record.hpp"

namespace cumulet::rekognition {
namespace {

constexpr std::size_t kPlain = 6, kWithLandmarks = 21;
constexpr const char* kLandmarkTypes[] = {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"};

}  // namespace

bool is_face_record(const json::value& record) {
  if (!record.is_array()) return false;
  const json::array& numbers = record.get_array();
  if (numbers.size() != kPlain && numbers.size() != kWithLandmarks) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!numbers[i].is_number() && !(numbers[i].is_null() && i >= 6 && i < 11)) return false;
  }
  return true;
}

FaceDetection face_of_record(const json::value& record) {
  const json::array& numbers = record.get_array();
  const auto at = [&](std::size_t i) { return numbers[i].is_null() ? 0.F : numbers[i].to_number<float>(); };
  FaceDetection detection;
  detection.timestamp = numbers[0].to_number<std::int64_t>();
  FaceDetail& face = detection.face;
  face.confidence = at(1);
  face.bounding_box.left = at(2);
  face.bounding_box.top = at(3);
  face.bounding_box.width = at(4);
  face.bounding_box.height = at(5);
  if (numbers.size() < kWithLandmarks) return detection;
  if (!numbers[6].is_null()) face.pose = Pose{at(6), at(7), at(8)};
  if (!numbers[9].is_null()) face.quality = ImageQuality{at(9), at(10)};
  face.landmarks.emplace();
  for (std::size_t i = 0; i < 5; ++i) face.landmarks->push_back({kLandmarkTypes[i], at(11 + 2 * i), at(12 + 2 * i)});
  return detection;
}

}  // namespace cumulet::rekognition
