#include "services/lambda/code_package.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/folder_removal.hpp"
#include "base/ids.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/zip_directory.hpp"
#include "storage/database.hpp"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

Error not_a_zip() {
  return user_error(kInvalidParameterValue,
                    "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

Error too_large() {
  return user_error(kInvalidParameterValue,
                    "Unzipped size must be smaller than " + std::to_string(kUnzippedLimit) + " bytes");
}

Error disk_error(std::string_view what) {
  if (errno == ENOSPC || errno == EDQUOT) return Error{storage::kStorageFull, std::string(what) + ": the disk is full"};
  return Error{kServiceException, std::string(what) + ": " + std::strerror(errno)};
}

struct ReadCloser {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, ReadCloser>;

// The member's path when it stays inside, else nullopt. Windows zips name folders with backslashes.
std::optional<fs::path> safe_path(std::string name) {
  for (auto& c : name)
    if (c == '\\') c = '/';
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string::npos) return std::nullopt;
  fs::path clean;
  for (const auto& part : fs::path(name)) {
    if (part == "..") return std::nullopt;
    if (part != "." && !part.empty()) clean /= part;
  }
  return clean;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Every name is opened from the folder it stands in, never through a link: links that each point inside can lead
// outside together ("a/x" -> "..", "y" -> "a/x/..").
class Unpacker {
 public:
  Unpacker(const fs::path& root, std::size_t most_members)
      : root_(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), most_members_(most_members) {}

  std::size_t members() const { return members_; }

  Result<void> member(archive* reader, archive_entry* entry) {
    if (++members_ > most_members_) return not_a_zip();
    // Without a locale libarchive gives names with other than ASCII letters only in their UTF-8 form.
    const char* name = archive_entry_pathname_utf8(entry);
    if (!name) name = archive_entry_pathname(entry);
    if (!name) return not_a_zip();
    const auto relative = safe_path(name);
    if (!relative) return not_a_zip();
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR: {
        CUMULET_TRY(const Descriptor made, folder(*relative));
        return {};
      }
      case AE_IFLNK: return link(*relative, archive_entry_symlink(entry));
      case AE_IFREG: return file(reader, *relative, archive_entry_mode(entry));
      default: return not_a_zip();
    }
  }

 private:
  // A folder below the root, made with those above it. What only a name tells of counts as a member too: a thousand
  // members with names of two thousand levels each would make two million folders.
  Result<Descriptor> folder(const fs::path& relative) {
    Descriptor at(::dup(root_.get()));
    for (const fs::path& part : relative) {
      if (::mkdirat(at.get(), part.c_str(), 0755) == 0) {
        if (++members_ > most_members_) return not_a_zip();
      } else if (errno != EEXIST) {
        return refusal();
      }
      Descriptor next(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (next.get() < 0) return refusal();
      at = std::move(next);
    }
    return at;
  }

  static Error refusal() {
    return errno == ENOSPC || errno == EDQUOT ? disk_error("unpacking the function's code") : not_a_zip();
  }

  Result<void> file(archive* reader, const fs::path& relative, mode_t mode) {
    if (relative.empty()) return not_a_zip();
    CUMULET_TRY(const Descriptor parent, folder(relative.parent_path()));
    const mode_t permissions = mode & 0111 ? 0755 : 0644;
    // A later member of the same name wins.
    const Descriptor fd(::openat(parent.get(), relative.filename().c_str(),
                                 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, permissions));
    if (fd.get() < 0) return refusal();
    CUMULET_CHECK(copy(reader, fd.get()));
    ::fchmod(fd.get(), permissions);
    return {};
  }

  Result<void> copy(archive* reader, int fd) {
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(reader, &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK) return not_a_zip();
      total_ += size;
      if (total_ > kUnzippedLimit) return too_large();
      if (::pwrite(fd, block, size, offset) != static_cast<ssize_t>(size))
        return disk_error("unpacking the function's code");
    }
    if (::fdatasync(fd) != 0) return disk_error("unpacking the function's code");
    return {};
  }

  // A link may point anywhere inside the package, relative to its own folder.
  Result<void> link(const fs::path& relative, const char* target) {
    if (relative.empty() || !target || *target == '/' || *target == '\0') return not_a_zip();
    const fs::path resolved = (relative.parent_path() / target).lexically_normal();
    if (resolved.empty() || *resolved.begin() == "..") return not_a_zip();
    CUMULET_TRY(const Descriptor parent, folder(relative.parent_path()));
    if (::symlinkat(target, parent.get(), relative.filename().c_str()) != 0) return refusal();
    return {};
  }

  Descriptor root_;
  std::size_t most_members_;
  std::size_t members_ = 0;
  std::uint64_t total_ = 0;
};

Error empty_zip() { return user_error(kInvalidParameterValue, "Uploaded file must be a non-empty zip"); }

Result<void> unpack_into(std::string_view zip, const fs::path& folder, std::size_t most_members) {
  Reader reader(archive_read_new());
  archive_read_support_format_zip_seekable(reader.get());  // by the directory that was checked
  if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK) return not_a_zip();
  Unpacker unpacker(folder, most_members);
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return unpacker.members() > 0 ? Result<void>{} : empty_zip();
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return not_a_zip();
    CUMULET_CHECK(unpacker.member(reader.get(), entry));
  }
}

}  // namespace

Result<void> unpack_zip(std::string_view zip, const std::filesystem::path& folder, std::size_t most_members) {
  if (!is_whole_zip(zip)) return not_a_zip();
  if (zip.starts_with("PK\5\6")) return empty_zip();  // begins with its end; libarchive takes that for no zip
  const fs::path staging = folder.parent_path() / (".unpacking-" + uuid4());
  std::error_code error;
  fs::create_directories(staging, error);
  if (error) return Error{kServiceException, "cannot create " + staging.string() + ": " + error.message()};
  // The function's user is not the engine's: it must be able to read and enter.
  fs::permissions(staging, fs::perms(0755), error);
  Result<void> done = unpack_into(zip, staging, most_members);
  if (done.ok()) {
    fs::rename(staging, folder, error);
    if (error) done = Error{kServiceException, "cannot create " + folder.string() + ": " + error.message()};
  }
  if (!done.ok()) remove_folder(staging);
  return done;
}

}  // namespace cumulet::lambda
