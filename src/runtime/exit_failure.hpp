#pragma once
#include <string>
#include <string_view>

#include "process/sandbox.hpp"
#include "runtime/environment.hpp"

// What Lambda says of a runtime's process that ended.
namespace cumulet::runtime {

// `storage_mb`: the environment's ephemeral storage.
Failure failure_of(const process::ExitStatus& status, int storage_mb);

// What the launcher printed when it could not run `program`: "cannot run /var/task/bootstrap: Exec format error" gives
// "exec format error"; empty: it printed nothing of the kind.
std::string exec_failure(std::string_view stderr_start, std::string_view program);
// Whether what was printed so far may be, or become, such a line.
bool is_exec_failure(std::string_view stderr_start, std::string_view program);

}  // namespace cumulet::runtime
