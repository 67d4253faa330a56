#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "process/sandbox.hpp"

namespace cumulet::process {

// Who gives the sandbox its user. of_bwrap: bwrap, by a user namespace of its own, so that it is the engine's user on
// the host. switched_inside: the first program inside (launcher/run.cpp), for which bwrap leaves it the capabilities.
enum class SandboxUser { of_bwrap, switched_inside };

// bwrap's options for `spec`, without the command. Pure but for looking which of the machine's folders exist.
// `etc`: folder that is /etc inside (MachineEtc); without it the machine's files are bound one by one.
// They hold the environment (with credentials), so they are handed over by --args FD and never stand in the process
// list.
std::vector<std::string> bwrap_arguments(const SandboxSpec& spec, SandboxUser user,
                                         const std::optional<std::filesystem::path>& etc = std::nullopt);

// The uid and gid inside; Lambda's own are 993 and 990.
inline constexpr int kUid = 993;
inline constexpr int kGid = 990;

}  // namespace cumulet::process
