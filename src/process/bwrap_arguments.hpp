#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "process/sandbox.hpp"

namespace cumulet::process {

// bwrap's options for `spec`, without the command. Pure but for looking which of the machine's folders exist.
// They hold the environment (with credentials), so they are handed over by --args FD and never stand in the process
// list.
std::vector<std::string> bwrap_arguments(const SandboxSpec& spec);

// The uid and gid inside; Lambda's own are 993 and 990.
inline constexpr int kUid = 993;
inline constexpr int kGid = 990;

}  // namespace cumulet::process
