#pragma once
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "vision/model/detector_kind.hpp"

namespace cumulet::server {

inline constexpr ErrorKind kNoFaceModel{"InvalidFaceModel", 400};

struct FaceModel {
  std::filesystem::path file;  // absolute
  vision::DetectorKind kind = vision::DetectorKind::yunet;
};

// The model that will be used: the given file, else CUMULET_FACE_MODEL, else the one scripts/setup.sh keeps in the
// user's data folder (YuNet's before MediaPipe's); nullopt when none was named and none is kept: no faces are found
// then. Error kNoFaceModel, one sentence that names the file, when it is not there, not readable or neither of the two:
// a wrong file must not quietly reduce the recall, nor fail every job later. Reads the file once (230 KB or 1.1 MB; at
// most 64 MB are read).
Result<std::optional<FaceModel>> find_face_model(const std::optional<std::filesystem::path>& given);

// Which model the bytes are: an ONNX one with YuNet's outputs (its structure, not its weights), or MediaPipe's
// full-range one of TensorFlow Lite. Error kNoFaceModel, words that follow a file's name: "is neither ...".
Result<vision::DetectorKind> check_face_model(std::string_view bytes);

}  // namespace cumulet::server
