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

#include "base/ids.hpp"
#include "services/lambda/errors.hpp"

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

class Unpacker {
 public:
  explicit Unpacker(fs::path root) : root_(std::move(root)) {}

  std::size_t members() const { return members_; }

  Result<void> member(archive* reader, archive_entry* entry) {
    if (++members_ > kMemberLimit) return not_a_zip();
    // Without a locale libarchive gives names with other than ASCII letters only in their UTF-8 form.
    const char* name = archive_entry_pathname_utf8(entry);
    if (!name) name = archive_entry_pathname(entry);
    if (!name) return not_a_zip();
    const auto relative = safe_path(name);
    if (!relative) return not_a_zip();
    const fs::path path = root_ / *relative;
    std::error_code error;
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR: fs::create_directories(path, error); break;
      case AE_IFLNK: return link(*relative, path, archive_entry_symlink(entry));
      case AE_IFREG: return file(reader, path, archive_entry_mode(entry));
      default: return not_a_zip();
    }
    if (error) return not_a_zip();
    return {};
  }

 private:
  Result<void> file(archive* reader, const fs::path& path, mode_t mode) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return not_a_zip();
    const mode_t permissions = mode & 0111 ? 0755 : 0644;
    // O_NOFOLLOW: a link unpacked before must not lead the write elsewhere. A later member of the same name wins.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, permissions);
    if (fd < 0) return errno == ENOSPC ? disk_error("unpacking the function's code") : not_a_zip();
    const auto written = copy(reader, fd);
    ::fchmod(fd, permissions);
    ::close(fd);
    return written;
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
  Result<void> link(const fs::path& relative, const fs::path& path, const char* target) {
    if (!target || *target == '/' || *target == '\0') return not_a_zip();
    const fs::path resolved = (relative.parent_path() / target).lexically_normal();
    if (resolved.empty() || *resolved.begin() == "..") return not_a_zip();
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error || ::symlink(target, path.c_str()) != 0) return not_a_zip();
    return {};
  }

  fs::path root_;
  std::size_t members_ = 0;
  std::uint64_t total_ = 0;
};

Result<void> unpack_into(std::string_view zip, const fs::path& folder) {
  Reader reader(archive_read_new());
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK) return not_a_zip();
  Unpacker unpacker(folder);
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF)
      return unpacker.members() > 0 ? Result<void>{}
                                    : user_error(kInvalidParameterValue, "Uploaded file must be a non-empty zip");
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return not_a_zip();
    CUMULET_CHECK(unpacker.member(reader.get(), entry));
  }
}

}  // namespace

Result<void> unpack_zip(std::string_view zip, const std::filesystem::path& folder) {
  if (!zip.starts_with("PK")) return not_a_zip();
  const fs::path staging = folder.parent_path() / (".unpacking-" + uuid4());
  std::error_code error;
  fs::create_directories(staging, error);
  if (error) return Error{kServiceException, "cannot create " + staging.string() + ": " + error.message()};
  // The function's user is not the engine's: it must be able to read and enter.
  fs::permissions(staging, fs::perms(0755), error);
  Result<void> done = unpack_into(zip, staging);
  if (done.ok()) {
    fs::rename(staging, folder, error);
    if (error) done = Error{kServiceException, "cannot create " + folder.string() + ": " + error.message()};
  }
  if (!done.ok()) fs::remove_all(staging, error);
  return done;
}

}  // namespace cumulet::lambda
