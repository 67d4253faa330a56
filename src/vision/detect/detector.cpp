#include "vision/detect/detector.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "vision/detect/full_range.hpp"
#include "vision/detect/yunet.hpp"

namespace cumulet::vision {

Result<DetectorChoice> choose_detector(const std::string& model_path) {
  if (model_path.empty()) return Error{kNoDetector, std::string(kNoModelText)};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(model_path, ignored)) {
    return Error{kNoDetector, "The face model is not there."};
  }
  std::array<char, 8> begin{};
  std::ifstream(model_path, std::ios::binary).read(begin.data(), begin.size());
  return DetectorChoice{detector_kind({begin.data(), begin.size()}), model_path};
}

Error detector_failed(std::string_view thrown) {
  std::cerr << "the face detector failed: " << thrown << '\n';
  return Error{kNoDetector, "The face detector failed."};
}

Result<std::unique_ptr<FaceDetector>> make_detector(const DetectorChoice& choice) {
  return choice.kind == DetectorKind::yunet ? make_yunet(choice.model_path) : make_full_range(choice.model_path);
}

}  // namespace cumulet::vision
