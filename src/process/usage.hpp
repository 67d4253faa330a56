#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace cumulet::process {

// Children of `pid`, theirs and so on, `pid` apart.
std::vector<pid_t> descendants(pid_t pid);
// False once a stop signal took hold, or the process is dead or gone.
bool is_running(pid_t pid);
// Proportional set size of `pid` and its descendants, in bytes.
std::uint64_t tree_pss(pid_t pid);
// Bytes of disk that the files below `folder` take; stops counting soon after `enough`. Symbolic links are not
// followed.
std::uint64_t folder_bytes(const std::filesystem::path& folder, std::uint64_t enough);

}  // namespace cumulet::process
