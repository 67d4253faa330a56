#include "process/usage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace cumulet::process {
namespace {

constexpr std::uint64_t kFreeBuffers = 256;         // pipes and sockets that are not counted
constexpr std::uint64_t kPipeBytes = 64 * 1024;     // pipe(7): the default capacity
constexpr std::uint64_t kSocketBytes = 208 * 1024;  // net.core.wmem_default

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

// The numbers in a folder of /proc: processes, tasks, descriptors.
template <class F>
void each_number(const std::string& folder, F visit) {
  const Dir dir(::opendir(folder.c_str()));
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get()))
    if (entry->d_name[0] != '.') visit(::dirfd(dir.get()), entry->d_name);
}

void children_of(pid_t pid, std::vector<pid_t>& out) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  each_number(tasks, [&](int, const char* task) {
    std::ifstream in(tasks + '/' + task + "/children");
    pid_t child;
    while (in >> child) out.push_back(child);
  });
}

struct SetSize {
  std::uint64_t all = 0, shared = 0;  // `shared`: the part that maps shared memory
};

// Adds up the lines "Name:  123 kB" of a file of /proc.
template <class F>
void each_size(const std::string& path, F visit) {
  std::ifstream in(path);
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && line.ends_with(" kB"))
      visit(std::string_view(line).substr(0, colon), std::strtoull(line.c_str() + colon + 1, nullptr, 10) * 1024);
  }
}

SetSize set_size(pid_t pid) {
  const std::string home = "/proc/" + std::to_string(pid);
  SetSize size;
  each_size(home + "/smaps_rollup", [&](std::string_view name, std::uint64_t bytes) {
    if (name == "Pss") size.all += bytes;
    if (name == "Pss_Shmem") size.shared += bytes;
  });
  // Reading a page that was never written maps one that all share: the tables that say so are what it takes.
  each_size(home + "/status", [&](std::string_view name, std::uint64_t bytes) {
    if (name == "VmPTE") size.all += bytes;
  });
  return size;
}

// A line of /proc/PID/maps: "7f12-7f13 rw-s 00001000 00:01 4711    /memfd:x (deleted)".
struct Mapping {
  std::string range;
  std::uint64_t end_in_file = 0;  // the file is at least that long, or was
  dev_t device = 0;
  ino_t inode = 0;
  bool is_deleted = false;
  bool is_shared_memory = false;
};

Mapping parse_mapping(const std::string& line) {
  Mapping mapping;
  char range[64] = {}, rights[8] = {};
  unsigned long long offset = 0, inode = 0;
  unsigned int major = 0, minor = 0;
  int path = 0;
  if (std::sscanf(line.c_str(), "%63s %7s %llx %x:%x %llu %n", range, rights, &offset, &major, &minor, &inode, &path) <
      6)
    return mapping;
  char* end = nullptr;
  const std::uint64_t from = std::strtoull(range, &end, 16);
  const std::uint64_t to = *end == '-' ? std::strtoull(end + 1, nullptr, 16) : from;
  const std::string_view name = std::string_view(line).substr(static_cast<std::size_t>(path));
  mapping.range = range;
  mapping.end_in_file = offset + (to - from);
  mapping.device = makedev(major, minor);
  mapping.inode = inode;
  mapping.is_deleted = name.ends_with(" (deleted)");
  mapping.is_shared_memory = name.starts_with("/memfd:") || name.starts_with("/dev/zero") || name.starts_with("/SYSV");
  return mapping;
}

// What was found so far; each file counts once, whoever holds it.
class Survey {
 public:
  explicit Survey(dev_t disk) : disk_(disk) {}

  void process(pid_t pid) {
    const std::string home = "/proc/" + std::to_string(pid);
    each_number(home + "/task", [&](int, const char* task) {
      // Threads share their descriptors unless they asked not to.
      const auto id = static_cast<pid_t>(std::atoi(task));
      if (id == pid || ::syscall(SYS_kcmp, pid, id, KCMP_FILES, 0, 0) != 0) descriptors(home + "/task/" + task);
    });
    for (const char* name : {"/exe", "/cwd"}) {
      struct stat info {};
      if (::stat((home + name).c_str(), &info) == 0) file(info, home + name);
    }
    maps(home);
  }

  Holdings result() && {
    // What is known by its mapped length alone, unless another process had it open.
    shared_.merge(mapped_shared_);
    unlinked_.merge(mapped_unlinked_);
    Holdings held;
    for (const auto& [inode, bytes] : unlinked_) held.unlinked_bytes += bytes;
    for (const auto& [id, bytes] : shared_) held.shared_bytes += bytes;
    std::uint64_t free = kFreeBuffers;
    for (const auto& [buffers, each] : {std::pair{&sockets_, kSocketBytes}, std::pair{&pipes_, kPipeBytes}}) {
      const std::uint64_t covered = std::min<std::uint64_t>(free, buffers->size());
      held.buffer_bytes += (buffers->size() - covered) * each;
      free -= covered;
    }
    held.in_flight = in_flight_;
    return held;
  }

