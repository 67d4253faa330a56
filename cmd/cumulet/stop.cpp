#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/endpoint.hpp"
#include "server/config.hpp"
#include "server/data_folder.hpp"

namespace cumulet::cli {
namespace {

constexpr int kPatienceMs = 60'000;  // an engine gives its requests two seconds, and its functions a moment

struct StopFlags {
  std::string data;
  std::string endpoint;
};

std::string described(const server::RunningEngine& engine) {
  return "process " + std::to_string(engine.process) + (engine.endpoint.empty() ? "" : " at " + engine.endpoint);
}

// Which engine is meant: of a data folder, of an endpoint, or the only temporary one.
server::RunningEngine meant(const StopFlags& flags) {
  const std::filesystem::path data =
      flags.data.empty() ? server::chosen_data_folder() : std::filesystem::path(flags.data);
  const auto of_folder = server::running_engine(data);
  if (!flags.data.empty()) {
    if (!of_folder) fail("no engine of yours runs on the data folder " + data.string());
    return *of_folder;
  }
  auto all = server::running_ephemeral_engines();
  if (!flags.endpoint.empty()) {
    if (of_folder) all.push_back(*of_folder);
    for (const auto& engine : all)
      if (engine.endpoint == flags.endpoint) return engine;
    fail("no engine of yours at " + flags.endpoint + " runs on the data folder " + data.string() +
         " or a temporary one: --data names another folder");
  }
  if (of_folder) return *of_folder;
  if (all.size() == 1) return all.front();
  if (all.empty())
    fail("no engine runs on the data folder " + data.string() + ", and none with a temporary one (--ephemeral): nothing to stop");
  std::string list;
  for (const auto& engine : all) list += "\n  cumulet stop --endpoint " + engine.endpoint;
  fail("several engines with temporary folders run; which one?" + list);
}

// From here on the number means this very process, even when it ends.
class ProcessHandle {
 public:
  explicit ProcessHandle(pid_t process) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {}
  ~ProcessHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;

  bool is_open() const { return fd_ >= 0; }
  bool signal(int number) const { return ::syscall(SYS_pidfd_send_signal, fd_, number, nullptr, 0) == 0; }
  bool has_ended_within(int ms) const {
    pollfd end{fd_, POLLIN, 0};
    return ::poll(&end, 1, ms) == 1;
  }

 private:
  int fd_;
};

void run_stop(const StopFlags& flags) {
  const server::RunningEngine engine = meant(flags);
  const ProcessHandle process(engine.process);
  // Looked at again with the handle open: only who holds the folder's lock is an engine of that folder.
  const auto still = server::running_engine(engine.data);
  if (!still || still->process != engine.process) {
    std::printf("the engine (%s) had ended by itself\n", described(engine).c_str());
    return;
  }
  if (!process.is_open() || !process.signal(SIGTERM))
    fail("cannot stop the engine (" + described(engine) + "): " + std::strerror(errno));
  if (!process.has_ended_within(kPatienceMs))
    fail("the engine (" + described(engine) + ") was told to stop, and has not ended in a minute");
  std::printf("stopped the engine (%s)\n", described(engine).c_str());
}

}  // namespace

void add_stop(::CLI::App& app) {
  const auto flags = std::make_shared<StopFlags>();
  ::CLI::App* command = app.add_subcommand("stop", "Stop an engine of yours, and wait until it has ended");
  command->add_option("--data", flags->data,
                      "Of which data folder [CUMULET_DATA, " + server::default_data_folder().string() +
                          "; where none runs there, the one with a temporary folder]");
  command->add_option("--endpoint", flags->endpoint, "At which URL, among these")->excludes("--data");
  command->callback([flags] { run_stop(*flags); });
}

}  // namespace cumulet::cli
