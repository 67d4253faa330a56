#pragma once
#include <string>
#include <vector>

#include "base/json.hpp"
#include "services/rekognition/model.hpp"

namespace cumulet::rekognition {

// A face as cumulet-vision says it and as the tables keep it (vision/face/record.hpp), in Rekognition's words.
bool is_face_record(const json::value& record);
// A face of zeros when `record` is none.
FaceDetection face_of_record(const json::value& record);

}  // namespace cumulet::rekognition