 private:
  void descriptors(const std::string& task) {
    each_number(task + "/fd", [&](int folder, const char* number) {
      struct stat info {};
      if (::fstatat(folder, number, &info, 0) != 0) return;  // by the link's magic: the file itself
      if (S_ISFIFO(info.st_mode)) {
        pipes_.insert(info.st_ino);
      } else if (S_ISSOCK(info.st_mode)) {
        if (sockets_.insert(info.st_ino).second) count_in_flight(task + "/fdinfo/" + number);
      } else {
        file(info, task + "/fd/" + number);
      }
    });
  }

  void file(const struct stat& info, const std::string& path) {
    const std::uint64_t bytes = static_cast<std::uint64_t>(info.st_blocks) * 512;
    if (info.st_dev == disk_) {
      if (info.st_nlink == 0) unlinked_[info.st_ino] = bytes;
    } else if (info.st_nlink == 0 && S_ISREG(info.st_mode) && is_memory(info.st_dev, path)) {
      shared_[{info.st_dev, info.st_ino}] = bytes;
    }
  }

  void maps(const std::string& home) {
    std::ifstream in(home + "/maps");
    std::string line;
    while (std::getline(in, line)) {
      if (!line.ends_with(" (deleted)")) continue;
      const Mapping mapping = parse_mapping(line);
      if (!mapping.is_deleted || unlinked_.contains(mapping.inode) || shared_.contains({mapping.device, mapping.inode}))
        continue;
      const std::string path = home + "/map_files/" + mapping.range;
      struct stat info {};
      if (::stat(path.c_str(), &info) == 0) {
        file(info, path);
        continue;
      }
      // An ordinary user may not look: by its length, of which there may be several pieces.
      if (mapping.is_shared_memory) {
        auto& bytes = mapped_shared_[{mapping.device, mapping.inode}];
        bytes = std::max(bytes, mapping.end_in_file);
      } else if (mapping.device == disk_) {
        auto& bytes = mapped_unlinked_[mapping.inode];
        bytes = std::max(bytes, mapping.end_in_file);
      }
    }
  }

  void count_in_flight(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    while (std::getline(in, line))
      if (line.starts_with("scm_fds:")) in_flight_ += std::strtoull(line.c_str() + 8, nullptr, 10);
  }

  bool is_memory(dev_t device, const std::string& path) {
    const auto known = is_memory_.find(device);
    if (known != is_memory_.end()) return known->second;
    struct statfs info {};
    const bool memory = ::statfs(path.c_str(), &info) == 0 &&
                        (info.f_type == TMPFS_MAGIC || info.f_type == HUGETLBFS_MAGIC || info.f_type == RAMFS_MAGIC);
    is_memory_.emplace(device, memory);
    return memory;
  }

  dev_t disk_;
  std::map<ino_t, std::uint64_t> unlinked_, mapped_unlinked_;
  std::map<std::pair<dev_t, ino_t>, std::uint64_t> shared_, mapped_shared_;
  std::set<ino_t> pipes_, sockets_;
  std::map<dev_t, bool> is_memory_;
  std::uint64_t in_flight_ = 0;
};

}  // namespace

std::vector<pid_t> descendants(pid_t pid) {
  std::vector<pid_t> out;
  children_of(pid, out);
  for (std::size_t i = 0; i < out.size() && out.size() < 100'000; ++i) children_of(out[i], out);
  return out;
}

bool is_running(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t name_end = line.rfind(')');  // "pid (name) state …"
  const char state = name_end != std::string::npos && name_end + 2 < line.size() ? line[name_end + 2] : 'X';
  return std::string_view("TtZX").find(state) == std::string_view::npos;
}

Holdings holdings(pid_t pid, dev_t disk) {
  Survey survey(disk);
  survey.process(pid);
  for (const pid_t child : descendants(pid)) survey.process(child);
  return std::move(survey).result();
}

std::uint64_t tree_memory(pid_t pid, const Holdings& held) {
  SetSize sum = set_size(pid);
  for (const pid_t child : descendants(pid)) {
    const SetSize size = set_size(child);
    sum.all += size.all;
    sum.shared += size.shared;
  }
  return sum.all - std::min(sum.all, sum.shared) + std::max(sum.shared, held.shared_bytes) + held.buffer_bytes;
}

}  // namespace cumulet::process
