#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::vision {

// The face detectors, each by the model that it needs.
enum class DetectorKind {
  yunet,     // face_detection_yunet_2023mar.onnx of the OpenCV Zoo
  mediapipe  // face_detection_full_range.tflite of MediaPipe: misses more of the small and turned faces
};

// By how the model's file begins (8 bytes are enough): a TensorFlow Lite file is mediapipe's, anything else is for
// yunet to take or to refuse.
DetectorKind detector_kind(std::string_view model);

std::string detector_name(DetectorKind kind);         // "YuNet 2023mar", "MediaPipe full range"
std::string detector_recall(DetectorKind kind);       // "full", "reduced"
std::string detector_description(DetectorKind kind);  // "YuNet 2023mar", "MediaPipe full range (recall: reduced)"

// The model that scripts/setup.sh has put into the user's data folder: YuNet's, else MediaPipe's; nullopt: neither.
// A broken link or a folder of that name counts as one, to be refused: it must not quietly reduce the recall.
std::optional<std::filesystem::path> kept_model(const std::filesystem::path& data_folder);

// What to do where there is no model.
inline constexpr std::string_view kNoModelText =
    "There is no face model: scripts/setup.sh fetches one, or CUMULET_FACE_MODEL names its file.";

}  // namespace cumulet::vision
