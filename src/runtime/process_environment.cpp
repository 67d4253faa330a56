#include "runtime/process_environment.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <mutex>

#include "base/folder_removal.hpp"
#include "base/log.hpp"
#include "process/sandbox.hpp"
#include "runtime/exit_failure.hpp"
#include "runtime/launch_plan.hpp"
#include "runtime/runtime_api.hpp"

namespace cumulet::runtime {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr Milliseconds kStopGrace{500};
// After the process ended: time for its last answer, already in the socket, to be read.
constexpr Milliseconds kLastAnswer{20};

double milliseconds_since(Steady::time_point start) {
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

}  // namespace

// What all environments of a factory use. Other threads reach the executors through it only: closed, it drops
// everything.
struct ProcessEnvironments::Gate {
  asio::any_io_executor executor, workers;
  const Clock& clock;
  Timers& timers;
  std::shared_ptr<NamespacesPool> networks;
  std::shared_ptr<RuntimeFolders> folders;
  std::mutex mutex;
  bool open = true;
  // Of what functions leave in /tmp; its size is theirs to choose. Null once closed.
  std::unique_ptr<FolderRemover> remover;

  void on_executor(std::function<void()> task) {
    std::lock_guard lock(mutex);
    if (open) asio::post(executor, std::move(task));
  }
  void on_workers(std::function<void()> task) {
    std::lock_guard lock(mutex);
    if (open) asio::post(workers, std::move(task));
  }
  void remove(const fs::path& folder) {
    std::lock_guard lock(mutex);
    if (remover) remover->remove(folder);
  }
  template <class F>
  void while_open(F f) {
    std::lock_guard lock(mutex);
    if (open) f();
  }
};

namespace {

class ProcessEnvironment final : public ExecutionEnvironment,
                                 public RuntimeApiEvents,
                                 public std::enable_shared_from_this<ProcessEnvironment> {
 public:
  template <class Gate>
  ProcessEnvironment(EnvironmentSpec spec, std::shared_ptr<Gate> gate)
      : spec_(std::move(spec)),
        executor_(gate->executor),
        clock_(gate->clock),
        timers_(gate->timers),
        networks_(gate->networks),
        folders_(gate->folders),
        on_executor_([gate](std::function<void()> task) { gate->on_executor(std::move(task)); }),
        on_workers_([gate](std::function<void()> task) { gate->on_workers(std::move(task)); }),
        remove_([gate](const fs::path& folder) { gate->remove(folder); }),
        while_open_([gate](const std::function<void()>& f) { gate->while_open(f); }) {}

  void start(std::function<void(InitResult)> done) override;
  void invoke(Invocation invocation, std::function<void(InvocationResult)> done) override;
  bool alive() const override { return !ended_; }
  void stop() override;
  void shut();  // at the owner's end: nothing is told any more

 private:
  void on_next() override;
  void on_delivered() override;
  void on_response(std::string payload) override;
  void on_response_too_large() override;
  void on_streamed(std::string error, std::string error_type) override;
  void on_error(std::string payload, std::string error_type) override;
  void on_init_error(std::string payload, std::string error_type) override;

  process::SandboxSpec sandbox(LaunchPlan plan);
  void printed(std::string_view piece) {
    while_open_([&] {
      if (spec_.on_output) spec_.on_output(piece);
    });
  }
  void spawn();  // on a worker
  void serve(std::vector<int> listeners);
  void spawned(Result<std::shared_ptr<process::Child>> child);
  void exited(const process::ExitStatus& status);  // on the executor
  void conclude_exit(const process::ExitStatus& status);
  void finish_init(std::optional<Failure> failure);
  void finish(InvocationResult result);  // once its output was read
  template <class Result>
  void after_output(std::function<void(Result)> done, Result result);
  void deadline_passed();
  void end();  // kills what runs, closes the API

  template <class F>
  void post(F f) {
    on_executor_([weak = weak_from_this(), f = std::move(f)] {
      if (auto self = weak.lock(); self && !self->shut_) f(*self);
    });
  }

  EnvironmentSpec spec_;
  asio::any_io_executor executor_;
  const Clock& clock_;
  Timers& timers_;
  std::shared_ptr<NamespacesPool> networks_;
  std::shared_ptr<RuntimeFolders> folders_;
  std::function<void(std::function<void()>)> on_executor_, on_workers_;
  std::function<void(const fs::path&)> remove_;
  std::function<void(const std::function<void()>&)> while_open_;

  std::unique_ptr<RuntimeApi> api_;
  std::vector<std::shared_ptr<void>> served_;  // what else it reaches
  std::shared_ptr<process::Child> child_;
  bool ended_ = false;  // no further invocation
  bool shut_ = false;
  bool stopping_ = false;
  bool exit_seen_ = false;

  Steady::time_point started_;
  std::function<void(InitResult)> init_done_;
  Failure init_error_;   // what the runtime itself reported
  Launched launched_;    // set before it is spawned
  std::mutex stderr_mutex_;
  std::string stderr_start_;  // of the init phase

  std::function<void(InvocationResult)> done_;  // set while an invocation is in flight
  std::uint64_t invocation_number_ = 0;
  bool delivered_ = false;
  Steady::time_point delivered_at_;
  Timers::Id deadline_ = 0;
};

void ProcessEnvironment::start(std::function<void(InitResult)> done) {
  started_ = Steady::now();
  init_done_ = std::move(done);
  api_ = std::make_unique<RuntimeApi>(executor_, *this);
  on_workers_([self = shared_from_this()] { self->spawn(); });
}

// Whoever waits in there is served from now on; a child that was quicker has waited in the sockets' queues.
void ProcessEnvironment::serve(std::vector<int> listeners) {
  if (listeners.empty()) return;
  if (shut_ || ended_) {
    for (const int fd : listeners) ::close(fd);
    return;
  }
  api_->serve(listeners.front());
  const auto& services = networks_->services();
  for (std::size_t i = 1; i < listeners.size(); ++i) {
    if (services[i - 1].serve)
      served_.push_back(services[i - 1].serve(listeners[i]));
    else
      ::close(listeners[i]);
  }
}

process::SandboxSpec ProcessEnvironment::sandbox(LaunchPlan plan) {
  process::SandboxSpec sandbox;
  sandbox.name = spec_.function_name;
  sandbox.root = plan.root;
  sandbox.root_folder = std::move(plan.root_folder);
  sandbox.binds = std::move(plan.binds);
  sandbox.command = std::move(plan.command);
  sandbox.environment = std::move(plan.environment);
  sandbox.working_directory = std::move(plan.working_directory);
  sandbox.hidden = spec_.hidden;
  sandbox.tmp = spec_.scratch;
  sandbox.tmp_bytes = static_cast<std::uint64_t>(spec_.ephemeral_storage_mb) << 20;
  sandbox.memory_bytes = static_cast<std::uint64_t>(spec_.memory_mb) << 20;
  // 1,769 MB: one vCPU. Never less than a full share: a busy machine would starve small functions past their deadlines.
  sandbox.cpu_weight = static_cast<unsigned>(std::max(1024, spec_.memory_mb * 1024 / 1769));
  sandbox.on_stdout = [self = shared_from_this()](std::string_view piece) { self->printed(piece); };
  // The runtime's start is looked at for the launcher's own words; all of it is the function's log.
  sandbox.on_stderr = [self = shared_from_this()](std::string_view piece) {
    {
      std::lock_guard lock(self->stderr_mutex_);
      if (self->stderr_start_.size() < 256) self->stderr_start_.append(piece.substr(0, 256));
      if (is_launch_failure(self->stderr_start_, self->launched_)) return;
    }
    self->printed(piece);
  };
  sandbox.on_exit = [self = shared_from_this()](const process::ExitStatus& status) {
    self->on_executor_([self, status] { self->exited(status); });
  };
  return sandbox;
}

void ProcessEnvironment::spawn() {
  Planned planned = plan_launch(spec_, "127.0.0.1:" + std::to_string(networks_->runtime_api_port()), *folders_);
  if (const auto* failure = std::get_if<Failure>(&planned)) {
    post([failure = *failure](ProcessEnvironment& self) {
      self.end();
      self.finish_init(failure);
    });
    return;
  }
  auto& plan = std::get<LaunchPlan>(planned);
  launched_ = {plan.command, plan.working_directory};
  std::error_code ec;
  fs::create_directories(spec_.scratch, ec);
  auto network = networks_->take();
  if (!network.ok()) {
    on_executor_([self = shared_from_this(), error = network.error()] { self->spawned(error); });
    return;
  }
  std::vector<int> listeners = (*network)->take_listeners();
  process::SandboxSpec specification = sandbox(std::move(plan));
  specification.namespaces = std::move(network).value();
  Result<std::unique_ptr<process::Child>> child = process::spawn(std::move(specification));
  if (child.ok()) {
    std::shared_ptr<process::Child> shared(std::move(child).value());
    on_executor_([self = shared_from_this(), shared, listeners = std::move(listeners)] {
      self->serve(listeners);
      self->spawned(shared);
    });
  } else {
    for (const int fd : listeners) ::close(fd);
    on_executor_([self = shared_from_this(), error = child.error()] { self->spawned(error); });
  }
}

void ProcessEnvironment::spawned(Result<std::shared_ptr<process::Child>> child) {
  if (!child.ok()) {
    log::error("cannot start the environment of {}: {}", spec_.function_name, child.error().message());
    remove_(spec_.scratch);
    if (shut_) return;
    end();
    finish_init(Failure{"Sandbox.Failure", child.error().message(), {}});
    return;
  }
  child_ = std::move(child).value();
  if (ended_) child_->kill();
}

void ProcessEnvironment::exited(const process::ExitStatus& status) {
  exit_seen_ = true;
  remove_(spec_.scratch);
  if (shut_) return;
  ended_ = true;
  if (!done_ || !delivered_) {
    conclude_exit(status);
    return;
  }
  timers_.at(clock_.now() + kLastAnswer, [weak = weak_from_this(), status, number = invocation_number_] {
    if (auto self = weak.lock())
      self->post([status, number](ProcessEnvironment& e) {
        if (e.invocation_number_ == number) e.conclude_exit(status);
      });
  });
}

void ProcessEnvironment::conclude_exit(const process::ExitStatus& status) {
  served_.clear();
  api_->close();
  if (init_done_) {
    Failure failure = init_error_;
    if (failure.error_type.empty()) failure = failure_of(status, spec_.ephemeral_storage_mb);
    {
      std::lock_guard lock(stderr_mutex_);
      if (auto of_launch = launch_failure(stderr_start_, launched_)) failure = std::move(*of_launch);
    }
    finish_init(failure);
  } else if (done_) {
    InvocationResult result;
    result.kind = delivered_ ? InvocationResult::Kind::failed : InvocationResult::Kind::undelivered;
    result.failure = failure_of(status, spec_.ephemeral_storage_mb);
    result.max_memory_bytes = status.max_memory_bytes;
    finish(std::move(result));
  }
}

void ProcessEnvironment::finish_init(std::optional<Failure> failure) {
  if (!init_done_) return;
  auto done = std::exchange(init_done_, nullptr);
  if (failure && spec_.image && failure->error_type.starts_with("Runtime.Invalid"))
    printed(image_launch_error(*spec_.image, failure->error_message));
  InitResult result;
  result.failure = std::move(failure);
  result.milliseconds = milliseconds_since(started_);
  after_output(std::move(done), std::move(result));  // what was printed meanwhile stands before the first START
}

// Hands the result on when everything that the function printed before is in the log.
template <class Result>
void ProcessEnvironment::after_output(std::function<void(Result)> done, Result result) {
  if (!child_ || exit_seen_) {
    done(std::move(result));
    return;
  }
  auto shared = std::make_shared<std::pair<std::function<void(Result)>, Result>>(std::move(done), std::move(result));
  child_->after_output([weak = weak_from_this(), shared] {
    if (auto self = weak.lock())
      self->post([shared](ProcessEnvironment&) { shared->first(std::move(shared->second)); });
  });
}

void ProcessEnvironment::on_next() {
  if (init_done_ && init_error_.error_type.empty()) finish_init(std::nullopt);
}

void ProcessEnvironment::on_init_error(std::string payload, std::string error_type) {
  if (!init_error_.error_type.empty()) return;
  init_error_.error_type = std::move(error_type);
  init_error_.payload = std::move(payload);
  // The runtime is expected to exit; its init is over either way.
  post([](ProcessEnvironment& self) {
    const Failure failure = self.init_error_;
    self.stop();
    self.finish_init(failure);
  });
}

void ProcessEnvironment::invoke(Invocation invocation, std::function<void(InvocationResult)> done) {
  ++invocation_number_;
  done_ = std::move(done);
  delivered_ = false;
  delivered_at_ = Steady::now();
  if (ended_) {
    post([](ProcessEnvironment& self) { self.finish(InvocationResult{}); });
    return;
  }
  deadline_ = timers_.at(invocation.deadline, [weak = weak_from_this(), number = invocation_number_] {
    if (auto self = weak.lock())
      self->post([number](ProcessEnvironment& e) {
        if (e.done_ && e.invocation_number_ == number) e.deadline_passed();
      });
  });
  api_->deliver(std::move(invocation));
}

void ProcessEnvironment::on_delivered() {
  delivered_ = true;
  delivered_at_ = Steady::now();
}

void ProcessEnvironment::on_response(std::string payload) {
  InvocationResult result;
  result.kind = InvocationResult::Kind::response;
  result.payload = std::move(payload);
  finish(std::move(result));
}

void ProcessEnvironment::on_response_too_large() {
  InvocationResult result;
  result.kind = InvocationResult::Kind::error;
  result.error_type = "Function.ResponseSizeTooLarge";
  result.payload = "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (" +
                   std::to_string(kMaxResponseBytes) + " bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}";
  finish(std::move(result));
}

void ProcessEnvironment::on_streamed(std::string error, std::string error_type) {
  InvocationResult result;
  result.kind = error_type.empty() ? InvocationResult::Kind::response : InvocationResult::Kind::error;
  result.payload = std::move(error);
  result.error_type = std::move(error_type);
  result.streamed = true;
  finish(std::move(result));
}

void ProcessEnvironment::on_error(std::string payload, std::string error_type) {
  InvocationResult result;
  result.kind = InvocationResult::Kind::error;
  result.payload = std::move(payload);
  result.error_type = std::move(error_type);
  finish(std::move(result));
}

void ProcessEnvironment::deadline_passed() {
  InvocationResult result;
  result.kind = InvocationResult::Kind::timed_out;
  if (child_) result.max_memory_bytes = child_->max_memory_bytes();
  end();
  finish(std::move(result));
}

void ProcessEnvironment::finish(InvocationResult result) {
  if (!done_) return;
  timers_.cancel(deadline_);
  result.milliseconds = milliseconds_since(delivered_at_);
  if (result.max_memory_bytes == 0 && child_ && result.kind != InvocationResult::Kind::undelivered)
    result.max_memory_bytes = child_->max_memory_bytes();
  // What the function printed before its answer belongs to this invocation's log.
  after_output(std::exchange(done_, nullptr), std::move(result));
}

void ProcessEnvironment::end() {
  ended_ = true;
  served_.clear();
  if (api_) api_->close();
  if (child_) child_->kill();
}

void ProcessEnvironment::stop() {
  ended_ = true;
  if (std::exchange(stopping_, true)) return;
  if (!child_) {
    end();
    return;
  }
  on_workers_([child = child_] { child->terminate(); });
  timers_.at(clock_.now() + kStopGrace, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->post([](ProcessEnvironment& e) { e.end(); });
  });
}

void ProcessEnvironment::shut() {
  if (std::exchange(shut_, true)) return;
  timers_.cancel(deadline_);
  done_ = nullptr;
  init_done_ = nullptr;
  if (api_) end();
  ended_ = true;
  served_.clear();
  api_.reset();  // here, on the executor: the last to let go of us may be another thread
}

// What the owner holds. The environment itself lives on until its process was reaped and its folder removed.
class Owner final : public ExecutionEnvironment {
 public:
  explicit Owner(std::shared_ptr<ProcessEnvironment> environment) : environment_(std::move(environment)) {}
  ~Owner() override { environment_->shut(); }
  void start(std::function<void(InitResult)> done) override { environment_->start(std::move(done)); }
  void invoke(Invocation invocation, std::function<void(InvocationResult)> done) override {
    environment_->invoke(std::move(invocation), std::move(done));
  }
  bool alive() const override { return environment_->alive(); }
  void stop() override { environment_->stop(); }

