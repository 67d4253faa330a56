#include <unistd.h>

#include <filesystem>

#include "archive/unpack_layer.hpp"
#include "base/folder_removal.hpp"
#include "fuzz/fuzz.hpp"

namespace fs = std::filesystem;
using namespace cumulet;

// A layer makes its folder whole or not at all, and nothing outside of it, whatever the archive says. The first byte
// says how much the source gives at a time.
CUMULET_FUZZ(bytes) {
  static const fs::path root = [] {
    const fs::path made = fs::temp_directory_path() / ("cumulet-layer-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(made / "inside");
    return made;
  }();
  if (bytes.empty()) return;
  const std::size_t step = 1 + static_cast<unsigned char>(bytes.front()) * 16u;
  bytes.remove_prefix(1);
  std::size_t at = 0;
  const archive::ByteSource source = [&]() -> Result<std::string_view> {
    const std::string_view piece = bytes.substr(at, step);
    at += piece.size();
    return piece;
  };
  const fs::path inside = root / "inside";
  const auto result = archive::unpack_layer(source, inside / "layer", {{1 << 20, 200}, 4 << 20}, archive::Sync::none);
  for (const auto& entry : fs::directory_iterator(root)) CUMULET_HOLDS(entry.path() == inside);
  std::size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(inside)) {
    CUMULET_HOLDS(result.ok() && entry.path() == inside / "layer");
    ++entries;
  }
  CUMULET_HOLDS(entries == (result.ok() ? 1u : 0u));
  remove_folder(inside / "layer");
}
