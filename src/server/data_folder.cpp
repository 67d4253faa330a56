#include "server/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

constexpr const char* kEmptying = "emptying";
constexpr const char* kDiscarded = "discarded";
constexpr std::string_view kKeptFiles[] = {"lock",         "engine.log", "engine.log.1", "root-credentials",
                                           "set-aside",    kEmptying,    kDiscarded};
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

struct flock whole_file(short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

// Two lines: the process, and where it answers. Beside flock's lock, which keeps a second engine out, stands one of
// fcntl's: of that one the kernel tells who holds it.
void note_owner(int lock, const std::string& endpoint = {}) {
  struct flock range = whole_file(F_WRLCK);
  const std::string text = std::to_string(::getpid()) + '\n' + (endpoint.empty() ? "" : endpoint + '\n');
  if (::fcntl(lock, F_SETLK, &range) != 0 || ::ftruncate(lock, 0) != 0 ||
      ::pwrite(lock, text.data(), text.size(), 0) < 0)
    log::warn("cannot write the lock file");
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

fs::path ephemeral_parent() {
  std::error_code ec;
  fs::path base = fs::temp_directory_path(ec);
  if (ec) base = "/tmp";
  return base / ("cumulet-" + std::to_string(::getuid()));
}

}  // namespace

std::optional<RunningEngine> running_engine(const fs::path& data) {
  Descriptor fd(::open((data / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  struct flock range = whole_file(F_RDLCK);
  if (fd.get() < 0 || ::fcntl(fd.get(), F_GETLK, &range) != 0 || range.l_type == F_UNLCK || range.l_pid <= 0)
    return std::nullopt;
  char text[512] = {};
  const auto n = ::pread(fd.get(), text, sizeof text - 1, 0);
  const std::string_view lines(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  RunningEngine engine{range.l_pid, data, {}};
  const auto first = lines.find('\n'), second = lines.find('\n', first == lines.npos ? first : first + 1);
  if (second != lines.npos && lines.substr(0, first) == std::to_string(range.l_pid))
    engine.endpoint = lines.substr(first + 1, second - first - 1);
  return engine;
}

std::vector<RunningEngine> running_ephemeral_engines() {
  std::vector<RunningEngine> out;
  std::error_code ec;
  struct stat info {};
  const fs::path parent = ephemeral_parent();
  if (::lstat(parent.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::getuid()) return out;
  for (const auto& entry : fs::directory_iterator(parent, ec))
    if (auto engine = running_engine(entry.path())) out.push_back(std::move(*engine));
  return out;
}

fs::path default_data_folder() { return user_data_folder(); }

storage::StateFolder::Layout state_layout() {
  return {"state.db", {"blobs", fs::path("lambda") / "packages", kRegistryBlobs}, {fs::path("lambda") / "code", "rekognition", kRegistryTrees}};
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
    const auto owner = running_engine(folder);
    std::string who;
    if (owner)
      who = " (process " + std::to_string(owner->process) + ")" +
            (owner->endpoint.empty() ? "" : " at " + owner->endpoint);
    return Error{kDataFolder, "The data folder " + folder.string() + " is in use by another Cumulet" + who +
                                  "; stop it (cumulet stop) or choose another folder with --data"};
  }
  note_owner(lock);
  std::unique_ptr<DataFolder> opened(new DataFolder(std::move(folder), lock, false));
  if (fs::exists(opened->path_ / kEmptying, ec)) CUMULET_CHECK(opened->empty());
  opened->discard();
  return opened;
}

Result<std::unique_ptr<DataFolder>> DataFolder::open_ephemeral() {
  const fs::path parent = ephemeral_parent();
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

void DataFolder::note_endpoint(const std::string& endpoint) const { note_owner(lock_, endpoint); }

void DataFolder::finish_sweep() {
  if (remover_) remover_->wait();
}

// The mark says that everything is to go: half of it must never look like a folder that lost its database.
Result<void> DataFolder::empty() {
  const fs::path mark = path_ / kEmptying, discarded = path_ / kDiscarded;
  const auto settle = [&](const fs::path& what) {
    if (is_ephemeral_) return true;
    Descriptor fd(::open(what.c_str(), O_RDONLY | O_CLOEXEC));
    return fd.get() >= 0 && ::fsync(fd.get()) == 0;
  };
  Descriptor marked(::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (marked.get() < 0 || !settle(path_)) return failed("Cannot write", mark);
  std::string name = (discarded / "XXXXXX").string();
  if ((::mkdir(discarded.c_str(), 0700) != 0 && errno != EEXIST) || ::mkdtemp(name.data()) == nullptr)
    return failed("Cannot create a folder in", discarded);
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(path_, ec)) {
    const std::string file = entry.path().filename().string();
    if (std::ranges::find(kKeptFiles, file) != std::end(kKeptFiles)) continue;
    if (::rename(entry.path().c_str(), (fs::path(name) / file).c_str()) != 0)
      return failed("Cannot move aside", entry.path());
  }
  if (ec) return failed("Cannot read", path_);
  if (!settle(path_) || ::unlink(mark.c_str()) != 0) return failed("Cannot remove", mark);
  discard();
  return {};
}

void DataFolder::discard() {
  std::error_code ec;
  if (!fs::exists(path_ / kDiscarded, ec)) return;
  if (!remover_) remover_ = std::make_unique<FolderRemover>();
  for (const auto& entry : fs::directory_iterator(path_ / kDiscarded, ec)) remover_->remove(entry.path());
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
