#include "archive/tree.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>

#include "base/folder_removal.hpp"
#include "base/ids.hpp"

namespace cumulet::archive {
namespace fs = std::filesystem;

std::optional<fs::path> inside_path(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) return std::nullopt;
  fs::path clean;
  for (const auto& part : fs::path(name)) {
    if (part == ".." || part.native().size() > NAME_MAX) return std::nullopt;
    if (part != "." && !part.empty()) clean /= part;
  }
  return clean;
}

Error broken(std::string_view why) { return Error{kBroken, std::string(why)}; }

Error disk_error() {
  const int cause = errno;
  if (cause == ENOSPC || cause == EDQUOT) return Error{kDiskFull, "the disk is full"};
  return Error{kCannotWrite, "cannot unpack: " + std::generic_category().message(cause)};
}

const char* name_of(archive_entry* entry) {
  // Without a locale libarchive gives names with other than ASCII letters only in their UTF-8 form.
  const char* name = archive_entry_pathname_utf8(entry);
  return name != nullptr ? name : archive_entry_pathname(entry);
}

Tree::Tree(const fs::path& root, Limits limits)
    : root_(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), limits_(limits) {}

Result<void> Tree::count() {
  if (++members_ <= limits_.members) return {};
  return Error{kTooMany, "it has more than " + std::to_string(limits_.members) + " members"};
}

Error Tree::refusal(std::string_view member) const {
  if (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EROFS) return disk_error();
  return broken("the member '" + std::string(member.substr(0, 200)) + "' cannot stand where its name says");
}

Result<Descriptor> Tree::folder(const fs::path& relative) {
  Descriptor at(::dup(root_.get()));
  for (const fs::path& part : relative) {
    if (::mkdirat(at.get(), part.c_str(), 0755) == 0) {
      CUMULET_CHECK(count());
    } else if (errno != EEXIST) {
      return refusal(relative.native());
    }
    Descriptor next(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) return refusal(relative.native());
    at = std::move(next);
  }
  return at;
}

Descriptor Tree::existing_folder(const fs::path& relative) {
  Descriptor at(::dup(root_.get()));
  for (const fs::path& part : relative) {
    Descriptor next(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) return next;
    at = std::move(next);
  }
  return at;
}

Result<void> Tree::sync() {
  if (::syncfs(root_.get()) != 0) return disk_error();
  return {};
}

Result<Descriptor> Tree::create(const Descriptor& parent, const fs::path& name, mode_t mode) {
  Descriptor fd(
      ::openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode));
  if (fd.get() < 0) return refusal(name.native());
  return fd;
}

Result<void> Tree::copy(::archive* reader, const Descriptor& file) {
  for (;;) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader, &block, &size, &offset);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return broken("the data of a member are damaged");
    bytes_ += size;
    if (bytes_ > limits_.bytes)
      return Error{kTooLarge, "it unpacks to more than " + std::to_string(limits_.bytes) + " bytes"};
    if (::pwrite(file.get(), block, size, offset) != static_cast<ssize_t>(size)) return disk_error();
  }
}

Result<void> unpack_whole(const fs::path& folder, const std::function<Result<void>(const fs::path&)>& unpack) {
  const fs::path staging = folder.parent_path() / (".unpacking-" + uuid4());
  std::error_code error;
  fs::create_directories(staging, error);
  if (error) return Error{kCannotWrite, "cannot create " + staging.string() + ": " + error.message()};
  // Who runs what is in it is not the engine's user: it must be able to read and enter.
  fs::permissions(staging, fs::perms(0755), error);
  Result<void> done = unpack(staging);
  if (done.ok()) {
    fs::rename(staging, folder, error);
    if (error) done = Error{kCannotWrite, "cannot create " + folder.string() + ": " + error.message()};
  }
  if (!done.ok()) remove_folder(staging);
  return done;
}

}  // namespace cumulet::archive
