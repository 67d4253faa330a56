#include "runtime/exit_failure.hpp"

#include <signal.h>

#include <cctype>

#include "process/launcher/launcher.hpp"

namespace cumulet::runtime {
namespace {

std::string exec_line(std::string_view program) { return launcher::kCannotRun + std::string(program) + ": "; }

// What bwrap prints.
std::string folder_line(std::string_view folder) { return "bwrap: Can't chdir to " + std::string(folder) + ": "; }

// How Lambda names signals (Go's names).
std::string signal_name(int signal) {
  switch (signal) {
    case SIGHUP: return "hangup";
    case SIGINT: return "interrupt";
    case SIGQUIT: return "quit";
    case SIGILL: return "illegal instruction";
    case SIGTRAP: return "trace/breakpoint trap";
    case SIGABRT: return "aborted";
    case SIGBUS: return "bus error";
    case SIGFPE: return "floating point exception";
    case SIGKILL: return "killed";
    case SIGUSR1: return "user defined signal 1";
    case SIGSEGV: return "segmentation fault";
    case SIGUSR2: return "user defined signal 2";
    case SIGPIPE: return "broken pipe";
    case SIGALRM: return "alarm clock";
    case SIGTERM: return "terminated";
    default: return "signal " + std::to_string(signal);
  }
}

}  // namespace

Failure failure_of(const process::ExitStatus& status, int storage_mb) {
  Failure failure;
  failure.error_type = "Runtime.ExitError";
  if (status.storage_exceeded) {
    failure.error_message = "Runtime exited with error: /tmp is full: the function wrote more than its " +
                            std::to_string(storage_mb) + " MB of ephemeral storage (no space left on device)";
  } else if (status.out_of_memory) {
    failure.error_message = "Runtime exited with error: signal: killed";
    failure.reported_type = "Runtime.OutOfMemory";
  } else if (status.signal) {
    failure.error_message = "Runtime exited with error: signal: " + signal_name(*status.signal);
  } else if (status.code.value_or(0) != 0) {
    failure.error_message = "Runtime exited with error: exit status " + std::to_string(*status.code);
  } else {
    failure.error_message = "Runtime exited without providing a reason";
  }
  return failure;
}

bool is_launch_failure(std::string_view stderr_start, const Launched& launched) {
  return stderr_start.starts_with(exec_line(launched.command.front())) ||
         stderr_start.starts_with(folder_line(launched.folder));
}

std::optional<Failure> launch_failure(std::string_view stderr_start, const Launched& launched) {
  if (!is_launch_failure(stderr_start, launched)) return std::nullopt;
  const std::string& program = launched.command.front();
  if (stderr_start.starts_with(folder_line(launched.folder)))
    return Failure{"Runtime.InvalidWorkingDir", "the working directory doesn't exist: " + launched.folder, {}};
  std::string reason(stderr_start.substr(exec_line(program).size()));
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  if (program.find('/') != std::string::npos || reason != "no such file or directory")
    return Failure{"Runtime.InvalidEntrypoint", "fork/exec " + program + ": " + reason, {}};
  std::string words;
  for (const std::string& word : launched.command) (words += words.empty() ? "" : " ") += word;
  return Failure{"Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [" + words + "]", {}};
}

}  // namespace cumulet::runtime
