#include "vision/detect/detector.hpp"

#include <filesystem>
#include <iostream>

#include "vision/detect/cascades.hpp"
#include "vision/detect/yunet.hpp"

namespace cumulet::vision {

namespace {
constexpr const char* kSystemCascades[] = {"/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades",
                                           "/usr/local/share/opencv4/haarcascades"};
}

std::string DetectorChoice::name() const { return kind == DetectorKind::yunet ? "YuNet 2023mar" : "OpenCV cascades"; }

std::string DetectorChoice::recall() const { return kind == DetectorKind::yunet ? "full" : "reduced"; }

std::string DetectorChoice::description() const {
  return kind == DetectorKind::yunet ? name() : name() + " (recall: reduced)";
}

double DetectorChoice::certain_confidence() const { return kind == DetectorKind::yunet ? 60 : 50; }

Result<DetectorChoice> choose_detector(const std::string& model_path, const std::string& cascade_path) {
  std::error_code ignored;
  if (!model_path.empty()) {
    if (!std::filesystem::is_regular_file(model_path, ignored)) {
      return Error{kNoDetector, "The face model is not there."};
    }
    return DetectorChoice{DetectorKind::yunet, model_path, {}};
  }
  if (!cascade_path.empty()) return DetectorChoice{DetectorKind::cascades, {}, cascade_path};
  for (const char* folder : kSystemCascades) {
    if (std::filesystem::is_directory(folder, ignored)) return DetectorChoice{DetectorKind::cascades, {}, folder};
  }
  return Error{kNoDetector, "There is neither a face model nor OpenCV's cascades (Debian: opencv-data)."};
}

Error detector_failed(std::string_view thrown) {
  std::cerr << "the face detector failed: " << thrown << '\n';
  return Error{kNoDetector, "The face detector failed."};
}

Result<std::unique_ptr<FaceDetector>> make_detector(const DetectorChoice& choice) {
  return choice.kind == DetectorKind::yunet ? make_yunet(choice.model_path) : make_cascades(choice.cascade_path);
}

}  // namespace cumulet::vision
