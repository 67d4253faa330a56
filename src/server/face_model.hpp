#pragma once
#include <filesystem>
#include <optional>

namespace cumulet::server {

// The YuNet model that will be used: the given file, else CUMULET_FACE_MODEL, else the one scripts/setup.sh keeps in
// the user's data folder; nullopt when there is none and the cascades must do.
std::optional<std::filesystem::path> find_face_model(const std::optional<std::filesystem::path>& given);

}  // namespace cumulet::server
