#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/http.hpp"
#include "base/user_data.hpp"
#include "server/config.hpp"
#include "server/face_model.hpp"

namespace cumulet::server {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestModel = 64U << 20;

Result<std::string> read_file(const fs::path& file) {
  const http::OpenFile open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  const auto because = [] { return Error{kNoFaceModel, std::string("cannot be read: ") + std::strerror(errno)}; };
  struct stat about {};
  if (open.fd() < 0 || ::fstat(open.fd(), &about) != 0) return because();
  if (S_ISDIR(about.st_mode)) return Error{kNoFaceModel, "is a folder"};
  if (!S_ISREG(about.st_mode)) return Error{kNoFaceModel, "is no regular file"};
  if (about.st_size == 0) return Error{kNoFaceModel, "is empty"};
  if (static_cast<std::uint64_t>(about.st_size) > kLargestModel)
    return Error{kNoFaceModel, "is no face model: it has more than 64 MB"};
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = ::pread(open.fd(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return because();
    if (got == 0) return Error{kNoFaceModel, "is cut short while it is read"};
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::optional<FaceModel>> checked(const fs::path& file) {
  auto bytes = read_file(file);
  const Result<vision::DetectorKind> kind =
      bytes.ok() ? check_face_model(*bytes) : Result<vision::DetectorKind>(bytes.error());
  if (!kind.ok()) return Error{kNoFaceModel, "the face model " + file.string() + ' ' + kind.error().message()};
  return std::optional(FaceModel{fs::absolute(file), *kind});
}

}  // namespace

Result<std::optional<FaceModel>> find_face_model(const std::optional<fs::path>& given) {
  if (given) return checked(*given);
  if (const char* file = std::getenv("CUMULET_FACE_MODEL"); file != nullptr && *file != '\0') return checked(file);
  std::optional<fs::path> kept = vision::kept_model(default_data_folder());
  if (!kept) kept = vision::kept_model(installed_data_folder());
  return kept ? checked(*kept) : Result<std::optional<FaceModel>>(std::nullopt);
}

}  // namespace cumulet::server
