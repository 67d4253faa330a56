#include "process/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string out;
  char buffer[4096];
  ssize_t n;
  while ((n = ::read(fd, buffer, sizeof buffer)) > 0) out.append(buffer, static_cast<std::size_t>(n));
  ::close(fd);
  return out;
}

bool write_file(const fs::path& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return ok;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  const auto start = text.find_first_of("0123456789");
  if (start != std::string_view::npos) std::from_chars(text.data() + start, text.data() + text.size(), n);
  return n;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return out;
}

// "key value" lines; 0 when absent.
std::uint64_t field(std::string_view text, std::string_view key) {
  for (const auto line : split(text, '\n'))
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return number(line.substr(key.size()));
  return 0;
}

bool contains_word(std::string_view text, std::string_view word, char separator) {
  const auto words = split(text, separator);
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct Mount {
  fs::path point;
  std::string root;
  bool is_v2 = false;
  std::string options;  // super options: "rw,memory"
};

// https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
std::vector<Mount> cgroup_mounts(std::string_view mountinfo) {
  std::vector<Mount> out;
  for (const auto line : split(mountinfo, '\n')) {
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    if (right[0] != "cgroup" && right[0] != "cgroup2") continue;
    out.push_back({fs::path(left[4]), std::string(left[3]), right[0] == "cgroup2", std::string(right[2])});
  }
  return out;
}

// The process's own group inside a mount; the mount's root where the path is not visible there.
fs::path own_folder(const Mount& mount, std::string_view own_path) {
  if (own_path.starts_with(mount.root) && mount.root != "/") own_path.remove_prefix(mount.root.size());
  while (own_path.starts_with('/')) own_path.remove_prefix(1);
  const fs::path folder = mount.point / fs::path(own_path);
  std::error_code ec;
  return fs::is_directory(folder, ec) ? folder : mount.point;
}

// True when a group can be made here and has `file`.
bool can_make(const fs::path& parent, std::string_view file) {
  const fs::path probe = parent / ("cumulet-probe-" + std::to_string(::getpid()));
  if (::mkdir(probe.c_str(), 0755) != 0) return false;
  const bool ok = ::access((probe / fs::path(file)).c_str(), W_OK) == 0;
  ::rmdir(probe.c_str());
  return ok;
}

// v2 forbids processes beside children with controllers (except in the root group): where we are alone in ours, we move
// into a leaf, so that controllers can be handed to sandboxes.
bool enable_v2(const fs::path& folder) {
  const auto enabled = [&] {
    return contains_word(read_file(folder / "cgroup.subtree_control").value_or("").c_str(), "memory", ' ');
  };
  const std::string controllers = read_file(folder / "cgroup.controllers").value_or("");
  std::string wanted;
  for (const char* name : {"memory", "pids", "cpu"})
    if (controllers.find(name) != std::string::npos) wanted += std::string(wanted.empty() ? "+" : " +") + name;
  if (wanted.find("memory") == std::string::npos) return false;
  if (enabled() || write_file(folder / "cgroup.subtree_control", wanted)) return true;
  const std::string self = std::to_string(::getpid()) + "\n";
  if (read_file(folder / "cgroup.procs").value_or("") != self) return false;
  const fs::path leaf = folder / "cumulet-engine";
  ::mkdir(leaf.c_str(), 0755);
  return write_file(leaf / "cgroup.procs", self) && write_file(folder / "cgroup.subtree_control", wanted);
}

}  // namespace

std::vector<fs::path> Group::joins() const {
  std::vector<fs::path> out;
  for (const auto& folder : folders_) out.push_back(folder / (is_v2_ ? "cgroup.procs" : "tasks"));
  return out;
}

std::uint64_t Group::oom_kills() const {
  if (memory_.empty()) return 0;
  return field(read_file(memory_ / (is_v2_ ? "memory.events" : "memory.oom_control")).value_or(""), "oom_kill");
}

std::uint64_t Group::peak_bytes() const {
  if (memory_.empty()) return 0;
  const std::string stat = read_file(memory_ / "memory.stat").value_or("");
  const std::uint64_t cache = is_v2_ ? field(stat, "file") : field(stat, "total_cache");
  const std::uint64_t now = is_v2_ ? field(stat, "anon") : field(stat, "total_rss");
  const std::uint64_t peak =
      number(read_file(memory_ / (is_v2_ ? "memory.peak" : "memory.max_usage_in_bytes")).value_or("0"));
  return std::max(now, peak > cache ? peak - cache : 0);
}

bool Group::remove() {
  bool all = true;
  for (const auto& folder : folders_)
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) all = false;
  return all;
}

