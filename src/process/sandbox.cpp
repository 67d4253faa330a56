#include "process/sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <thread>

#include "process/bwrap_arguments.hpp"
#include "process/cgroup.hpp"
#include "process/disk_use.hpp"
#include "process/launch.hpp"
#include "process/launcher/launcher.hpp"
#include "process/launcher_image.hpp"
#include "process/machine_etc.hpp"
#include "process/reactor.hpp"
#include "process/usage.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kWatchInterval{50};
constexpr milliseconds kOutputGrace{1000};        // for outputs that stay open after the end
constexpr std::uint64_t kTmpSlack = 1 << 20;      // folders and metadata beside the files
constexpr milliseconds kSurveyInterval{1000};     // of what is held open, while the disk does not fill
constexpr std::uint64_t kSurveyGrowth = 1 << 20;  // bytes by which it fills: look at once
constexpr int kBlindLooks = 20;                   // in which part of /tmp could not be seen
constexpr std::string_view kGroupPrefix = "cumulet-";
constexpr std::string_view kEtcPrefix = "cumulet-etc-";

std::string slurp(const char* path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The device of /tmp as those inside see it: an overlay has one of its own.
dev_t device_of_tmp(pid_t outer) {
  dev_t device = 0;
  struct stat info {};
  for (const pid_t inside : descendants(outer))  // the last one is where it belongs, when the first may not be yet
    if (::stat(("/proc/" + std::to_string(inside) + "/root/tmp").c_str(), &info) == 0) device = info.st_dev;
  return device;
}

std::string find_bwrap() {
  for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

GroupTree find_groups() {
  const char* wish = std::getenv("CUMULET_CGROUPS");
  if (wish && std::string_view(wish) == "off") return GroupTree::none();
  return GroupTree::detect(slurp("/proc/self/mountinfo"), slurp("/proc/self/cgroup"));
}

// What all sandboxes share. Never destroyed: children may end after everything else.
struct Shared {
  Reactor reactor;
  Worker watcher;
  GroupTree groups = find_groups();
  std::string bwrap = find_bwrap();
  std::atomic<std::uint64_t> sequence{0};
  MachineEtc etc{"/etc", std::string(kEtcPrefix)};

  Shared() {
    groups.sweep(kGroupPrefix);
    MachineEtc::sweep(kEtcPrefix);
  }
};

Shared& shared() {
  static Shared* instance = [] {
    auto* made = new Shared;
    static MachineEtc* etc = &made->etc;
    std::atexit([] { etc->remove(); });
    return made;
  }();
  return *instance;
}

struct Pipe {
  int read = -1, write = -1;
  bool open() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) return false;
    read = above_stdio(fds[0]);
    write = above_stdio(fds[1]);
    return read >= 0 && write >= 0;
  }
  void close() {
    if (read >= 0) ::close(std::exchange(read, -1));
    if (write >= 0) ::close(std::exchange(write, -1));
  }
};

// One sandbox. The reactor's handlers hold it until the process was reaped and its outputs ended.
class Process : public std::enable_shared_from_this<Process> {
 public:
  explicit Process(SandboxSpec spec) : spec_(std::move(spec)) {}

  Result<void> start();
  bool write_stdin(std::string bytes);
  std::size_t unwritten() const { return unwritten_; }
  void close_stdin();
  void kill() { kill_because(killed_); }
  void terminate();
  void detach();
  void after_output(std::function<void()> then);
  ExitStatus wait();
  std::optional<ExitStatus> wait_for(milliseconds limit);
  std::uint64_t max_memory_bytes() const;
  pid_t pid() const { return pid_; }

 private:
  void kill_because(std::atomic<bool>& reason);
  void watch_output(std::size_t which);
  void drain(std::size_t which);
  void close_output(std::size_t which);
  void flush_stdin();
  void reap();
  void finish_when_all_ended();
  void finish();
  void schedule_check(milliseconds delay);
  void check_use();
  bool watches_memory() const { return !(group_ && group_->limits_memory()); }
  void survey(std::chrono::steady_clock::time_point now);
  bool is_over_storage();
  void remove_group(int attempts);

  SandboxSpec spec_;
  std::unique_ptr<Group> group_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int stdin_ = -1;
  std::array<int, 2> outputs_{-1, -1};

