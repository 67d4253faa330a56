#include <unistd.h>

#include <filesystem>

#include "archive/unpack_zip.hpp"
#include "fuzz/fuzz.hpp"

namespace fs = std::filesystem;
using namespace cumulet;

// Nothing appears outside the folder, whatever the archive says.
CUMULET_FUZZ(bytes) {
  static const fs::path root = [] {
    const fs::path made = fs::temp_directory_path() / ("cumulet-zip-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(made / "inside");
    return made;
  }();
  const fs::path inside = root / "inside";
  const auto result = archive::unpack_zip(bytes, inside / "code", {250'000'000, 65'535});
  for (const auto& entry : fs::directory_iterator(root)) CUMULET_HOLDS(entry.path() == inside);
  std::size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(inside)) {
    CUMULET_HOLDS(result.ok() && entry.path() == inside / "code");
    ++entries;
  }
  CUMULET_HOLDS(entries == (result.ok() ? 1u : 0u));
  fs::remove_all(inside / "code");
}
