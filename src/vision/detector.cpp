#include "vision/detector.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "vision/cascades.hpp"
#include "vision/errors.hpp"
#include "vision/yunet.hpp"

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

Quality quality_at(const Image& image, const Box& box) {
  const auto pixel = [](double ratio, int size) { return static_cast<int>(std::clamp(ratio, 0.0, 1.0) * size); };
  const int x0 = pixel(box.left, image.width), x1 = pixel(box.right(), image.width);
  const int y0 = pixel(box.top, image.height), y1 = pixel(box.bottom(), image.height);
  const auto grey = [&](int x, int y) {
    const std::uint8_t* p = &image.bgr[3 * (static_cast<std::size_t>(y) * image.width + x)];
    return (29 * p[0] + 150 * p[1] + 77 * p[2]) >> 8;
  };
  std::int64_t sum = 0, edges = 0, count = 0;
  for (int y = y0; y + 1 < y1; ++y) {
    for (int x = x0; x + 1 < x1; ++x) {
      const int here = grey(x, y);
      sum += here;
      edges += std::abs(here - grey(x + 1, y)) + std::abs(here - grey(x, y + 1));
      ++count;
    }
  }
  if (count == 0) return {};
  const double mean_edge = static_cast<double>(edges) / static_cast<double>(2 * count);
  return {static_cast<double>(sum) / static_cast<double>(count) * 100 / 255, std::min(100.0, mean_edge * 8)};
}

Error detector_failed(std::string_view thrown) {
  std::cerr << "the face detector failed: " << thrown << '\n';
  return Error{kNoDetector, "The face detector failed."};
}

Result<std::unique_ptr<FaceDetector>> make_detector(const DetectorChoice& choice) {
  return choice.kind == DetectorKind::yunet ? make_yunet(choice.model_path) : make_cascades(choice.cascade_path);
}

}  // namespace cumulet::vision
