#include "cmd/cumulet/detach.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace cumulet::cli {
namespace {

constexpr std::uintmax_t kLogBytes = 10u << 20;

[[noreturn]] void end_parent(int status) {
  std::fflush(nullptr);
  ::_exit(status);  // what the child shares with it is the child's
}

}  // namespace

Detached Detached::fork_child(int seconds) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    std::perror("cumulet up: pipe");
    std::exit(1);
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("cumulet up: fork");
    std::exit(1);
  }
  if (child == 0) {
    ::close(ends[0]);
    ::setsid();
    if (const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nothing >= 0) ::dup2(nothing, 0);
    return Detached(ends[1]);
  }
  ::close(ends[1]);
  pollfd news{ends[0], POLLIN, 0};
  char byte = 0;
  const int waited = ::poll(&news, 1, seconds * 1000);
  if (waited == 1 && ::read(ends[0], &byte, 1) == 1) end_parent(0);
  if (waited == 0) {
    std::fprintf(stderr, "cumulet up: the engine was not ready within %d s (--wait) and is ended\n", seconds);
    ::kill(child, SIGTERM);
    end_parent(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) std::fprintf(stderr, "cumulet up: the engine ended by signal %d\n", WTERMSIG(status));
  end_parent(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
}

void Detached::ready(const std::filesystem::path& folder) const {
  std::error_code error;
  const std::filesystem::path file = folder / "engine.log";
  if (const auto size = std::filesystem::file_size(file, error); !error && size > kLogBytes)
    std::filesystem::rename(file, folder / "engine.log.1", error);
  const int log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::fflush(nullptr);
  if (log >= 0) {
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::close(log);
  }
  [[maybe_unused]] const auto told = ::write(parent_, "r", 1);
  ::close(parent_);
}

}  // namespace cumulet::cli
