#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Control groups for sandboxes: cgroup v1 controllers or the v2 tree, where this process may write them.
// https://docs.kernel.org/admin-guide/cgroup-v1/memory.html, https://docs.kernel.org/admin-guide/cgroup-v2.html
namespace cumulet::process {

struct GroupLimits {
  std::uint64_t memory_bytes = 0;  // 0: unlimited
  unsigned cpu_weight = 1024;
  unsigned max_processes = 0;  // 0: unlimited
};

// The groups of one sandbox, one folder per v1 controller or one v2 folder. Removed with it (empty groups only).
class Group {
 public:
  Group(std::vector<std::filesystem::path> folders, std::filesystem::path memory, bool is_v2)
      : folders_(std::move(folders)), memory_(std::move(memory)), is_v2_(is_v2) {}

  // The files that a process of one thread writes "0" to, to join. On v1 `tasks`: a thread that moves only itself waits
  // for nobody, whereas `cgroup.procs` stops every fork of the machine for an RCU grace period (6 to 15 ms each).
  std::vector<std::filesystem::path> joins() const;
  // A v2 group's folder, for a process to be born in; empty: v1.
  std::filesystem::path birthplace() const { return is_v2_ ? folders_.front() : std::filesystem::path{}; }
  // Times the kernel killed a process inside for its memory.
  std::uint64_t oom_kills() const;
  // Peak use without what is page cache now.
  std::uint64_t peak_bytes() const;
  bool limits_memory() const { return !memory_.empty(); }
  // False while processes are still inside.
  bool remove();

 private:
  std::vector<std::filesystem::path> folders_;
  std::filesystem::path memory_;
  bool is_v2_;
};

enum class Hierarchy { none, v1, v2 };

class GroupTree {
 public:
  // `mounts` and `own` are the texts of /proc/self/mountinfo and /proc/self/cgroup; groups are made below the process's
  // own ones (or the mount's root where that is not to be seen). Probes by making a group.
  static GroupTree detect(std::string_view mounts, std::string_view own);
  static GroupTree none() { return GroupTree(); }

  Hierarchy hierarchy() const { return memory_.empty() ? Hierarchy::none : is_v2_ ? Hierarchy::v2 : Hierarchy::v1; }
  bool limits_processes() const { return !pids_.empty(); }
  // Null when there is no writable hierarchy or the group cannot be made.
  std::unique_ptr<Group> create(const std::string& name, const GroupLimits& limits) const;
  // Removes the groups called PREFIX<pid>-... whose process is gone, left by an engine that was killed, and kills what
  // is still inside.
  void sweep(std::string_view prefix) const;

 private:
  std::filesystem::path memory_, pids_, cpu_;  // parent folders; v2: all the same
  bool is_v2_ = false;
};

}  // namespace cumulet::process