  // Held while a callback runs, so that detach() can wait for it.
  std::recursive_mutex callback_mutex_;
  bool detached_ = false;

  // stdin: queued by anyone, written on the reactor's thread.
  mutable std::mutex stdin_mutex_;
  std::deque<std::string> stdin_queue_;
  std::size_t stdin_offset_ = 0;
  std::atomic<std::size_t> unwritten_{0};
  bool stdin_closing_ = false;
  bool stdin_watched_ = false;  // reactor's thread

  // What check_use() saw last: watcher's thread.
  Holdings held_;
  std::chrono::steady_clock::time_point surveyed_at_{};
  std::uint64_t disk_at_first_ = 0, disk_at_survey_ = 0;  // bytes in use on the file system of /tmp
  int blind_looks_ = 0;

  std::atomic<bool> killed_{false}, over_storage_{false}, over_memory_{false};
  std::atomic<std::uint64_t> peak_{0};
  std::atomic<bool> peak_is_final_{false};  // the group may be gone
  std::atomic<bool> reaped_{false};
  mutable std::mutex signal_mutex_;  // no signal to a pid that was reaped
  bool finished_ = false;            // reactor's thread
  ExitStatus status_;
  std::promise<ExitStatus> done_;
  std::shared_future<ExitStatus> ended_ = done_.get_future().share();
};

Error failed(std::string_view step, int error) {
  return Error{kSpawnFailed, std::string(step) + ": " + std::strerror(error)};
}

// The folders that the launcher puts in a place of their own, for its arguments.
struct Staged {
  std::string place = "-", kinds;
  std::vector<std::string> folders;

  // Where the folder that comes next will be.
  fs::path next(char kind, std::initializer_list<fs::path> paths) {
    kinds.push_back(kind);
    folders.insert(folders.end(), paths.begin(), paths.end());
    return fs::path(place) / std::to_string(kinds.size() - 1);
  }
};

Result<void> prepare_tmp(const fs::path& folder) {
  for (const char* name : {"files", "work", "empty"}) {
    const fs::path path = folder / name;
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path.string(), errno);
  }
  // The sandbox's user is another one than ours; the data folder above keeps everybody else out.
  if (::chmod((folder / "files").c_str(), 01777) != 0) return failed("/tmp", errno);
  return {};
}

// A file itself, no link to one, in a folder that is none either: a mount on it must not land elsewhere.
bool is_file(const fs::path& path) {
  std::error_code ec;
  return fs::symlink_status(path, ec).type() == fs::file_type::regular &&
         fs::symlink_status(path.parent_path(), ec).type() == fs::file_type::directory;
}

// What of the machine's /etc (`etc`) says how others are found.
std::vector<std::string_view> names_of_network(const fs::path& etc) {
  std::vector<std::string_view> names;
  for (const std::string_view name : {"resolv.conf", "hosts"})
    if (is_file(etc / name)) names.push_back(name);
  return names;
}

// Read-only folders and /tmp are taken from where their host paths do not show (launcher/enter.cpp).
Result<void> stage(SandboxSpec& view, std::optional<fs::path>& etc, Staged& staged) {
  const fs::path tmp = view.tmp;
  if (!tmp.empty()) {
    CUMULET_CHECK(prepare_tmp(tmp));
    view.tmp = tmp / "files";
  }
  const char* const* place = std::find_if(std::begin(launcher::kStages), std::end(launcher::kStages),
                                          [](const char* path) { return ::access(path, X_OK) == 0; });
  if (place == std::end(launcher::kStages)) return {};
  staged.place = *place;
  if (!tmp.empty()) {
    view.tmp = staged.next('w', {tmp / "files", tmp / "work", tmp / "empty"});
  }
  if (etc) {
    etc = staged.next('r', {*etc});
  }
  if (view.root == Root::folder) view.root_folder = staged.next('r', {fs::absolute(view.root_folder)});
  std::error_code ec;
  for (Bind& bind : view.binds) {
    if (bind.access != Access::read_only || !fs::is_directory(bind.source, ec)) continue;
    bind.source = staged.next('r', {fs::absolute(bind.source)});
  }
  return {};
}

