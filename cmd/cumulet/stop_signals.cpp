#include "cmd/cumulet/stop_signals.hpp"

#include <pthread.h>

#include "base/log.hpp"

namespace cumulet::cli {

sigset_t block_stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  struct sigaction hang_up {};
  if (::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) ::sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

void wait_for_stop(const sigset_t& signals) {
  int signal = 0;
  ::sigwait(&signals, &signal);
  log::info("stopping on {}", signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM");
}

}  // namespace cumulet::cli
