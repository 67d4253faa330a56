#pragma once
#include <string>
#include <vector>

#include "base/json.hpp"
#include "services/rekognition/model.hpp"

namespace cumulet::rekognition {

// A face as cumulet-vision says it and as the tables keep it: an array of 6 or 21 numbers
// (cmd/cumulet-vision/protocol.hpp). False when `record` is no such array.
bool is_face_record(const json::value& record);
FaceDetection face_of_record(const json::value& record);

}  // namespace cumulet::rekognition