 private:
  std::shared_ptr<ProcessEnvironment> environment_;
};

}  // namespace

ProcessEnvironments::ProcessEnvironments(asio::any_io_executor executor, asio::any_io_executor workers,
                                         const Clock& clock, Timers& timers, fs::path folder)
    : gate_(new Gate{std::move(executor),
                     std::move(workers),
                     clock,
                     timers,
                     nullptr,
                     std::make_shared<RuntimeFolders>(std::move(folder)),
                     {},
                     true,
                     std::make_unique<FolderRemover>()}) {
  gate_->networks = std::make_shared<NamespacesPool>([weak = std::weak_ptr(gate_)](std::function<void()> task) {
    if (const auto gate = weak.lock()) gate->on_workers(std::move(task));
  });
  gate_->on_workers([] { process::memory_control(); });  // ends what a killed engine left behind
}

ProcessEnvironments::~ProcessEnvironments() {
  std::unique_ptr<FolderRemover> remover;  // ends after the lock was released
  {
    std::lock_guard lock(gate_->mutex);
    gate_->open = false;
    remover = std::move(gate_->remover);
  }
  gate_->networks->close();
}

void ProcessEnvironments::open(InsideNetwork network) { gate_->networks->open(std::move(network)); }

std::unique_ptr<ExecutionEnvironment> ProcessEnvironments::make(EnvironmentSpec spec) {
  return std::make_unique<Owner>(std::make_shared<ProcessEnvironment>(std::move(spec), gate_));
}

}  // namespace cumulet::runtime
