#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace cumulet::polybot {

struct ChildSpec {
  std::vector<std::string> arguments;                            // [0]: the program, a path or looked for on PATH
  std::vector<std::pair<std::string, std::string>> environment;  // all of it
  std::filesystem::path folder;                                  // its working directory
  Milliseconds time_limit{0};
  std::uint64_t largest_file = UINT64_MAX;  // bytes; a write beyond fails
  std::optional<int> only_tcp_port;         // its network is this port alone, as far as confine_network() can
};

struct ChildResult {
  enum class End { exited, timed_out, stopped } end = End::exited;
  int status = -1;     // exit status; 128 + signal; 127: the program could not be run
  std::string output;  // both streams, the last 64 KiB
};

// Runs a program, without a shell, and waits for it. `on_line` gets each line of its output, and is called about twice
// a second without one (an empty line); false stops the program. When it has ended, however it did, none of the
// processes that it started is left. One at a time in a process.
Result<ChildResult> run_child(const ChildSpec& spec, const std::function<bool(std::string_view line)>& on_line);

}  // namespace cumulet::polybot
