#include "services/rekognition/face_record.hpp"

#include "vision/face/record.hpp"

namespace cumulet::rekognition {
namespace {

// Rekognition's names in the order of vision::LandmarkIndex.
constexpr const char* kLandmarkTypes[] = {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"};

}  // namespace

bool is_face_record(const json::value& record) { return vision::parse_face_record(record).has_value(); }

FaceDetection face_of_record(const json::value& value) {
  FaceDetection detection;
  const auto record = vision::parse_face_record(value);
  if (!record) return detection;
  detection.timestamp = record->timestamp_ms;
  if (record->track > 0) detection.index = record->track;
  const auto real = [](double number) { return static_cast<float>(number); };
  FaceDetail& face = detection.face;
  const vision::Box& box = record->face.box;
  face.confidence = real(record->face.confidence);
  face.bounding_box = {};
  face.bounding_box.left = real(box.left);
  face.bounding_box.top = real(box.top);
  face.bounding_box.width = real(box.width);
  face.bounding_box.height = real(box.height);
  if (const auto& pose = record->pose) face.pose = Pose{real(pose->roll), real(pose->yaw), real(pose->pitch)};
  if (const auto& quality = record->face.quality) {
    face.quality = ImageQuality{real(quality->brightness), real(quality->sharpness)};
  }
  if (record->face.landmarks) {
    face.landmarks.emplace();
    for (int i = 0; i < vision::kLandmarkCount; ++i) {
      const vision::Point& point = (*record->face.landmarks)[i];
      face.landmarks->push_back({kLandmarkTypes[i], real(point.x), real(point.y)});
    }
  }
  return detection;
}

}  // namespace cumulet::rekognition
