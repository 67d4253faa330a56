#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace cumulet::process {

// What a child needs between clone and exec. Descriptors are all kLowestOwn or higher and close-on-exec.
struct Launch {
  std::string program;                 // its path; empty: program_fd
  int program_fd = -1;                 // an open executable (launcher_image.hpp)
  std::vector<std::string> arguments;  // argv, the program's name first; its environment is empty
  std::array<int, 3> stdio{-1, -1, -1};
  std::vector<int> inherited;  // become descriptors 3, 4, 5, …
  int group_folder_fd = -1;    // of a cgroup v2 folder (O_PATH): the child is born in it, where the kernel can
  std::vector<int> group_fds;  // files to join the groups by, open for writing; not used by one born in its group
  std::vector<std::pair<__rlimit_resource, rlim_t>> limits;
};

struct Launched {
  pid_t pid = -1;
  int pidfd = -1;
  int error = 0;  // errno of the failing step
  const char* step = "";
};

// clone(CLONE_VM | CLONE_VFORK): costs the same however big the engine is. With a group's folder
// clone3(CLONE_INTO_CGROUP) instead, which copies page tables (some 0.3 ms) but saves the 6 to 15 ms of joining a v2
// group. The process is a child of the calling thread: it is killed when that thread ends.
Launched launch(const Launch& what);
// The same from the one spawner thread, which lives as long as the program (PR_SET_PDEATHSIG follows the thread).
// Blocks for about a millisecond. Thread-safe.
Launched launch_from_spawner(const Launch& what);

inline constexpr int kLowestOwn = 64;  // below: a child's standard and inherited descriptors
// The same descriptor at kLowestOwn or above; closes the old one.
int above_stdio(int fd);

}  // namespace cumulet::process
