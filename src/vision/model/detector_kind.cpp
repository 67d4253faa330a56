#include "vision/model/detector_kind.hpp"

#include "vision/model/tflite.hpp"

namespace cumulet::vision {

DetectorKind detector_kind(std::string_view model) {
  return is_tflite(model) ? DetectorKind::mediapipe : DetectorKind::yunet;
}

std::string detector_name(DetectorKind kind) {
  return kind == DetectorKind::yunet ? "YuNet 2023mar" : "MediaPipe full range";
}

std::string detector_recall(DetectorKind kind) { return kind == DetectorKind::yunet ? "full" : "reduced"; }

std::string detector_description(DetectorKind kind) {
  return kind == DetectorKind::yunet ? detector_name(kind) : detector_name(kind) + " (recall: reduced)";
}

std::optional<std::filesystem::path> kept_model(const std::filesystem::path& data_folder) {
  for (const char* name : {"face_detection_yunet_2023mar.onnx", "face_detection_full_range.tflite"}) {
    std::filesystem::path file = data_folder / "models" / name;
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return file;
  }
  return std::nullopt;
}

}  // namespace cumulet::vision
