#pragma once
#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace cumulet::process {

// Children of `pid`, theirs and so on, `pid` apart.
std::vector<pid_t> descendants(pid_t pid);
// False once a stop signal took hold, or the process is dead or gone.
bool is_running(pid_t pid);

// What a tree of processes keeps alive that has no name in any folder, and what the kernel keeps for it outside its
// address spaces.
struct Holdings {
  // Of files of one file system that are deleted but open, mapped, executed or a working directory.
  std::uint64_t unlinked_bytes = 0;
  // Of memory that nameless files are made of: memfd, shared anonymous memory, attached System V segments. Whole files,
  // also when few of their pages are mapped.
  std::uint64_t shared_bytes = 0;
  // Estimated for pipes and sockets over the first 256: what each can hold by default.
  std::uint64_t buffer_bytes = 0;
  // Descriptors on their way through a socket: what they keep alive cannot be seen.
  std::uint64_t in_flight = 0;
};

// Of `pid` and its descendants, by /proc. `disk`: the file system (st_dev) whose deleted files are asked for. Looking
// opens none of the files. A deleted file that is mapped but not open is looked up as root; an ordinary user learns its
// mapped length only, and that counts.
Holdings holdings(pid_t pid, dev_t disk);

// Memory of `pid` and its descendants in bytes: their proportional set sizes and page tables, with `held` (their holdings) in place of
// what of it they have mapped.
std::uint64_t tree_memory(pid_t pid, const Holdings& held);

}  // namespace cumulet::process
