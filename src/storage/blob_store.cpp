#include "storage/blob_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "storage/database.hpp"
#include "storage/full_disk.hpp"
#include "storage/state_folder.hpp"

namespace cumulet::storage {
namespace {

constexpr std::string_view kUnfinished = ".part";
constexpr std::uint64_t kFlushStep = 8u << 20;
constexpr std::size_t kFewOrphans = 20;  // may be deleted, however few blobs there are

Error failure(std::string_view what, const std::filesystem::path& path) {
  const int cause = errno;
  const std::string told = std::string(what) + ' ' + path.string() + ": " + std::generic_category().message(cause);
  if (cause != ENOSPC && cause != EDQUOT) return Error{kStorageFailure, told};
  log::warn("{}", told);
  return full_disk();
}

bool sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> BlobStore::open(const std::filesystem::path& folder, bool durable, Orphans orphans) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{kStorageFailure, "cannot create " + folder.string() + ": " + error.message()};
  if (::chmod(folder.c_str(), 0700) != 0) return failure("cannot restrict", folder);
  if (durable && folder.has_parent_path()) sync_folder(folder.parent_path());
  return std::unique_ptr<BlobStore>(new BlobStore(folder, durable, orphans));
}

std::filesystem::path BlobStore::path_of(std::string_view id) const { return folder_ / id; }

Result<std::unique_ptr<BlobStore::Writer>> BlobStore::create() {
  std::string id = random_hex(32);
  const std::filesystem::path path = path_of(id + std::string(kUnfinished));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failure("cannot create", path);
  return std::unique_ptr<Writer>(new Writer(*this, fd, std::move(id)));
}

BlobStore::Writer::~Writer() {
  ::close(fd_);
  if (!published_) ::unlink(store_.path_of(id_ + std::string(kUnfinished)).c_str());
}

Result<void> BlobStore::Writer::append(std::string_view bytes) {
  const std::uint64_t before = size_;
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("cannot write", store_.path_of(id_));
    size_ += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  // Starts writing back early, so that publish() does not find gigabytes of dirty pages.
  if (store_.durable_ && before / kFlushStep != size_ / kFlushStep)
    ::sync_file_range(fd_, static_cast<off64_t>(before / kFlushStep * kFlushStep), 0, SYNC_FILE_RANGE_WRITE);
  return {};
}

Result<std::string> BlobStore::Writer::publish() {
  const std::filesystem::path unfinished = store_.path_of(id_ + std::string(kUnfinished));
  const std::filesystem::path path = store_.path_of(id_);
  if (store_.durable_ && ::fdatasync(fd_) != 0) return failure("cannot sync", unfinished);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return failure("cannot publish", path);
  published_ = true;
  if (store_.durable_ && !sync_folder(store_.folder_)) return failure("cannot sync", store_.folder_);
  return id_;
}

Result<std::shared_ptr<http::OpenFile>> BlobStore::open_blob(std::string_view id, std::uint64_t least) {
  const std::filesystem::path path = path_of(id);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure("cannot open", path);
  auto file = std::make_shared<http::OpenFile>(fd);
  struct stat info {};
  if (least > 0 && (::fstat(fd, &info) != 0 || static_cast<std::uint64_t>(info.st_size) < least))
    return Error{kStorageFailure, path.string() + " is damaged: it holds " + std::to_string(info.st_size) + " of " +
                                      std::to_string(least) + " bytes"};
  return file;
}

void BlobStore::remove(std::string_view id) { ::unlink(path_of(id).c_str()); }

std::size_t BlobStore::sweep(const std::function<bool(std::string_view)>& is_referenced) {
  DIR* dir = ::opendir(folder_.c_str());
  if (dir == nullptr) return 0;
  std::size_t published = 0;
  std::vector<std::string> unfinished, orphans;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (name.ends_with(kUnfinished)) {
      unfinished.emplace_back(name);
      continue;
    }
    ++published;
    if (!is_referenced(name)) orphans.emplace_back(name);
  }
  ::closedir(dir);
  const bool are_many = orphans.size() > kFewOrphans && orphans.size() > published / 10;
  std::size_t removed = 0;
  if (are_many || (orphans_ == Orphans::set_aside && !orphans.empty())) removed = set_aside(std::exchange(orphans, {}));
  for (const auto* names : {&unfinished, &orphans})
    for (const std::string& name : *names) removed += ::unlink(path_of(name).c_str()) == 0;
  return removed;
}

std::size_t BlobStore::set_aside(const std::vector<std::string>& names) {
  const auto aside = make_aside_folder(folder_.parent_path());
  if (!aside.ok()) {
    log::warn("{} files that the database does not name stay where they are: {}", names.size(),
              aside.error().message());
    return 0;
  }
  std::size_t moved = 0;
  for (const std::string& name : names) moved += ::rename(path_of(name).c_str(), (*aside / name).c_str()) == 0;
  log::warn(
      "{} files in {} are named by no row of the database: they are in {} now. If the database is the right one, that "
      "folder can be deleted.",
      moved, folder_.string(), aside->string());
  return moved;
}

}  // namespace cumulet::storage
