#pragma once
#include <memory>
#include <string>

#include "vision/detect/detector.hpp"

namespace cumulet::vision {

// OpenCV's Haar cascades (Debian: opencv-data): frontal, and the profile one on the picture and on its mirror image,
// over several scales. No landmarks. Misses many faces that YuNet finds: a stopgap where the model is not there.
Result<std::unique_ptr<FaceDetector>> make_cascades(const std::string& folder);

}  // namespace cumulet::vision
