#include "base/user_data.hpp"

#include <cstdlib>

namespace cumulet {

std::filesystem::path user_data_folder() {
  const char* xdg = std::getenv("XDG_DATA_HOME");
  if (xdg != nullptr && *xdg == '/') return std::filesystem::path(xdg) / "cumulet";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/root") / ".local/share/cumulet";
}

std::filesystem::path installed_data_folder() {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return (program.parent_path() / "../../share/cumulet").lexically_normal();
}

}  // namespace cumulet
