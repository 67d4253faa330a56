#include "services/rekognition/materialize.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "services/rekognition/vision.hpp"

namespace cumulet::rekognition {
namespace {

Error system_error(const std::string& doing) { return Error{kVisionFailed, doing + ": " + std::strerror(errno) + "."}; }

bool link_whole_file(const Object& object, const std::filesystem::path& target) {
  if (object.pieces.size() != 1) return false;
  const auto* range = std::get_if<http::FileRange>(&object.pieces[0]);
  struct stat file {};
  if (range == nullptr || range->offset != 0 || ::fstat(range->file->fd(), &file) != 0) return false;
  if (static_cast<std::uint64_t>(file.st_size) != range->length) return false;
  const std::string open_file = "/proc/self/fd/" + std::to_string(range->file->fd());
  return ::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_error("The object cannot be copied");
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> copy_range(const http::FileRange& range, int out) {
  auto at = static_cast<off64_t>(range.offset);
  std::uint64_t left = range.length;
  bool by_kernel = true;
  std::string buffer;
  while (left > 0) {
    ssize_t got = 0;
    if (by_kernel) {
      got = ::copy_file_range(range.file->fd(), &at, out, nullptr, left, 0);
      if (got < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
        by_kernel = false;
        continue;
      }
    } else {
      buffer.resize(1U << 20);
      got = ::pread(range.file->fd(), buffer.data(), std::min<std::uint64_t>(left, buffer.size()), at);
      if (got > 0) {
        CUMULET_CHECK(write_all(out, std::string_view(buffer).substr(0, static_cast<std::size_t>(got))));
        at += got;
      }
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("The object cannot be copied");
    if (got == 0) return Error{kVisionFailed, "The object ends early."};
    left -= static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

Result<void> materialize(const Object& object, const std::filesystem::path& target) {
  if (link_whole_file(object, target)) return {};
  const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("The object cannot be copied");
  const http::OpenFile out(fd);
  for (const http::Piece& piece : object.pieces) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      CUMULET_CHECK(write_all(fd, *text));
    } else {
      CUMULET_CHECK(copy_range(std::get<http::FileRange>(piece), fd));
    }
  }
  return {};
}

Result<std::string> bytes_of(const Object& object) {
  std::string bytes;
  for (const http::Piece& piece : object.pieces) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      bytes += *text;
      continue;
    }
    const auto& range = std::get<http::FileRange>(piece);
    const std::size_t begin = bytes.size();
    bytes.resize(begin + range.length);
    for (std::size_t done = 0; done < range.length;) {
      const ssize_t got = ::pread(range.file->fd(), bytes.data() + begin + done, range.length - done,
                                  static_cast<off_t>(range.offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return system_error("The object cannot be read");
      done += static_cast<std::size_t>(got);
    }
  }
  return bytes;
}

}  // namespace cumulet::rekognition
