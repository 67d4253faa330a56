#include "process/disk_use.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace cumulet::process {
namespace {

constexpr std::size_t kOpenLevels = 32;     // of the way down that are held open; the others are found again by ".."
constexpr std::size_t kDeepest = 65'536;    // levels: two megabytes to remember them
constexpr std::uint64_t kInodeBytes = 256;  // of an empty file, which has no block: millions of them fill a disk too
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

Dir opened(int fd) {
  if (fd < 0) return nullptr;
  Dir dir(::fdopendir(fd));
  if (!dir) ::close(fd);
  return dir;
}

// A way down a tree that changes under it: a folder moved elsewhere must not lead the way back out of the tree.
class Walk {
 public:
  Walk(Dir top, std::uint64_t enough) : enough_(enough) { push(std::move(top)); }

  FolderBytes count() && {
    while (!levels_.empty() && use_.bytes <= enough_ && !lost_) {
      const dirent* entry = ::readdir(levels_.back().dir.get());
      if (entry == nullptr)
        pop();
      else if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
        take(::dirfd(levels_.back().dir.get()), entry->d_name);
    }
    if (!levels_.empty()) use_.complete = false;
    return use_;
  }

 private:
  struct Level {
    Dir dir;  // null: closed, stands at `position`
    dev_t device;
    ino_t inode;
    long position;
  };

  void push(Dir dir) {
    struct stat info {};
    ::fstat(::dirfd(dir.get()), &info);
    levels_.push_back({std::move(dir), info.st_dev, info.st_ino, 0});
    if (levels_.size() <= kOpenLevels) return;
    Level& far = levels_[levels_.size() - 1 - kOpenLevels];
    if (!far.dir) return;
    far.position = ::telldir(far.dir.get());
    far.dir.reset();
  }

  void pop() {
    const Level done = std::move(levels_.back());
    levels_.pop_back();
    if (levels_.empty() || levels_.back().dir) return;
    Level& above = levels_.back();
    above.dir = opened(::openat(::dirfd(done.dir.get()), "..", kOpenFolder));
    struct stat info {};
    lost_ = !above.dir || ::fstat(::dirfd(above.dir.get()), &info) != 0 || info.st_dev != above.device ||
            info.st_ino != above.inode;
    if (!lost_) ::seekdir(above.dir.get(), above.position);
  }

  void take(int folder, const char* name) {
    struct stat info {};
    if (::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    // A file of several names is counted with each: cheaper than to remember which were seen, and never too little.
    use_.bytes += static_cast<std::uint64_t>(info.st_blocks) * 512 + kInodeBytes;
    if (!S_ISDIR(info.st_mode)) return;
    Dir inner = levels_.size() < kDeepest ? opened(::openat(folder, name, kOpenFolder)) : nullptr;
    if (inner)
      push(std::move(inner));
    else if (errno != ENOENT || levels_.size() >= kDeepest)
      use_.complete = false;
  }

  std::vector<Level> levels_;
  std::uint64_t enough_;
  FolderBytes use_;
  bool lost_ = false;
};

}  // namespace

FolderBytes folder_bytes(const std::filesystem::path& folder, std::uint64_t enough) {
  Dir top = opened(::open(folder.c_str(), kOpenFolder));
  if (!top) return {0, errno == ENOENT};
  return Walk(std::move(top), enough).count();
}

std::uint64_t file_system_bytes(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.f_blocks - info.f_bfree) * info.f_frsize;
}

}  // namespace cumulet::process
