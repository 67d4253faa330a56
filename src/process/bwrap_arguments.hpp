#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "process/sandbox.hpp"

namespace cumulet::process {

// bwrap's options for `spec`, without the command. Pure but for looking which of the machine's folders exist.
// `etc`: folder that is /etc inside (MachineEtc); without it the machine's files are bound one by one.
// They hold the environment (with credentials), so they are handed over by --args FD and never stand in the process
// list.
std::vector<std::string> bwrap_arguments(const SandboxSpec& spec,
                                         const std::optional<std::filesystem::path>& etc = std::nullopt);

// The uid and gid inside; Lambda's own are 993 and 990.
inline constexpr int kUid = 993;
inline constexpr int kGid = 990;

}  // namespace cumulet::process