GroupTree GroupTree::detect(std::string_view mounts, std::string_view own) {
  std::map<std::string, std::string, std::less<>> v1_paths;
  std::string v2_path = "/";
  for (const auto line : split(own, '\n')) {
    const auto parts = line.find(':') == std::string_view::npos ? std::string_view{} : line.substr(line.find(':') + 1);
    const auto colon = parts.find(':');
    if (colon == std::string_view::npos) continue;
    const auto path = parts.substr(colon + 1);
    if (parts.substr(0, colon).empty()) v2_path = path;
    for (const auto controller : split(parts.substr(0, colon), ',')) v1_paths.emplace(controller, path);
  }
  GroupTree tree;
  for (const Mount& mount : cgroup_mounts(mounts)) {
    if (mount.is_v2) continue;
    const auto place = [&](std::string_view controller, std::string_view file) -> fs::path {
      if (!contains_word(mount.options, controller, ',')) return {};
      const auto path = v1_paths.find(controller);
      const fs::path folder = own_folder(mount, path == v1_paths.end() ? "/" : std::string_view(path->second));
      if (can_make(folder, file)) return folder;
      return can_make(mount.point, file) ? mount.point : fs::path{};
    };
    if (auto folder = place("memory", "memory.limit_in_bytes"); !folder.empty()) tree.memory_ = folder;
    if (auto folder = place("pids", "pids.max"); !folder.empty()) tree.pids_ = folder;
    if (auto folder = place("cpu", "cpu.shares"); !folder.empty()) tree.cpu_ = folder;
  }
  if (!tree.memory_.empty()) return tree;
  for (const Mount& mount : cgroup_mounts(mounts)) {
    if (!mount.is_v2) continue;
    const fs::path folder = own_folder(mount, v2_path);
    if (!enable_v2(folder) || !can_make(folder, "memory.max")) continue;
    tree.is_v2_ = true;
    tree.memory_ = folder;
    if (can_make(folder, "pids.max")) tree.pids_ = folder;
    if (can_make(folder, "cpu.weight")) tree.cpu_ = folder;
    break;
  }
  return tree;
}

std::unique_ptr<Group> GroupTree::create(const std::string& name, const GroupLimits& limits) const {
  std::vector<fs::path> folders;
  const auto make = [&](const fs::path& parent) -> fs::path {
    if (parent.empty()) return {};
    const fs::path folder = parent / name;
    if (std::find(folders.begin(), folders.end(), folder) != folders.end()) return folder;
    if (::mkdir(folder.c_str(), 0755) != 0) return {};
    folders.push_back(folder);
    return folder;
  };
  const fs::path memory = make(memory_), pids = make(pids_), cpu = make(cpu_);
  if (folders.empty()) return nullptr;
  auto group = std::make_unique<Group>(folders, memory, is_v2_);
  bool ok = true;
  if (!memory.empty() && limits.memory_bytes) {
    const std::string bytes = std::to_string(limits.memory_bytes);
    ok = write_file(memory / (is_v2_ ? "memory.max" : "memory.limit_in_bytes"), bytes);
    // Swap would hide the limit; absent where swap accounting is off.
    write_file(memory / (is_v2_ ? "memory.swap.max" : "memory.memsw.limit_in_bytes"), is_v2_ ? "0" : bytes);
  }
  if (!pids.empty() && limits.max_processes) write_file(pids / "pids.max", std::to_string(limits.max_processes));
  if (!cpu.empty()) {
    // v1 shares 2..262144 around 1024; v2 weights 1..10000 around 100.
    if (is_v2_)
      write_file(cpu / "cpu.weight", std::to_string(std::clamp(limits.cpu_weight * 100 / 1024, 1u, 10000u)));
    else
      write_file(cpu / "cpu.shares", std::to_string(std::clamp(limits.cpu_weight, 2u, 262144u)));
  }
  if (!ok) {
    group->remove();
    return nullptr;
  }
  return group;
}

void GroupTree::sweep(std::string_view prefix) const {
  for (const fs::path& parent : {memory_, pids_, cpu_}) {
    if (parent.empty()) continue;
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(parent, ec)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(prefix)) continue;
      const auto pid = static_cast<pid_t>(number(std::string_view(name).substr(prefix.size())));
      if (pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH) continue;
      const std::string inside = read_file(entry.path() / "cgroup.procs").value_or("");
      for (const auto line : split(inside, '\n'))
        if (const auto left = static_cast<pid_t>(number(line)); left > 1) ::kill(left, SIGKILL);
      for (int i = 0; i < 50 && ::rmdir(entry.path().c_str()) != 0 && errno == EBUSY; ++i) ::usleep(1000);
    }
  }
}

}  // namespace cumulet::process
