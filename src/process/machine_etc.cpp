#include "process/machine_etc.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "process/bwrap_arguments.hpp"
#include "process/namespaces.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kResolvers = "resolv.conf";
constexpr const char* kFiles[] = {"ld.so.cache", "resolv.conf", "hosts",     "nsswitch.conf",
                                  "services",    "protocols",   "localtime", "ssl/openssl.cnf"};
constexpr std::string_view kFolders[] = {"alternatives", "ssl/certs", "pki/tls/certs", "pki/ca-trust", "fonts"};
// Lambda's user, by its name there.
constexpr std::string_view kUser = "sbx_user1051";
constexpr std::string_view kLock =
    "lock";  // held while the folder is in use, whatever the process's number means elsewhere

// The machine's own resolvers may listen on its loopback, which is not seen inside.
std::string inside_resolvers(const std::string& machines) {
  std::string out = std::string("nameserver ") + kResolver + '\n';
  std::istringstream in(machines);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("search") || line.starts_with("domain") || line.starts_with("options")) out += line + '\n';
  return out;
}

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  return out.flush().good();
}

}  // namespace

MachineEtc::MachineEtc(fs::path source, std::string prefix) : source_(std::move(source)), prefix_(std::move(prefix)) {}

void MachineEtc::remove() {
  std::lock_guard lock(mutex_);
  std::error_code ec;
  if (!root_.empty() && owner_ == ::getpid()) fs::remove_all(root_, ec);
  root_.clear();
  current_.reset();
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

std::vector<std::string_view> MachineEtc::folders() { return {std::begin(kFolders), std::end(kFolders)}; }

std::vector<MachineEtc::Stamp> MachineEtc::stamps() const {
  std::vector<Stamp> out;
  for (const char* name : kFiles) {
    struct stat info;
    Stamp stamp;
    if (::stat((source_ / name).c_str(), &info) == 0 && S_ISREG(info.st_mode))
      stamp = {info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec, info.st_ino, info.st_size};
    out.push_back(stamp);
  }
  return out;
}

bool MachineEtc::make(const fs::path& folder) const {
  std::error_code ec;
  fs::create_directories(folder / "ssl", ec);
  if (ec) return false;
  for (const std::string_view name : kFiles) {
    if (!fs::is_regular_file(source_ / name, ec)) continue;
    std::ifstream in(source_ / name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in || !write_file(folder / name, name == kResolvers ? inside_resolvers(text) : text)) return false;
  }
  for (const auto name : kFolders)
    if (fs::is_directory(source_ / name, ec)) fs::create_directories(folder / name, ec);
  const std::string uid = std::to_string(kUid), gid = std::to_string(kGid), user(kUser);
  return write_file(folder / "passwd", "root:x:0:0:root:/root:/sbin/nologin\n" + user + ":x:" + uid + ':' + gid +
                                           "::/home/" + user + ":/sbin/nologin\n") &&
         write_file(folder / "group", "root:x:0:\n" + user + ":x:" + gid + ":\n");
}

bool MachineEtc::is_whole(const fs::path& folder) const {
  for (std::size_t i = 0; i < std::size(kFiles); ++i)
    if (seen_[i].size >= 0 && ::access((folder / kFiles[i]).c_str(), R_OK) != 0) return false;
  return ::access((folder / "passwd").c_str(), R_OK) == 0 && ::access((folder / "group").c_str(), R_OK) == 0;
}

std::optional<fs::path> MachineEtc::folder() {
  std::lock_guard lock(mutex_);
  auto now = stamps();
  if (current_ && now == seen_ && is_whole(*current_)) return current_;
  if (root_.empty() || ::access(root_.c_str(), W_OK) != 0) {
    std::error_code ec;
    const fs::path temporary = fs::temp_directory_path(ec);
    std::string pattern = temporary / (prefix_ + std::to_string(::getpid()) + "-XXXXXX");
    if (ec || !::mkdtemp(pattern.data())) return std::nullopt;
    ::chmod(pattern.c_str(), 0755);  // the sandbox's user reads it
    root_ = pattern;
    owner_ = ::getpid();
    if (lock_ >= 0) ::close(lock_);
    // Under its name only when it is held: another program that starts now sweeps what it can lock.
    const fs::path made = root_ / "lock.new";
    lock_ = ::open(made.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0) ::rename(made.c_str(), (root_ / kLock).c_str());
  }
  const fs::path next = root_ / std::to_string(++generation_);
  if (!make(next)) return std::nullopt;
  current_ = next;
  seen_ = std::move(now);
  return current_;
}

void MachineEtc::sweep(std::string_view prefix) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(ec), ec)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    const int lock = ::open((entry.path() / kLock).c_str(), O_RDWR | O_CLOEXEC);
    if (lock < 0) continue;  // another user's, or one that is just being made
    std::error_code ignored;
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), ignored);
    ::close(lock);
  }
}

}  // namespace cumulet::process
