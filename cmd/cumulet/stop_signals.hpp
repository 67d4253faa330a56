#pragma once
#include <csignal>

namespace cumulet::cli {

// For commands that run until they are told to stop. SIGTERM and SIGINT are waited for, not handled: called before any
// thread starts, so that all inherit the mask. A closed terminal stops the program too, unless started by nohup.
sigset_t block_stop_signals();
// Waits for one of them and notes it in the log.
void wait_for_stop(const sigset_t& signals);

}  // namespace cumulet::cli
