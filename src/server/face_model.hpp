#pragma once
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::server {

inline constexpr ErrorKind kNoFaceModel{"InvalidFaceModel", 400};

// The YuNet model that will be used: the given file, else CUMULET_FACE_MODEL, else the one scripts/setup.sh keeps in
// the user's data folder, as an absolute path; nullopt when none was named, none is kept and the cascades must do.
// Error kNoFaceModel, one sentence that names the file, when it is not there, not readable or no YuNet: a wrong file
// must not quietly reduce the recall, nor fail every job later. Reads the file once (YuNet has 230 KB, at most 64 MB
// are read).
Result<std::optional<std::filesystem::path>> find_face_model(const std::optional<std::filesystem::path>& given);

// Whether the bytes are an ONNX model with YuNet's outputs: its structure, not its weights. Error kNoFaceModel, words
// that follow a file's name: "is no ONNX model".
Result<void> check_face_model(std::string_view bytes);

}  // namespace cumulet::server
