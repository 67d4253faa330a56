#include "base/folder_removal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace cumulet {
namespace {

namespace fs = std::filesystem;
using Progress = FolderRemoval::Progress;

constexpr std::size_t kOpenLevels = 16;   // deeper folders are moved up to the top
constexpr std::size_t kTurn = 500;        // entries: milliseconds, a second on a busy disk
constexpr std::size_t kOpenRemovals = 8;  // that keep their folders open while others have their turn
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

// A name that the folder's maker could not have foreseen.
std::string unforeseen_name() {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) random = static_cast<std::uint64_t>(::getpid());
  return ".removed-" + std::to_string(random) + "-";
}

// Gives the owner all rights on a folder that may not be opened. By way of a descriptor that only names it, so that no
// link can lead elsewhere.
bool mend_rights(int parent, const char* name) {
  const int fd = ::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  const bool mended = ::chmod(("/proc/self/fd/" + std::to_string(fd)).c_str(), 0700) == 0;
  ::close(fd);
  return mended;
}

// With the rights to read and empty it, as far as they can be had.
Dir open_folder(int parent, const char* name) {
  int fd = ::openat(parent, name, kOpenFolder);
  if (fd < 0 && errno == EACCES && mend_rights(parent, name)) fd = ::openat(parent, name, kOpenFolder);
  if (fd < 0) return nullptr;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && (info.st_mode & 0700) != 0700) ::fchmod(fd, 0700);
  Dir dir(::fdopendir(fd));
  if (!dir) ::close(fd);
  return dir;
}

bool is_itself_or_parent(const char* name) { return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0; }

}  // namespace

// The way from the top to where the removal stands.
class FolderRemoval::Walk {
 public:
  explicit Walk(Dir top) { levels_.push_back({std::move(top), {}}); }

  // Takes one entry; false at the end of the top folder.
  bool next() {
    Level& here = levels_.back();
    const dirent* entry = ::readdir(here.dir.get());
    if (entry != nullptr) {
      if (!is_itself_or_parent(entry->d_name)) take(::dirfd(here.dir.get()), entry->d_name);
      return true;
    }
    if (levels_.size() == 1) return false;
    const std::string name = std::move(here.name);
    levels_.pop_back();
    if (::unlinkat(::dirfd(levels_.back().dir.get()), name.c_str(), AT_REMOVEDIR) == 0) moved_on_ = true;
    return true;
  }

  bool moved_on() const { return moved_on_; }

  // Begins at the top again, when the last round changed anything: what was moved up waits there.
  bool again() {
    if (!std::exchange(moved_on_, false)) return false;
    ::rewinddir(levels_.front().dir.get());
    return true;
  }

 private:
  struct Level {
    Dir dir;
    std::string name;  // in the folder above
  };

  void take(int folder, const char* name) {
    if (::unlinkat(folder, name, 0) == 0 || ::unlinkat(folder, name, AT_REMOVEDIR) == 0) {
      moved_on_ = true;
    } else if (errno == ENOTEMPTY || errno == EEXIST) {
      if (levels_.size() > kOpenLevels)
        move_up(folder, name);
      else if (Dir inner = open_folder(folder, name))
        levels_.push_back({std::move(inner), name});
    }
  }

  void move_up(int folder, const char* name) {
    const int top = ::dirfd(levels_.front().dir.get());
    const std::string fresh = prefix_ + std::to_string(++moves_);
    // A folder that changes its parent must itself be writable.
    if (::renameat(folder, name, top, fresh.c_str()) == 0 ||
        (errno == EACCES && mend_rights(folder, name) && ::renameat(folder, name, top, fresh.c_str()) == 0))
      moved_on_ = true;
  }

  std::vector<Level> levels_;
  std::string prefix_ = unforeseen_name();
  std::uint64_t moves_ = 0;
  bool moved_on_ = false;
};

FolderRemoval::FolderRemoval(fs::path folder) : folder_(std::move(folder)) {}
FolderRemoval::~FolderRemoval() = default;

void FolderRemoval::rest() {
  if (walk_ && walk_->moved_on()) walk_.reset();  // else the next step would look at the same entries again
}

Progress FolderRemoval::step(std::size_t entries) {
  if (!walk_) {
    Dir top = open_folder(AT_FDCWD, folder_.c_str());
    if (!top) {
      if (errno == ENOENT) return Progress::gone;
      return (errno == ENOTDIR || errno == ELOOP) && ::unlink(folder_.c_str()) == 0 ? Progress::gone : Progress::stuck;
    }
    walk_ = std::make_unique<Walk>(std::move(top));
  }
  for (std::size_t i = 0; i < entries; ++i) {
    if (walk_->next()) continue;
    if (::rmdir(folder_.c_str()) == 0 || errno == ENOENT) {
      walk_.reset();
      return Progress::gone;
    }
    if (!walk_->again()) return Progress::stuck;
  }
  return Progress::unfinished;
}

bool remove_folder(const fs::path& folder) {
  FolderRemoval removal(folder);
  Progress progress = Progress::unfinished;
  while (progress == Progress::unfinished) progress = removal.step(kTurn);
  return progress == Progress::gone;
}

struct FolderRemover::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<FolderRemoval>> waiting;
  bool is_working = false;
  bool stopping = false;
  std::thread thread;  // begun at the first folder

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (stopping) return;
      std::unique_ptr<FolderRemoval> removal = std::move(waiting.front());
      waiting.pop_front();
      const bool many = waiting.size() >= kOpenRemovals;
      is_working = true;
      lock.unlock();
      const Progress progress = removal->step(kTurn);
      if (many) removal->rest();
      if (progress != Progress::unfinished) removal.reset();
      if (progress == Progress::stuck) log::warn("a folder that is no longer used cannot be removed entirely");
      lock.lock();
      is_working = false;
      if (removal) waiting.push_back(std::move(removal));
      if (waiting.empty()) changed.notify_all();
    }
  }
};

FolderRemover::FolderRemover() : state_(std::make_unique<State>()) {}

FolderRemover::~FolderRemover() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void FolderRemover::remove(fs::path folder) {
  std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  state_->waiting.push_back(std::make_unique<FolderRemoval>(std::move(folder)));
  if (!state_->thread.joinable()) state_->thread = std::thread([state = state_.get()] { state->work(); });
  state_->changed.notify_all();
}

void FolderRemover::wait() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->waiting.empty() && !state_->is_working; });
}

}  // namespace cumulet
