#include "process/usage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

namespace cumulet::process {
namespace {

constexpr int kMaxDepth = 64;  // deeper folders of a function's /tmp are not counted one by one

void children_of(pid_t pid, std::vector<pid_t>& out) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  DIR* dir = ::opendir(tasks.c_str());
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    std::ifstream in(tasks + '/' + entry->d_name + "/children");
    pid_t child;
    while (in >> child) out.push_back(child);
  }
  ::closedir(dir);
}

std::uint64_t pss(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string line;
  while (std::getline(in, line))
    if (line.starts_with("Pss:")) return std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
  return 0;
}

// Owns `fd`.
void count(int fd, std::uint64_t enough, int depth, std::uint64_t& total) {
  DIR* dir = ::fdopendir(fd);
  if (!dir) {
    ::close(fd);
    return;
  }
  while (const dirent* entry = ::readdir(dir)) {
    if (total > enough) break;
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    struct stat info;
    if (::fstatat(::dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    total += static_cast<std::uint64_t>(info.st_blocks) * 512;
    if (S_ISDIR(info.st_mode) && depth < kMaxDepth) {
      const int inner = ::openat(::dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner >= 0) count(inner, enough, depth + 1, total);
    }
  }
  ::closedir(dir);
}

}  // namespace

std::vector<pid_t> descendants(pid_t pid) {
  std::vector<pid_t> out;
  children_of(pid, out);
  for (std::size_t i = 0; i < out.size() && out.size() < 100'000; ++i) children_of(out[i], out);
  return out;
}

bool is_running(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t name_end = line.rfind(')');  // "pid (name) state …"
  const char state = name_end != std::string::npos && name_end + 2 < line.size() ? line[name_end + 2] : 'X';
  return std::string_view("TtZX").find(state) == std::string_view::npos;
}

std::uint64_t tree_pss(pid_t pid) {
  std::uint64_t total = pss(pid);
  for (const pid_t child : descendants(pid)) total += pss(child);
  return total;
}

std::uint64_t folder_bytes(const std::filesystem::path& folder, std::uint64_t enough) {
  std::uint64_t total = 0;
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) count(fd, enough, 0, total);
  return total;
}

}  // namespace cumulet::process
