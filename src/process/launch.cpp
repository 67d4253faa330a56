#include "process/launch.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <future>
#include <memory>
#include <new>

#include "process/reactor.hpp"

namespace cumulet::process {
namespace {

struct Prepared {
  const Launch* what;
  char* const* argv;
  bool joins = true;
  // Of the failing step; in memory that the child shares, whichever way it was made.
  struct Failure {
    int error = 0;
    const char* step = "";
  }* failure = nullptr;
};

// ThreadSanitizer takes a clone for a fork and resets its own state in the child, which must then be a copy.
#ifdef __SANITIZE_THREAD__
constexpr int kSharedMemory = 0;
#else
constexpr int kSharedMemory = CLONE_VM;
#endif

// May share our memory until exec: async-signal-safe calls only, no allocation. Returns to end: AddressSanitizer does
// not know this stack and would complain of an _exit() on it.
int in_child(void* argument) {
  const Prepared& prepared = *static_cast<Prepared*>(argument);
  const Launch& what = *prepared.what;
  const auto fail = [&](const char* step) {
    *prepared.failure = {errno, step};
    return 127;
  };
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  struct sigaction action {};
  for (int s = 1; s < NSIG; ++s) {
    // A file over RLIMIT_FSIZE is then an error of write(), not a death.
    action.sa_handler = s == SIGXFSZ ? SIG_IGN : SIG_DFL;
    ::sigaction(s, &action, nullptr);
  }
  if (prepared.joins)
    for (const int fd : what.group_fds)
      if (::write(fd, "0", 1) != 1) return fail("joining the control group");
  for (const auto& [resource, wanted] : what.limits) {
    struct rlimit limit;
    if (::getrlimit(resource, &limit) != 0) continue;
    limit.rlim_max = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(resource, &limit) != 0) return fail("setrlimit");
  }
  for (int i = 0; i < 3; ++i)
    if (::dup2(what.stdio[static_cast<std::size_t>(i)], i) < 0) return fail("dup2");
  unsigned first = 3;
  for (const int fd : what.inherited)
    if (::dup2(fd, static_cast<int>(first++)) < 0) return fail("dup2");
  int program = -1;
  if (what.program.empty() && (program = ::dup3(what.program_fd, static_cast<int>(first), O_CLOEXEC)) < 0)
    return fail("dup3");
  if (::syscall(SYS_close_range, program < 0 ? first : first + 1, ~0u, 0u) != 0) {
    // Older kernels: everything of ours is close-on-exec anyway.
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char* const environment[] = {nullptr};
  if (program < 0)
    ::execve(what.program.c_str(), prepared.argv, environment);
  else
    ::syscall(SYS_execveat, program, "", prepared.argv, environment, AT_EMPTY_PATH);
  return fail("exec");
}

// Born in its group: the kernel then need not stop every fork of the machine to move it. -1: not possible here.
pid_t clone_into_group(Prepared& prepared, int& pidfd) {
  struct clone_args args {};
  args.flags = CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  args.cgroup = static_cast<std::uint64_t>(prepared.what->group_folder_fd);
  prepared.joins = false;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid == 0) ::_exit(in_child(&prepared));
  if (pid < 0) prepared.joins = true;
  return pid;
}

}  // namespace

Launched launch(const Launch& what) {
  std::vector<char*> argv;
  for (const auto& argument : what.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Launched out;
  void* const shared =
      ::mmap(nullptr, sizeof(Prepared::Failure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    out.error = errno;
    out.step = "mmap";
    return out;
  }
  auto* const failure = new (shared) Prepared::Failure;
  Prepared prepared{&what, argv.data(), true, failure};

  if (what.group_folder_fd >= 0) out.pid = clone_into_group(prepared, out.pidfd);
  constexpr std::size_t kStack = 256 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(kStack);
  char* top = stack.get() + kStack;
  top -= reinterpret_cast<std::uintptr_t>(top) % 64;
  if (out.pid < 0)
    out.pid = ::clone(in_child, top, kSharedMemory | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &prepared, &out.pidfd);
  if (out.pid < 0) {
    out.error = errno;
    out.step = "clone";
  } else if (failure->error) {
    out.error = failure->error;
    out.step = failure->step;
    ::waitpid(out.pid, nullptr, 0);
    ::close(out.pidfd);
    out.pid = out.pidfd = -1;
  }
  ::munmap(shared, sizeof(Prepared::Failure));
  return out;
}

Launched launch_from_spawner(const Launch& what) {
  static Worker* const spawner = new Worker;  // never destroyed: it must outlive every child
  std::promise<Launched> promise;
  auto future = promise.get_future();
  spawner->post([&] { promise.set_value(launch(what)); });
  return future.get();
}

int above_stdio(int fd) {
  if (fd < 0 || fd >= kLowestOwn) return fd;
  const int higher = ::fcntl(fd, F_DUPFD_CLOEXEC, kLowestOwn);
  ::close(fd);
  return higher;
}

}  // namespace cumulet::process
