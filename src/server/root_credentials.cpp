#include "server/root_credentials.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/encoding.hpp"
#include "server/config.hpp"

namespace cumulet::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSecretBytes = 30;  // 40 characters of base64, as AWS's secrets are
constexpr std::size_t kMostBytes = 4096;

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

 private:
  int fd_;
};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::optional<auth::Credentials> parse(const std::string& text) {
  auth::Credentials out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string name = trimmed(std::string_view(line).substr(0, equals));
    const std::string value = trimmed(std::string_view(line).substr(equals + 1));
    if (name == "aws_access_key_id") out.access_key_id = value;
    if (name == "aws_secret_access_key") out.secret_access_key = value;
  }
  if (out.access_key_id.empty() || out.secret_access_key.empty()) return std::nullopt;
  return out;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

fs::path root_credentials_file(const fs::path& data_folder) { return data_folder / "root-credentials"; }

Result<std::optional<auth::Credentials>> read_root_credentials(const fs::path& data_folder) {
  const fs::path file = root_credentials_file(data_folder);
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<auth::Credentials>{};
    return failed("Cannot read", file);
  }
  std::string text(kMostBytes, '\0');
  const auto n = ::read(fd.get(), text.data(), text.size());
  if (n < 0) return failed("Cannot read", file);
  text.resize(static_cast<std::size_t>(n));
  auto found = parse(text);
  if (!found)
    return Error{kDataFolder, file.string() + " holds no access key; delete it, and the engine makes another one"};
  return found;
}

Result<auth::Credentials> keep_root_credentials(const fs::path& data_folder, Random& random) {
  const fs::path file = root_credentials_file(data_folder);
  CUMULET_TRY(auto kept, read_root_credentials(data_folder));
  if (kept) {
    // A copied folder or a careless hand may have opened it.
    if (::chmod(file.c_str(), 0600) != 0) return failed("Cannot make private (mode 0600)", file);
    return std::move(*kept);
  }
  auth::Credentials made;
  made.access_key_id = "AKIA" + random_upper_alnum(16, random);
  made.secret_access_key = base64_encode(*hex_decode(random_hex(kSecretBytes * 2, random)));

  const fs::path unfinished = file.string() + ".new";
  ::unlink(unfinished.c_str());  // of an engine that was killed in between
  const Descriptor fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return failed("Cannot create", unfinished);
  const std::string text = "[default]\naws_access_key_id = " + made.access_key_id +
                           "\naws_secret_access_key = " + made.secret_access_key + "\n";
  if (!write_all(fd.get(), text) || ::fchmod(fd.get(), 0600) != 0 || ::fsync(fd.get()) != 0)
    return failed("Cannot write", unfinished);
  if (::rename(unfinished.c_str(), file.c_str()) != 0) return failed("Cannot create", file);
  const Descriptor folder(::open(data_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return failed("Cannot write", data_folder);
  return made;
}

bool is_well_known(const auth::Credentials& credentials) { return credentials.secret_access_key == "test"; }

}  // namespace cumulet::server
