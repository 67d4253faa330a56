#include "vision/face/record.hpp"

#include <cmath>
#include <limits>

namespace cumulet::vision {
namespace {

constexpr std::size_t kPlain = 6, kWithLandmarks = 21, kFirstOptional = 6, kFirstLandmark = 11;

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

// Times and tracks are whole numbers; the others are what a float holds, since the services' answers say floats.
bool fits(const json::value& number, bool whole) {
  if (whole) return number.is_int64();
  return number.is_number() && std::abs(number.to_number<double>()) <= std::numeric_limits<float>::max();
}

}  // namespace

json::value to_json(const FaceRecord& record) {
  const Face& face = record.face;
  json::array numbers{record.timestamp_ms,   rounded(face.confidence), rounded(face.box.left),
                      rounded(face.box.top), rounded(face.box.width),  rounded(face.box.height)};
  if (face.landmarks) {
    const auto optional = [&](bool known, double value) {
      numbers.push_back(known ? json::value(rounded(value)) : json::value(nullptr));
    };
    const Pose pose = record.pose.value_or(Pose{});
    for (const double angle : {pose.roll, pose.yaw, pose.pitch}) optional(record.pose.has_value(), angle);
    const Quality quality = face.quality.value_or(Quality{});
    for (const double value : {quality.brightness, quality.sharpness}) optional(face.quality.has_value(), value);
    for (const Point& point : *face.landmarks) {
      numbers.push_back(rounded(point.x));
      numbers.push_back(rounded(point.y));
    }
  }
  numbers.push_back(record.track);
  return numbers;
}

std::optional<FaceRecord> parse_face_record(const json::value& value) {
  if (!value.is_array()) return std::nullopt;
  const json::array& numbers = value.get_array();
  const std::size_t size = numbers.size();
  const bool track = size == kPlain + 1 || size == kWithLandmarks + 1;
  const bool landmarks = size == kWithLandmarks || size == kWithLandmarks + 1;
  if (!landmarks && size != kPlain && size != kPlain + 1) return std::nullopt;
  for (std::size_t i = 0; i < size; ++i) {
    const bool may_lack = landmarks && i >= kFirstOptional && i < kFirstLandmark;
    if (numbers[i].is_null() && may_lack) continue;
    if (!fits(numbers[i], i == 0 || (track && i + 1 == size))) return std::nullopt;
  }
  const auto at = [&](std::size_t i) { return numbers[i].to_number<double>(); };
  const auto whole = [&](std::size_t i) { return static_cast<std::int64_t>(std::fmin(std::fmax(at(i), -9e15), 9e15)); };
  FaceRecord record;
  record.timestamp_ms = whole(0);
  record.face.confidence = at(1);
  record.face.box = {at(2), at(3), at(4), at(5)};
  if (track) record.track = whole(size - 1);
  if (!landmarks) return record;
  if (!numbers[6].is_null() && !numbers[7].is_null() && !numbers[8].is_null()) record.pose = Pose{at(6), at(7), at(8)};
  if (!numbers[9].is_null() && !numbers[10].is_null()) record.face.quality = Quality{at(9), at(10)};
  record.face.landmarks.emplace();
  for (std::size_t i = 0; i < kLandmarkCount; ++i) {
    (*record.face.landmarks)[i] = {at(kFirstLandmark + 2 * i), at(kFirstLandmark + 1 + 2 * i)};
  }
  return record;
}

}  // namespace cumulet::vision
