#include "server/face_model.hpp"

#include <cstdlib>

#include "server/config.hpp"

namespace cumulet::server {

namespace fs = std::filesystem;

std::optional<fs::path> find_face_model(const std::optional<fs::path>& given) {
  std::error_code ec;
  const auto existing = [&](const fs::path& file) {
    return fs::is_regular_file(file, ec) ? std::optional(file) : std::nullopt;
  };
  if (given) return existing(*given);
  if (const char* file = std::getenv("CUMULET_FACE_MODEL"); file != nullptr && *file != '\0') return existing(file);
  return existing(default_data_folder() / "models/face_detection_yunet_2023mar.onnx");
}

}  // namespace cumulet::server
