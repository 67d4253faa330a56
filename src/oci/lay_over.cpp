#include "oci/lay_over.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "archive/descriptor.hpp"
#include "archive/unpack_layer.hpp"
#include "base/folder_removal.hpp"

namespace cumulet::oci {
namespace {

namespace fs = std::filesystem;
using archive::Descriptor;

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Error disk_error() {
  const int cause = errno;
  if (cause == ENOSPC || cause == EDQUOT) return Error{archive::kDiskFull, "the disk is full"};
  return Error{archive::kCannotWrite, "cannot lay out an image: " + std::generic_category().message(cause)};
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::vector<std::string>> names_in(const Descriptor& folder) {
  const int own = ::openat(folder.get(), ".", kFolder);
  std::unique_ptr<DIR, DirCloser> dir(own < 0 ? nullptr : ::fdopendir(own));
  if (!dir) {
    const Error error = disk_error();
    if (own >= 0) ::close(own);
    return error;
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return disk_error();
  return names;
}

// Whatever has the name goes.
Result<void> clear(const Descriptor& folder, const std::string& name) {
  if (::unlinkat(folder.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return disk_error();
  // By the descriptor: no link on the way is followed.
  if (!remove_folder(fs::path("/proc/self/fd") / std::to_string(folder.get()) / name)) return disk_error();
  return {};
}

Result<Descriptor> open_folder(const Descriptor& folder, const std::string& name) {
  Descriptor made(::openat(folder.get(), name.c_str(), kFolder));
  if (made.get() < 0) return disk_error();
  return made;
}

// The folder of that name; what else has it goes.
Result<Descriptor> make_folder(const Descriptor& parent, const std::string& name) {
  if (::mkdirat(parent.get(), name.c_str(), 0755) != 0) {
    if (errno != EEXIST) return disk_error();
    struct stat there {};
    if (::fstatat(parent.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0) return disk_error();
    if (!S_ISDIR(there.st_mode)) {
      CUMULET_CHECK(clear(parent, name));
      if (::mkdirat(parent.get(), name.c_str(), 0755) != 0) return disk_error();
    }
  }
  return open_folder(parent, name);
}

Result<void> copy_file(const Descriptor& from, const Descriptor& to, const std::string& name, const struct stat& info) {
  const Descriptor in(::openat(from.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const Descriptor out(::openat(to.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (in.get() < 0 || out.get() < 0) return disk_error();
  for (off_t at = 0; at < info.st_size;)
    if (const ssize_t n = ::sendfile(out.get(), in.get(), &at, 1 << 30); n <= 0) return disk_error();
  const timespec times[2] = {info.st_mtim, info.st_mtim};
  ::futimens(out.get(), times);
  if (::fchmod(out.get(), info.st_mode & 07777) != 0) return disk_error();
  return {};
}

class Laying {
 public:
  explicit Laying(archive::Limits limits) : limits_(limits) {}

  // What `layer` has, into `root`, which holds the layers below.
  Result<void> lay(const Descriptor& layer, const Descriptor& root, std::size_t depth) {
    if (depth > kDeepestFolder)
      return Error{archive::kBroken, "it has folders in each other, more than " + std::to_string(kDeepestFolder)};
    CUMULET_TRY(const std::vector<std::string> names, names_in(layer));
    CUMULET_CHECK(take_away(names, root));  // while there is nothing of this layer
    for (const std::string& name : names) {
      if (std::string_view(name).starts_with(archive::kWhiteout)) continue;
      struct stat info {};
      if (::fstatat(layer.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return disk_error();
      CUMULET_CHECK(count(info));
      if (!S_ISDIR(info.st_mode)) {
        CUMULET_CHECK(link(layer, root, name, info));
        continue;
      }
      CUMULET_TRY(const Descriptor from, open_folder(layer, name));
      CUMULET_TRY(const Descriptor to, make_folder(root, name));
      CUMULET_CHECK(lay(from, to, depth + 1));
      if (::fchmod(to.get(), info.st_mode & 0777) != 0) return disk_error();
    }
    return {};
  }

  // Each folder's rights as a stranger has them. The top is everybody's.
  static Result<void> settle(const Descriptor& folder) {
    CUMULET_TRY(const std::vector<std::string> names, names_in(folder));
    for (const std::string& name : names) {
      struct stat info {};
      if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return disk_error();
      if (!S_ISDIR(info.st_mode)) continue;
      CUMULET_TRY(const Descriptor inner, open_folder(folder, name));
      CUMULET_CHECK(settle(inner));
      const mode_t rights = info.st_mode & 07;
      if (::fchmod(inner.get(), rights << 6 | rights << 3 | rights) != 0) return disk_error();
    }
    return {};
  }

 private:
  Result<void> take_away(const std::vector<std::string>& names, const Descriptor& root) {
    for (const std::string& name : names) {
      if (name == archive::kOpaque) {
        CUMULET_TRY(const std::vector<std::string> below, names_in(root));
        for (const std::string& one : below) CUMULET_CHECK(clear(root, one));
        return {};
      }
    }
    for (const std::string& name : names)
      if (std::string_view(name).starts_with(archive::kWhiteout))
        CUMULET_CHECK(clear(root, name.substr(archive::kWhiteout.size())));
    return {};
  }

  Result<void> count(const struct stat& info) {
    if (++members_ > limits_.members)
      return Error{archive::kTooMany, "it has more than " + std::to_string(limits_.members) + " files and folders"};
    if (S_ISREG(info.st_mode)) bytes_ += static_cast<std::uint64_t>(info.st_size);
    if (bytes_ > limits_.bytes)
      return Error{archive::kTooLarge, "it unpacks to more than " + std::to_string(limits_.bytes) + " bytes"};
    return {};
  }

  static Result<void> link(const Descriptor& from, const Descriptor& to, const std::string& name,
                           const struct stat& info) {
    const auto try_link = [&] { return ::linkat(from.get(), name.c_str(), to.get(), name.c_str(), 0) == 0; };
    if (try_link()) return {};
    if (errno == EEXIST) {
      CUMULET_CHECK(clear(to, name));
      if (try_link()) return {};
    }
    if (errno != EMLINK) return disk_error();
    if (S_ISREG(info.st_mode)) return copy_file(from, to, name, info);
    std::string target(static_cast<std::size_t>(info.st_size) + 1, '\0');
    const ssize_t length = ::readlinkat(from.get(), name.c_str(), target.data(), target.size());
    if (length < 0) return disk_error();
    target.resize(static_cast<std::size_t>(length));
    if (::symlinkat(target.c_str(), to.get(), name.c_str()) != 0) return disk_error();
    return {};
  }

  archive::Limits limits_;
  std::size_t members_ = 0;
  std::uint64_t bytes_ = 0;
};

// Where the sandbox mounts what an image cannot bring along.
Result<void> make_places(const Descriptor& root) {
  for (const char* name : {"proc", "dev", "sys", "tmp"}) {
    CUMULET_TRY(const Descriptor made, make_folder(root, name));
    if (::fchmod(made.get(), 0755) != 0) return disk_error();
  }
  CUMULET_TRY(const Descriptor etc, make_folder(root, "etc"));
  for (const std::string name : {"resolv.conf", "hosts"}) {
    struct stat there {};
    if (::fstatat(etc.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(there.st_mode)) continue;
    CUMULET_CHECK(clear(etc, name));
    const Descriptor made(::openat(etc.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (made.get() < 0 || ::fchmod(made.get(), 0644) != 0) return disk_error();
  }
  return {};
}

}  // namespace

Result<void> lay_over(const std::vector<fs::path>& layers, const fs::path& root, archive::Limits limits) {
  const Descriptor to(::open(root.c_str(), kFolder));
  if (to.get() < 0) return disk_error();
  Laying laying(limits);
  for (const fs::path& layer : layers) {
    const Descriptor from(::open(layer.c_str(), kFolder));
    if (from.get() < 0) return disk_error();
    CUMULET_CHECK(laying.lay(from, to, 0));
  }
  CUMULET_CHECK(make_places(to));
  CUMULET_CHECK(Laying::settle(to));
  if (::fchmod(to.get(), 0755) != 0) return disk_error();
  return {};
}

}  // namespace cumulet::oci
