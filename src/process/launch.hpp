#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace cumulet::process {

// What a child needs between clone and exec. Descriptors are all 10 or higher and close-on-exec.
struct Launch {
  std::string program;
  std::vector<std::string> arguments;  // argv, the program's name first; its environment is empty
  std::array<int, 3> stdio{-1, -1, -1};
  int options_fd = -1;         // becomes descriptor 3
  std::vector<int> group_fds;  // cgroup.procs files, open for writing
  std::vector<std::pair<__rlimit_resource, rlim_t>> limits;
};

struct Launched {
  pid_t pid = -1;
  int pidfd = -1;
  int error = 0;  // errno of the failing step
  const char* step = "";
};

// clone(CLONE_VM | CLONE_VFORK): costs the same however big the engine is. Call it on the spawner's thread.
Launched launch(const Launch& what);

// The same descriptor at 10 or above; closes the old one.
int above_stdio(int fd);

}  // namespace cumulet::process
