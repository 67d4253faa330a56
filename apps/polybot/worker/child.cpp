#include "apps/polybot/worker/child.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "apps/polybot/worker/confine.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kKeptOutput = 64 * 1024;
constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kLargestPipe = 1u << 20;  // what Linux lets users make of a pipe
constexpr int kTickMs = 500;

// The path that execvp would take: looked for before the fork, where memory may be allocated.
std::string find_program(const std::string& name, const std::vector<std::pair<std::string, std::string>>& environment) {
  if (name.find('/') != std::string::npos) return name;
  for (const auto& [variable, value] : environment) {
    if (variable != "PATH") continue;
    std::istringstream folders(value);
    for (std::string folder; std::getline(folders, folder, ':');)
      if (const std::string path = folder + '/' + name; ::access(path.c_str(), X_OK) == 0) return path;
  }
  return name;
}

[[noreturn]] void become(const ChildSpec& spec, const std::string& program, char* const* arguments,
                         char* const* environment, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // the worker's sockets, whoever opened them
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (spec.largest_file != UINT64_MAX) {
    const rlimit largest{spec.largest_file, spec.largest_file};
    ::setrlimit(RLIMIT_FSIZE, &largest);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (spec.only_tcp_port) confine_network(*spec.only_tcp_port);
  if (::chdir(spec.folder.c_str()) == 0) ::execve(program.c_str(), arguments, environment);
  ::_exit(127);
}

// Of /proc/PID/stat; 0 when it is gone.
pid_t parent_of(const char* pid) {
  std::ifstream in(std::string("/proc/") + pid + "/stat");
  std::ostringstream text;
  text << in.rdbuf();
  const std::string stat = text.str();
  const auto close = stat.rfind(')');
  if (close == std::string::npos || close + 4 >= stat.size()) return 0;
  pid_t out = 0;
  std::from_chars(stat.data() + close + 4, stat.data() + stat.size(), out);
  return out;
}

// All children of this process that were not there before: those of the program whose parents are gone became ours.
std::set<pid_t> children() {
  std::set<pid_t> out;
  DIR* folder = ::opendir("/proc");
  if (!folder) return out;
  while (const dirent* entry = ::readdir(folder)) {
    pid_t pid = 0;
    const auto* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr == end && parent_of(entry->d_name) == ::getpid()) out.insert(pid);
  }
  ::closedir(folder);
  return out;
}

void kill_tree(pid_t leader, const std::set<pid_t>& others) {
  ::kill(-leader, SIGKILL);
  ::kill(leader, SIGKILL);
  for (int round = 0; round < 100; ++round) {
    bool any = false;
    for (const pid_t pid : children()) {
      if (others.contains(pid)) continue;
      any = true;
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, pid == leader ? WNOHANG | WNOWAIT : WNOHANG);
    }
    int status = 0;
    if (::waitpid(leader, &status, WNOHANG) != 0 && !any) return;
    ::poll(nullptr, 0, 2);
  }
}

class Lines {
 public:
  explicit Lines(const std::function<bool(std::string_view)>& on_line) : on_line_(on_line) {}
  bool add(std::string_view bytes) {
    bool go_on = true;
    for (const char c : bytes) {
      if (c != '\n' && c != '\r') {
        if (line_.size() < kLongestLine) line_ += c;
        continue;
      }
      if (!line_.empty()) go_on = on_line_(line_) && go_on;
      line_.clear();
    }
    return go_on;
  }

 private:
  const std::function<bool(std::string_view)>& on_line_;
  std::string line_;
};

}  // namespace

Result<ChildResult> run_child(const ChildSpec& spec, const std::function<bool(std::string_view line)>& on_line) {
  int ends[2];
  if (spec.arguments.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return Error{sdk::kFileFailed, "no pipe for a program"};
  const std::string program = find_program(spec.arguments.front(), spec.environment);
  std::vector<std::string> variables;
  for (const auto& [name, value] : spec.environment) variables.push_back(name + '=' + value);
  std::vector<char*> arguments, environment;
  for (const auto& one : spec.arguments) arguments.push_back(const_cast<char*>(one.c_str()));
  for (const auto& one : variables) environment.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  environment.push_back(nullptr);

  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const std::set<pid_t> others = children();
  const pid_t child = ::fork();
  if (child == 0) become(spec, program, arguments.data(), environment.data(), ends[1]);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return Error{sdk::kFileFailed, "no process for a program"};
  }
  ::setpgid(child, child);  // whoever is first

  ChildResult out;
  Lines lines(on_line);
  const auto add = [&](std::string_view bytes) {
    out.output.append(bytes);
    if (out.output.size() > 2 * kKeptOutput) out.output.erase(0, out.output.size() - kKeptOutput);
    return lines.add(bytes);
  };
  const auto end = std::chrono::steady_clock::now() + spec.time_limit;
  auto ticked = std::chrono::steady_clock::now();
  bool open = true;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) {
      out.end = ChildResult::End::timed_out;
      break;
    }
    // The leader's end is the end, also if something it left behind still holds the pipe, or writes to it for ever.
    siginfo_t about{};
    const bool exited =
        ::waitid(P_PID, static_cast<id_t>(child), &about, WEXITED | WNOHANG | WNOWAIT) == 0 && about.si_pid == child;
    if (exited) {
      out.status = about.si_code == CLD_EXITED ? about.si_status : 128 + about.si_status;
      break;
    }
    pollfd readable{open ? ends[0] : -1, POLLIN, 0};
    const int ready = ::poll(&readable, 1, open ? 50 : 10);
    if (ready > 0) {
      char piece[4096];
      const auto got = ::read(ends[0], piece, sizeof piece);
      if (got <= 0) open = false;
      if (got > 0 && !add({piece, static_cast<std::size_t>(got)})) {
        out.end = ChildResult::End::stopped;
        break;
      }
    }
    if (now - ticked >= Milliseconds{kTickMs}) {
      ticked = now;
      if (!on_line({})) {
        out.end = ChildResult::End::stopped;
        break;
      }
    }
  }
  kill_tree(child, others);
  if (out.end == ChildResult::End::exited) {  // what is left in the pipe; nobody writes any more
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string rest(kLargestPipe, '\0');
    if (const auto got = ::read(ends[0], rest.data(), rest.size()); got > 0)
      add(std::string_view(rest).substr(0, static_cast<std::size_t>(got)));
  }
  ::close(ends[0]);
  if (out.output.size() > kKeptOutput) out.output.erase(0, out.output.size() - kKeptOutput);
  return out;
}

}  // namespace cumulet::polybot
