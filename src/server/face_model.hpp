#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace cumulet::server {

// The YuNet model that will be used: the given file, else CUMULET_FACE_MODEL, else the one scripts/setup.sh keeps in the
// user's data folder; nullopt when there is none and the cascades must do.
std::optional<std::filesystem::path> find_face_model(const std::optional<std::filesystem::path>& given);

// "YuNet (/path/to/model.onnx), recall: full" or "OpenCV cascades, recall: reduced (...)".
std::string describe(const std::optional<std::filesystem::path>& face_model);

}  // namespace cumulet::server