Result<void> Process::start() {
  Shared& all = shared();
  if (all.bwrap.empty()) return Error{kSpawnFailed, "bwrap: not found (Debian package bubblewrap)"};
  if (spec_.root == Root::folder && ::access(spec_.root_folder.c_str(), F_OK) != 0)
    return failed(spec_.root_folder.string(), errno);
  for (const Bind& bind : spec_.binds)
    if (::access(bind.source.c_str(), F_OK) != 0) return failed(bind.source.string(), errno);

  if (!spec_.namespaces) {
    CUMULET_TRY(spec_.namespaces, Namespaces::make({}));
  }
  Staged staged;
  SandboxSpec view = spec_;  // as bwrap is to see it
  std::optional<fs::path> etc = spec_.root != Root::bare ? all.etc.folder() : std::nullopt;
  const std::vector<std::string_view> names = etc && spec_.root == Root::folder ? names_of_network(*etc)
                                                                                : std::vector<std::string_view>{};
  CUMULET_CHECK(stage(view, etc, staged));
  for (const std::string_view name : names)
    if (is_file(spec_.root_folder / "etc" / name)) view.binds.push_back({*etc / name, fs::path("/etc") / name});

  GroupLimits limits{spec_.memory_bytes, spec_.cpu_weight, spec_.max_processes};
  const std::string name = std::string(kGroupPrefix) + std::to_string(::getpid()) + '-' +
                           std::to_string(++all.sequence) + '-' + spec_.name.substr(0, 64);
  group_ = all.groups.create(name, limits);

  const uid_t host_uid = spec_.namespaces->host_uid();
  const bool limit_by_rlimit = spec_.max_processes && !(group_ && all.groups.limits_processes());
  Launch launch_spec;
  launch_spec.program_fd = launcher_fd();
  launch_spec.arguments = {"cumulet-launcher", "enter", std::to_string(::getpid()), staged.place, staged.kinds};
  const auto add = [&](const std::vector<std::string>& words) {
    launch_spec.arguments.insert(launch_spec.arguments.end(), words.begin(), words.end());
  };
  add(staged.folders);
  add({all.bwrap, "--args", "3", "--", "/proc/self/fd/4", "run"});
  add({std::to_string(host_uid ? kUid : 0), std::to_string(host_uid ? kGid : 0)});
  add({std::to_string(limit_by_rlimit ? spec_.max_processes : 0)});
  add(spec_.command);
  launch_spec.limits.emplace_back(RLIMIT_CORE, 0);
  launch_spec.limits.emplace_back(RLIMIT_NOFILE, spec_.max_open_files);
  if (spec_.tmp_bytes) launch_spec.limits.emplace_back(RLIMIT_FSIZE, spec_.tmp_bytes);
  const bool watch_memory = spec_.memory_bytes && !(group_ && group_->limits_memory());
  // Never RLIMIT_AS: runtimes reserve address space that they never touch.
  if (watch_memory) launch_spec.limits.emplace_back(RLIMIT_DATA, spec_.memory_bytes);

  std::string options;
  const SandboxUser user = host_uid ? SandboxUser::switched_inside : SandboxUser::of_bwrap;
  for (const auto& argument : bwrap_arguments(view, user, etc)) options.append(argument).push_back('\0');
  Pipe in, out, err;
  const int options_fd = above_stdio(::memfd_create("bwrap-options", MFD_CLOEXEC));
  const auto close_all = [&] {
    for (Pipe* pipe : {&in, &out, &err}) pipe->close();
    if (options_fd >= 0) ::close(options_fd);
    for (const int fd : launch_spec.group_fds) ::close(fd);
    if (launch_spec.group_folder_fd >= 0) ::close(launch_spec.group_folder_fd);
  };
  if (options_fd < 0 || !in.open() || !out.open() || !err.open() ||
      ::write(options_fd, options.data(), options.size()) != static_cast<ssize_t>(options.size()) ||
      ::lseek(options_fd, 0, SEEK_SET) != 0) {
    const int error = errno;
    close_all();
    if (group_) group_->remove();
    return failed("pipes", error);
  }
  if (group_)
    for (const auto& path : group_->joins())
      if (const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC); fd >= 0)
        launch_spec.group_fds.push_back(above_stdio(fd));
  if (group_ && !group_->birthplace().empty())
    launch_spec.group_folder_fd = above_stdio(::open(group_->birthplace().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  launch_spec.stdio = {in.read, out.write, err.write};
  launch_spec.inherited = {options_fd, launcher_fd(), spec_.namespaces->user_fd(), spec_.namespaces->network_fd()};

  const Launched launched = launch_from_spawner(launch_spec);
  if (launched.pid < 0) {
    close_all();
    if (group_) group_->remove();
    return failed(launched.step, launched.error);
  }
  pid_ = launched.pid;
  pidfd_ = launched.pidfd;
  stdin_ = std::exchange(in.write, -1);
  outputs_ = {std::exchange(out.read, -1), std::exchange(err.read, -1)};
  close_all();
  for (const int fd : {stdin_, outputs_[0], outputs_[1]}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);

  all.reactor.post([self = shared_from_this()] {
    self->watch_output(0);
    self->watch_output(1);
    shared().reactor.watch(self->pidfd_, EPOLLIN, [self](std::uint32_t) { self->reap(); });
    self->flush_stdin();
  });
  if (watch_memory || spec_.tmp_bytes) schedule_check(kWatchInterval);
  return {};
}

void Process::watch_output(std::size_t which) {
  shared().reactor.watch(outputs_[which], EPOLLIN,
                         [self = shared_from_this(), which](std::uint32_t) { self->drain(which); });
}

void Process::drain(std::size_t which) {
  static thread_local std::array<char, 64 * 1024> buffer;
  for (int rounds = 0; rounds < 16; ++rounds) {  // then others get their turn
    const ssize_t n = ::read(outputs_[which], buffer.data(), buffer.size());
    if (n > 0) {
      const OutputSink& sink = which == 0 ? spec_.on_stdout : spec_.on_stderr;
      std::lock_guard lock(callback_mutex_);
      if (sink && !detached_) sink(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    } else {
      close_output(which);
      finish_when_all_ended();
      return;
    }
  }
}

void Process::after_output(std::function<void()> then) {
  shared().reactor.post([self = shared_from_this(), then = std::move(then)] {
    // A pipe holds 64 KiB or 1 MiB: one drain takes what stood in it; more came later.
    for (const std::size_t which : {0u, 1u})
      if (self->outputs_[which] >= 0) self->drain(which);
    then();
  });
}

void Process::close_output(std::size_t which) {
  if (outputs_[which] < 0) return;
  shared().reactor.forget(outputs_[which]);
  ::close(std::exchange(outputs_[which], -1));
}

bool Process::write_stdin(std::string bytes) {
  {
    std::lock_guard lock(stdin_mutex_);
    if (stdin_ < 0 || stdin_closing_) return false;
    unwritten_ += bytes.size();
    stdin_queue_.push_back(std::move(bytes));
  }
  shared().reactor.post([self = shared_from_this()] { self->flush_stdin(); });
  return true;
}

void Process::close_stdin() {
  {
    std::lock_guard lock(stdin_mutex_);
    stdin_closing_ = true;
  }
  shared().reactor.post([self = shared_from_this()] { self->flush_stdin(); });
}

void Process::flush_stdin() {
  std::lock_guard lock(stdin_mutex_);
  bool broken = reaped_;
  while (stdin_ >= 0 && !broken && !stdin_queue_.empty()) {
    const std::string& front = stdin_queue_.front();
    const ssize_t n = ::write(stdin_, front.data() + stdin_offset_, front.size() - stdin_offset_);
    if (n >= 0) {
      unwritten_ -= static_cast<std::size_t>(n);
      stdin_offset_ += static_cast<std::size_t>(n);
      if (stdin_offset_ == front.size()) {
        stdin_queue_.pop_front();
        stdin_offset_ = 0;
      }
    } else if (errno == EAGAIN) {
      if (!std::exchange(stdin_watched_, true))
        shared().reactor.watch(stdin_, EPOLLOUT, [self = shared_from_this()](std::uint32_t) { self->flush_stdin(); });
      return;
    } else if (errno != EINTR) {
      broken = true;
    }
  }
  if (stdin_ < 0) return;
  if (std::exchange(stdin_watched_, false)) shared().reactor.forget(stdin_);
  if (broken || stdin_closing_) {
    ::close(std::exchange(stdin_, -1));
    stdin_queue_.clear();
    unwritten_ = 0;
  }
}

void Process::kill_because(std::atomic<bool>& reason) {
  std::lock_guard lock(signal_mutex_);
  if (reaped_) return;
  reason = true;
  // The namespace's first process follows by PDEATHSIG, and with it everything inside; but not before bwrap has set
  // that up, so it is killed by name as well. Stopped first, bwrap cannot start it behind our back; a stop takes
  // hold only when bwrap next runs, which may be in the middle of starting it.
  ::kill(pid_, SIGSTOP);
  for (int i = 0; i < 200 && is_running(pid_); ++i) std::this_thread::sleep_for(std::chrono::microseconds(100));
  const auto inside = descendants(pid_);
  ::kill(pid_, SIGKILL);
  if (!inside.empty()) ::kill(inside.front(), SIGKILL);
}

void Process::terminate() {
  std::lock_guard lock(signal_mutex_);
  if (reaped_) return;
  // bwrap -> its first process inside -> the command.
  for (const pid_t first : descendants(pid_)) {
    for (const pid_t command : descendants(first)) {
      ::kill(command, SIGTERM);
      return;
    }
  }
  ::kill(pid_, SIGTERM);  // not yet there
}

void Process::reap() {
  int wait_status = 0;
  {
    std::lock_guard lock(signal_mutex_);
    if (::waitpid(pid_, &wait_status, WNOHANG) != pid_) return;
    reaped_ = true;
  }
  shared().reactor.forget(pidfd_);
  ::close(std::exchange(pidfd_, -1));
  if (WIFSIGNALED(wait_status)) {
    status_.signal = WTERMSIG(wait_status);
  } else if (const int code = WEXITSTATUS(wait_status); code > 128 && code <= 128 + SIGRTMAX) {
    status_.signal = code - 128;  // how bwrap tells of a signal inside
  } else {
    status_.code = code;
  }
  flush_stdin();
  if (outputs_[0] >= 0 || outputs_[1] >= 0)
    shared().reactor.after(kOutputGrace, [self = shared_from_this()] {
      if (self->finished_) return;
      self->close_output(0);
      self->close_output(1);
      self->finish_when_all_ended();
    });
  finish_when_all_ended();
}

void Process::finish_when_all_ended() {
  if (finished_ || !reaped_ || outputs_[0] >= 0 || outputs_[1] >= 0) return;
  finished_ = true;
  finish();
}

void Process::finish() {
  status_.killed = killed_;
  status_.storage_exceeded = over_storage_;
  status_.out_of_memory = over_memory_ || (group_ && group_->oom_kills() > 0);
  status_.max_memory_bytes = group_ && group_->limits_memory() ? group_->peak_bytes() : peak_.load();
  peak_ = status_.max_memory_bytes;
  peak_is_final_ = true;
  {
    std::lock_guard lock(callback_mutex_);
    if (spec_.on_exit && !detached_) spec_.on_exit(status_);
    spec_.on_exit = nullptr;  // what callbacks hold may hold us
    spec_.on_stdout = nullptr;
    spec_.on_stderr = nullptr;
  }
  done_.set_value(status_);
  // Ending what led outside waits for a process; not here.
  if (spec_.namespaces) shared().watcher.post([namespaces = std::exchange(spec_.namespaces, nullptr)] {});
  if (group_) remove_group(200);
}

void Process::remove_group(int attempts) {
  shared().watcher.post(
      [self = shared_from_this(), attempts] {
        if (!self->group_->remove() && attempts > 0) self->remove_group(attempts - 1);
      },
      attempts == 200 ? milliseconds{0} : milliseconds{20});
}

void Process::schedule_check(milliseconds delay) {
  shared().watcher.post(
      [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->check_use();
      },
      delay);
}

void Process::check_use() {
  if (reaped_) return;
  const auto began = std::chrono::steady_clock::now();
  survey(began);
  if (spec_.tmp_bytes && is_over_storage()) {
    held_ = holdings(pid_, device_of_tmp(pid_));  // a file deleted between two looks must not count in both
    if (is_over_storage()) kill_because(over_storage_);
  }
  if (watches_memory()) {
    const std::uint64_t now = tree_memory(pid_, held_);
    if (now > peak_) peak_ = now;
    if (spec_.memory_bytes && now > spec_.memory_bytes) kill_because(over_memory_);
  }
  // A folder with very many files must not cost a processor: at most a twentieth of the time goes here.
  const auto cost = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  schedule_check(std::max(kWatchInterval, cost * 20));
}

// Looks at what the processes hold open: each time where memory is watched; else when the disk fills, or once a second.
void Process::survey(std::chrono::steady_clock::time_point now) {
  const std::uint64_t disk = spec_.tmp_bytes ? file_system_bytes(spec_.tmp) : 0;
  if (surveyed_at_ == std::chrono::steady_clock::time_point{}) disk_at_first_ = disk;
  if (!watches_memory() && held_.in_flight == 0 && now - surveyed_at_ < kSurveyInterval &&
      disk < disk_at_survey_ + kSurveyGrowth)
    return;
  surveyed_at_ = now;
  disk_at_survey_ = disk;
  held_ = holdings(pid_, spec_.tmp_bytes ? device_of_tmp(pid_) : 0);
}

// There is no quota that an ordinary user could set on a folder, a file system of its own would take root and some
// 30 ms at each start, and tmpfs is memory: so it is counted what the files take, those without a name too.
bool Process::is_over_storage() {
  const std::uint64_t limit = spec_.tmp_bytes + kTmpSlack;
  const FolderBytes folder = folder_bytes(spec_.tmp, limit);
  const std::uint64_t used = folder.bytes + held_.unlinked_bytes;
  if (used > limit) return true;
  // What hides from every look for a second while the disk fills by more than is left is taken for what fills it.
  const bool blind = !folder.complete || held_.in_flight > 0;
  blind_looks_ = blind ? blind_looks_ + 1 : 0;
  return blind_looks_ >= kBlindLooks && disk_at_survey_ > disk_at_first_ + (limit - used);
}

std::uint64_t Process::max_memory_bytes() const {
  return group_ && group_->limits_memory() && !peak_is_final_ ? group_->peak_bytes() : peak_.load();
}

void Process::detach() {
  kill();
  std::lock_guard lock(callback_mutex_);
  detached_ = true;
}

ExitStatus Process::wait() { return ended_.get(); }

std::optional<ExitStatus> Process::wait_for(milliseconds limit) {
  if (ended_.wait_for(limit) != std::future_status::ready) return std::nullopt;
  return ended_.get();
}

class Handle final : public Child {
 public:
  explicit Handle(std::shared_ptr<Process> process) : process_(std::move(process)) {}
  ~Handle() override { process_->detach(); }
  bool write_stdin(std::string bytes) override { return process_->write_stdin(std::move(bytes)); }
  std::size_t unwritten() const override { return process_->unwritten(); }
  void close_stdin() override { process_->close_stdin(); }
  void kill() override { process_->kill(); }
  void terminate() override { process_->terminate(); }
  void after_output(std::function<void()> then) override { process_->after_output(std::move(then)); }
  ExitStatus wait() override { return process_->wait(); }
  std::optional<ExitStatus> wait_for(milliseconds limit) override { return process_->wait_for(limit); }
  std::uint64_t max_memory_bytes() const override { return process_->max_memory_bytes(); }
  pid_t pid() const override { return process_->pid(); }

 private:
  std::shared_ptr<Process> process_;
};

}  // namespace

Result<std::unique_ptr<Child>> spawn(SandboxSpec spec) {
  auto process = std::make_shared<Process>(std::move(spec));
  CUMULET_CHECK(process->start());
  return std::unique_ptr<Child>(std::make_unique<Handle>(std::move(process)));
}

MemoryControl memory_control() {
  switch (shared().groups.hierarchy()) {
    case Hierarchy::v1: return MemoryControl::cgroup_v1;
    case Hierarchy::v2: return MemoryControl::cgroup_v2;
    case Hierarchy::none: break;
  }
  return MemoryControl::watched;
}

std::optional<std::string> unavailable() {
  std::string said;
  SandboxSpec spec;
  spec.name = "probe";
  spec.command = {"/usr/bin/true"};
  spec.on_stderr = [&](std::string_view piece) { said += piece; };
  auto child = spawn(std::move(spec));
  if (!child.ok()) return child.error().message();
  const ExitStatus status = (*child)->wait();
  if (status.code == 0) return std::nullopt;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said.empty() ? "bwrap failed" : said;
}

}  // namespace cumulet::process
