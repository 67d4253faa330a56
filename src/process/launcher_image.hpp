#pragma once

namespace cumulet::process {

// The launcher (process/launcher/launcher.hpp), carried in this program, as a sealed file in memory that can be
// executed (execveat with AT_EMPTY_PATH, or /proc/self/fd/N). Close-on-exec, at kLowestOwn or above, made once; -1: not
// possible here.
int launcher_fd();

}  // namespace cumulet::process
