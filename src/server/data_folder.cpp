#include "server/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/folder_removal.hpp"
#include "base/log.hpp"
#include "base/user_data.hpp"
#include "server/config.hpp"

namespace cumulet::server {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kRemovalTime{5};  // at the end; what is left then is swept at the next start

Error failed(const std::string& what, const fs::path& path) {
  return Error{kDataFolder, what + " " + path.string() + ": " + std::strerror(errno)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The descriptor holding the lock; -1 with errno (EWOULDBLOCK: somebody else has it).
int lock_file(const fs::path& file) {
  Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0 || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return -1;
  return fd.release();
}

void note_owner(int lock) {
  const std::string pid = std::to_string(::getpid()) + '\n';
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0)
    log::warn("cannot write the lock file");
}

std::string owner_of(const fs::path& file) {
  Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  char text[32] = {};
  const auto n = fd.get() < 0 ? -1 : ::read(fd.get(), text, sizeof text - 1);
  std::string pid(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid;
}

// Under the lock of the parent folder, so that nobody sweeps a folder between its making and its locking.
void sweep(const fs::path& parent, FolderRemover& remover) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(parent, ec)) {
    if (!entry.is_directory(ec)) continue;
    Descriptor lock(lock_file(entry.path() / "lock"));
    if (lock.get() < 0) continue;  // its engine lives
    remover.remove(entry.path());
  }
}

}  // namespace

fs::path default_data_folder() { return user_data_folder(); }

storage::StateFolder::Layout state_layout() {
  return {"state.db", {"blobs", fs::path("lambda") / "packages", kRegistryBlobs}, {fs::path("lambda") / "code", "rekognition"}};
}

fs::path chosen_data_folder() {
  const char* chosen = std::getenv("CUMULET_DATA");
  return chosen != nullptr && *chosen != '\0' ? fs::path(chosen) : default_data_folder();
}

Result<std::unique_ptr<DataFolder>> DataFolder::open(fs::path folder) {
  std::error_code ec;
  folder = fs::absolute(folder, ec).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  fs::create_directories(folder.parent_path(), ec);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("Cannot create the data folder", folder);
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return failed("Cannot use the data folder", folder);
  if (!S_ISDIR(info.st_mode)) return Error{kDataFolder, "The data folder " + folder.string() + " is not a folder"};
  if ((info.st_mode & 0777) != 0700 && ::chmod(folder.c_str(), 0700) != 0)
    return failed("Cannot make the data folder private (mode 0700)", folder);
  const int lock = lock_file(folder / "lock");
  if (lock < 0) {
    if (errno != EWOULDBLOCK) return failed("Cannot lock the data folder", folder);
    const std::string owner = owner_of(folder / "lock");
    return Error{kDataFolder, "The data folder " + folder.string() + " is in use by another Cumulet" +
                                  (owner.empty() ? "" : " (process " + owner + ")") +
                                  "; stop it or choose another folder with --data"};
  }
  note_owner(lock);
  return std::unique_ptr<DataFolder>(new DataFolder(std::move(folder), lock, false));
}

Result<std::unique_ptr<DataFolder>> DataFolder::open_ephemeral() {
  std::error_code ec;
  fs::path base = fs::temp_directory_path(ec);
  if (ec) base = "/tmp";
  const fs::path parent = base / ("cumulet-" + std::to_string(::getuid()));
  if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) return failed("Cannot create", parent);
  Descriptor guard(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (guard.get() < 0 || ::fstat(guard.get(), &info) != 0) return failed("Cannot use", parent);
  if (info.st_uid != ::getuid() || (info.st_mode & 0077) != 0)
    return Error{kDataFolder,
                 "The temporary folder " + parent.string() + " belongs to somebody else or is open to others"};
  if (::flock(guard.get(), LOCK_EX) != 0) return failed("Cannot lock", parent);

  auto remover = std::make_unique<FolderRemover>();
  sweep(parent, *remover);
  std::string name = (parent / "ephemeral-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return failed("Cannot create a temporary folder in", parent);
  const int lock = lock_file(fs::path(name) / "lock");
  if (lock < 0) return failed("Cannot lock", name);
  note_owner(lock);
  std::unique_ptr<DataFolder> made(new DataFolder(std::move(name), lock, true));
  made->remover_ = std::move(remover);
  return made;
}

void DataFolder::finish_sweep() {
  if (remover_) remover_->wait();
}

DataFolder::~DataFolder() {
  remover_.reset();
  if (is_ephemeral_) {
    const auto end = std::chrono::steady_clock::now() + kRemovalTime;
    FolderRemoval removal(path_);
    while (removal.step(500) == FolderRemoval::Progress::unfinished && std::chrono::steady_clock::now() < end) {
    }
  }
  ::close(lock_);
}

}  // namespace cumulet::server
