#pragma once
#include <memory>
#include <string>

#include "vision/detect/detector.hpp"

namespace cumulet::vision {

// YuNet, 2023mar (OpenCV Zoo; Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023) through cv::dnn with
// decoding of our own: OpenCV 4.6's FaceDetectorYN knows only the older model's outputs.
// Five landmarks. The picture is used at the size given, so callers scale it first (longest side 640).
Result<std::unique_ptr<FaceDetector>> make_yunet(const std::string& model_path);

}  // namespace cumulet::vision
