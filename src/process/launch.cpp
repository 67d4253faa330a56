#include "process/launch.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace cumulet::process {
namespace {

struct Prepared {
  const Launch* what;
  char* const* argv;
  int error = 0;
  const char* step = "";
};

// Shares our memory until exec: async-signal-safe calls only, no allocation.
int in_child(void* argument) {
  Prepared& prepared = *static_cast<Prepared*>(argument);
  const Launch& what = *prepared.what;
  const auto fail = [&](const char* step) {
    prepared.error = errno;
    prepared.step = step;
    ::_exit(127);
  };
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  struct sigaction action {};
  for (int s = 1; s < NSIG; ++s) {
    // A file over RLIMIT_FSIZE is then an error of write(), not a death.
    action.sa_handler = s == SIGXFSZ ? SIG_IGN : SIG_DFL;
    ::sigaction(s, &action, nullptr);
  }
  for (const int fd : what.group_fds)
    if (::write(fd, "0", 1) != 1) fail("joining the control group");
  for (const auto& [resource, wanted] : what.limits) {
    struct rlimit limit;
    if (::getrlimit(resource, &limit) != 0) continue;
    limit.rlim_max = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(resource, &limit) != 0) fail("setrlimit");
  }
  for (int i = 0; i < 3; ++i)
    if (::dup2(what.stdio[static_cast<std::size_t>(i)], i) < 0) fail("dup2");
  unsigned first = 3;
  if (what.options_fd >= 0) {
    if (::dup2(what.options_fd, 3) < 0) fail("dup2");
    first = 4;
  }
  if (::syscall(SYS_close_range, first, ~0u, 0u) != 0) {
    // Older kernels: everything of ours is close-on-exec anyway.
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char* const environment[] = {nullptr};
  ::execve(what.program.c_str(), prepared.argv, environment);
  fail("exec");
  return 127;
}

}  // namespace

Launched launch(const Launch& what) {
  std::vector<char*> argv;
  for (const auto& argument : what.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Prepared prepared{&what, argv.data()};

  constexpr std::size_t kStack = 256 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(kStack);
  char* top = stack.get() + kStack;
  top -= reinterpret_cast<std::uintptr_t>(top) % 64;
  Launched out;
  out.pid = ::clone(in_child, top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &prepared, &out.pidfd);
  if (out.pid < 0) {
    out.error = errno;
    out.step = "clone";
  } else if (prepared.error) {
    out.error = prepared.error;
    out.step = prepared.step;
    ::waitpid(out.pid, nullptr, 0);
    ::close(out.pidfd);
    out.pid = out.pidfd = -1;
  }
  return out;
}

int above_stdio(int fd) {
  if (fd < 0 || fd >= 10) return fd;
  const int higher = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  ::close(fd);
  return higher;
}

}  // namespace cumulet::process
