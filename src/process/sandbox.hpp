#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "process/namespaces.hpp"

// Sandboxed children (bubblewrap): own user, network, PID, IPC, control group and mount namespaces and no way to make
// further ones, no capabilities, never the host's uid 0, a read-only root that shows the machine's programs and
// libraries only. docs: bwrap(1), cgroups(7), process/launcher/launcher.hpp.
namespace cumulet::process {

inline constexpr ErrorKind kSpawnFailed{"SpawnFailed", 500};

enum class Access { read_only, read_write };

// A file or folder of the host seen inside at `target`. A missing source fails the spawn.
struct Bind {
  std::filesystem::path source;
  std::filesystem::path target;
  Access access = Access::read_only;
};

// What the root shows beside `binds`, /proc and /dev. machine: /usr, /bin, /lib*, /sbin and what programs need of /etc
// (ld.so.cache, resolv.conf, hosts, TLS roots, zone data, a user of the sandbox's uid). bare: nothing.
// folder: a folder of the host, read-only, and nothing of the machine's but resolv.conf and hosts, where it has files of
// these names in /etc. /proc, /dev and /tmp must be folders in it.
enum class Root { machine, bare, folder };

// Pieces of output as they come, at most 64 KiB each, cut anywhere. Called on the reactor's thread: must not block.
using OutputSink = std::function<void(std::string_view piece)>;

struct ExitStatus {
  std::optional<int> code;             // exited by itself; else
  std::optional<int> signal;           // ended by this signal (SIGKILL after kill())
  bool killed = false;                 // kill() was called before it ended
  bool out_of_memory = false;          // a process inside was killed for passing memory_bytes
  bool storage_exceeded = false;       // killed because /tmp passed tmp_bytes
  std::uint64_t max_memory_bytes = 0;  // peak of the whole tree, page cache apart
};

struct SandboxSpec {
  std::string name;                  // [A-Za-z0-9._-]+: part of the cgroup's name, for people
  // The program inside the sandbox, then its arguments. A name without a slash is looked for by PATH.
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;  // the whole environment, nothing is inherited
  Root root = Root::machine;
  std::filesystem::path root_folder;  // of Root::folder
  std::vector<Bind> binds;
  std::vector<std::filesystem::path> hidden;  // folders of the machine's root that must not be seen (the data folder)
  std::filesystem::path working_directory = "/";
  // Folder of the host for what is /tmp inside, writable; its files lie in tmp/files. The caller makes and removes it.
  // Empty: /tmp is an empty read-only folder.
  std::filesystem::path tmp;
  // 0: not watched. No file grows over it (EFBIG); the sum over it, deleted files that are still held included, kills
  // the tree, some 50 ms after it was passed (more where there are very many files: see check_use in sandbox.cpp).
  std::uint64_t tmp_bytes = 0;
  std::uint64_t memory_bytes = 0;  // 0: unlimited
  unsigned cpu_weight = 1024;      // share among sandboxes when the machine is busy (1024: one full share)
  unsigned max_processes = 1024;   // processes and threads; more: fork fails with EAGAIN
  unsigned max_open_files = 1024;
  std::shared_ptr<Namespaces> namespaces;  // for this sandbox alone; null: made at its start, no network in them

  OutputSink on_stdout;  // absent: read and thrown away
  OutputSink on_stderr;
  // Once, on the reactor's thread, after the process was reaped and both outputs were read to their end (at most one
  // second later, when something kept them open).
  std::function<void(const ExitStatus&)> on_exit;
};

// A running sandbox. Thread-safe. The destructor kills the tree; no callback runs after it returned (when it is called
// on a callback's own thread: after that callback).
class Child {
 public:
  virtual ~Child() = default;
  // Queues bytes for stdin; false once stdin was closed or nobody reads any more. Never blocks.
  virtual bool write_stdin(std::string bytes) = 0;
  virtual std::size_t unwritten() const = 0;  // bytes queued and not yet taken by the child
  virtual void close_stdin() = 0;             // after what is queued
  virtual void kill() = 0;                    // SIGKILL to the whole tree; returns at once
  virtual void terminate() = 0;               // SIGTERM to the process inside
  // Calls `then` on the reactor's thread once everything written to the outputs before this call was given to the
  // sinks.
  virtual void after_output(std::function<void()> then) = 0;
  // Blocks until on_exit ran (or would have). Not on the reactor's thread.
  virtual ExitStatus wait() = 0;
  virtual std::optional<ExitStatus> wait_for(std::chrono::milliseconds) = 0;
  virtual std::uint64_t max_memory_bytes() const = 0;  // so far
  virtual pid_t pid() const = 0;                       // of the outer process
};

// How memory is limited here; found out once, at the first use, which also ends what an engine that was killed left
// behind. CUMULET_CGROUPS=off in the environment: always watched.
enum class MemoryControl { cgroup_v1, cgroup_v2, watched };

// Starts a sandbox; about 2 ms on the calling thread. The process is started by the one long-lived spawner thread
// (PR_SET_PDEATHSIG follows the thread), so that it dies with the engine however that ends.
Result<std::unique_ptr<Child>> spawn(SandboxSpec spec);

MemoryControl memory_control();
// Why sandboxes cannot be started here ("bwrap: not found", "user namespaces are disabled"); nullopt: they can.
std::optional<std::string> unavailable();

}  // namespace cumulet::process
