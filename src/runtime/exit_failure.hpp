#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/sandbox.hpp"
#include "runtime/environment.hpp"

// What Lambda says of a runtime's process that ended.
namespace cumulet::runtime {

// `storage_mb`: the environment's ephemeral storage.
Failure failure_of(const process::ExitStatus& status, int storage_mb);

// What was to be launched.
struct Launched {
  std::vector<std::string> command;
  std::string folder;  // in which it begins
};
// What Lambda says where the sandbox could not run the command, known by what it printed instead ("cannot run
// /var/task/bootstrap: Exec format error"); nullopt: it printed nothing of the kind.
std::optional<Failure> launch_failure(std::string_view stderr_start, const Launched& launched);
// Whether what was printed so far may be, or become, such a line.
bool is_launch_failure(std::string_view stderr_start, const Launched& launched);

}  // namespace cumulet::runtime
