#include "services/lambda/environments.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/trace.hpp"
#include "runtime/runtimes.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/platform_log.hpp"
#include "services/lambda/report.hpp"
#include "services/lambda/witness.hpp"

namespace cumulet::lambda {
namespace {

constexpr Milliseconds kPoliteEnd{1'000};
constexpr Milliseconds kReapInterval{30'000};

std::uint64_t machine_memory_mb() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) >>
         20;
}

double random_share(Random& random) { return static_cast<double>(random.next() >> 11) * 0x1.0p-53; }

Error throttled(std::string reason) {
  return Error{kTooManyRequests, "Rate Exceeded.", {{"Reason", std::move(reason)}, {"Type", "User"}}};
}

std::string log_group_of(const FunctionVersion& version) {
  return version.configuration.logging_config.log_group.value_or("/aws/lambda/" + version.name());
}

OutputLog::Marks marks_of(const FunctionConfiguration& configuration) {
  const runtime::Runtime* runtime = runtime::find_runtime(configuration.runtime.value_or(""));
  const bool is_managed = runtime && runtime->family != runtime::Family::provided;
  return is_managed ? OutputLog::Marks::records : OutputLog::Marks::none;
}

// "2026/11/22/[$LATEST]<32 hex digits>"; in a group of the user's own the function's name stands before the version.
std::string log_stream_of(const FunctionVersion& version, TimePoint now, Random& random) {
  const std::string date = basic_date(now);
  const bool is_own = "/aws/lambda/" + version.name() != log_group_of(version);
  return date.substr(0, 4) + '/' + date.substr(4, 2) + '/' + date.substr(6, 2) + '/' + (is_own ? version.name() : "") +
         '[' + version.version() + ']' + random_hex(32, random);
}

// Without a folder when it cannot be had: then no sandbox starts.
ImageDirectory::Root image_root(const FunctionStore& store, const FunctionVersion& version) {
  if (!store.images()) return {};
  auto root = store.images()->root(version.region, *version.image);
  if (root.ok()) return std::move(*root);
  log::error("the image {} of function {}: {}", version.image->resolved_uri, version.name(), root.error().message());
  return {};
}

}  // namespace

struct Environments::Pending {
  InvocationJob job;
  Done done;
  FunctionRef function;
  VersionRef version;
  bool answered = false;
  bool is_timed = false;  // its wait for room has an end
  TimePoint accepted;
};

struct Environments::Entry {
  std::string id;
  std::string log_stream;
  VersionRef version;
  std::unique_ptr<runtime::ExecutionEnvironment> environment;  // null until it is being started
  ImageDirectory::Hold code;  // keeps the tree of an image
  std::shared_ptr<OutputLog> log;
  std::optional<PlatformLog> platform;  // Lambda's own lines in it
  PendingPtr pending;                   // starting for, or running
  std::string access_key_id;
  TimePoint made;
  TimePoint idle_since;
  std::optional<double> init_milliseconds;  // not reported yet
  TimePoint deadline;
  Timers::Id init_timer = 0;
  bool removed = false;
  bool init_over = false;

  Key key() const { return {version->region, version->name()}; }
  VersionKey version_key() const { return {version->region, version->name(), version->version()}; }
};

Environments::Environments(FunctionStore& store, boost::asio::any_io_executor executor,
                           boost::asio::any_io_executor workers, const Clock& clock, Timers& timers, Random& random,
                           DataPorts ports, EnvironmentSettings settings)
    : store_(store),
      executor_(std::move(executor)),
      workers_(std::move(workers)),
      clock_(clock),
      timers_(timers),
      random_(random),
      ports_(std::move(ports)),
      settings_(std::move(settings)),
      witness_(std::make_unique<Witness>(ports_.observers, clock)) {
  if (settings_.memory_budget_mb == 0) settings_.memory_budget_mb = 2 * machine_memory_mb();
}

Environments::~Environments() { stop(); }

void Environments::post(std::function<void()> task) {
  boost::asio::post(executor_, [alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

void Environments::post_to_workers(std::function<void()> task) { boost::asio::post(workers_, std::move(task)); }

Timers::Id Environments::at(TimePoint when, std::function<void()> task) {
  return timers_.after(when - clock_.steady(), [executor = executor_, alive = alive_, task = std::move(task)] {
    boost::asio::post(executor, [alive, task] {
      if (*alive) task();
    });
  });
}

std::string Environments::trace_id() {
  char seconds[24];
  std::snprintf(seconds, sizeof seconds, "%08llx", static_cast<unsigned long long>(to_millis(clock_.now()) / 1000));
  return "Root=1-" + std::string(seconds) + '-' + random_hex(24, random_) + ";Parent=" + random_hex(16, random_) +
         ";Sampled=0;Lineage=1:" + random_hex(8, random_) + ":0";
}

std::string Environments::trace_id_of(std::string_view header) {
  if (header.empty()) return trace_id();
  if (trace_root(header) != header) return std::string(header);
  return "Root=" + std::string(header) + ";Parent=" + random_hex(16, random_) + ";Sampled=0";
}

int Environments::in_flight(const std::string& region, const std::string& name) const {
  const auto found = in_flight_.find({region, name});
  return found == in_flight_.end() ? 0 : found->second;
}

std::optional<Error> Environments::refuse(const Function& function) const {
  if (function.reserved_concurrency) {
    if (in_flight(function.region, function.name) >= *function.reserved_concurrency)
      return throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
    return std::nullopt;
  }
  int reserved = 0, running = 0;
  for (const auto& [key, count] : in_flight_) {
    if (key.first != function.region || count == 0) continue;
    const FunctionRef other = store_.find(key.first, key.second);
    if (!other || !other->reserved_concurrency) running += count;
  }
  if (running < kUnreservedMinimum) return std::nullopt;  // no sum of reservations leaves less
  for (const FunctionRef& other : store_.list(function.region)) reserved += other->reserved_concurrency.value_or(0);
  if (running >= kAccountConcurrency - reserved) return throttled("ConcurrentInvocationLimitExceeded");
  return std::nullopt;
}

void Environments::invoke(InvocationJob job, Done done) {
  const auto fail = [&](Error error) { post([done, error = std::move(error)] { done(error); }); };
  FunctionRef function = store_.find(job.region, job.function_name);
  if (!function) {
    fail(function_not_found(FunctionName{job.function_name, job.region, {}}.arn()));
    return;
  }
  VersionRef version = chosen_version(function, job.qualifier);
  if (!version) {
    fail(function_not_found(function->arn() + arn_suffix(job.qualifier)));
    return;
  }
  if (auto error = refuse(*function)) {
    witness_->throttled(function->region, function->name, job.request_id);
    fail(std::move(*error));
    return;
  }
  witness_->accepted(*version, ++in_flight_[{function->region, function->name}]);
  auto pending = std::make_shared<Pending>();
  pending->job = std::move(job);
  pending->done = std::move(done);
  pending->function = std::move(function);
  pending->version = std::move(version);
  pending->accepted = clock_.steady();
  pending->job.trace_id = trace_id_of(pending->job.trace_id);
  if (pending->job.function_arn.empty()) pending->job.function_arn = pending->function->arn();
  place(pending);
}

VersionRef Environments::chosen_version(const FunctionRef& function, const std::optional<std::string>& qualifier) {
  const auto alias = qualifier ? function->aliases.find(*qualifier) : function->aliases.end();
  const bool is_drawn = alias != function->aliases.end() && !alias->second.additional_weights.empty();
  return version_to_run(function, qualifier, is_drawn ? random_share(random_) : 0);
}

void Environments::place(const PendingPtr& pending) {
  // The newest snapshot: the one the call found may have been replaced while it waited.
  if (FunctionRef now = store_.find(pending->function->region, pending->function->name)) {
    if (VersionRef version = find_version(now, pending->version->version())) pending->version = std::move(version);
    pending->function = std::move(now);
  }
  auto& idle = idle_[{pending->version->region, pending->version->name(), pending->version->version()}];
  while (!idle.empty()) {
    const EntryPtr entry = idle.back();
    idle.pop_back();
    if (entry->environment->alive() && entry->version->generation == pending->version->generation &&
        clock_.steady() - entry->made < settings_.max_age) {
      run(entry, pending);
      return;
    }
    remove(entry, true);
  }
  if (scales_too_fast(pending->function->region, pending->function->name)) {
    --in_flight_[{pending->function->region, pending->function->name}];
    witness_->throttled(pending->function->region, pending->function->name, pending->job.request_id);
    post([pending] { pending->done(throttled("ConcurrentInvocationLimitExceeded")); });
    freed();
    return;
  }
  if (make_room(pending->version->configuration.memory_size)) {
    ++scaling_[{pending->function->region, pending->function->name}].started;
    start(pending, Attempt::init);
    return;
  }
  waiting_.push_back(pending);
  if (std::exchange(pending->is_timed, true)) return;
  at(pending->job.wait_until.value_or(clock_.steady() + settings_.max_wait), [this, pending] {
    const auto found = std::find(waiting_.begin(), waiting_.end(), pending);
    if (found == waiting_.end()) return;
    waiting_.erase(found);
    --in_flight_[{pending->function->region, pending->function->name}];
    witness_->throttled(pending->function->region, pending->function->name, pending->job.request_id);
    pending->done(throttled("ConcurrentInvocationLimitExceeded"));
    freed();
  });
}

// https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
bool Environments::scales_too_fast(const std::string& region, const std::string& name) {
  Scaling& scaling = scaling_[{region, name}];
  if (clock_.steady() - scaling.since >= settings_.scaling_window) scaling = {clock_.steady(), 0};
  return scaling.started >= settings_.scaling_step;
}

bool Environments::make_room(int memory_mb) {
  const auto fits = [&] {
    return entries_.empty() || memory_mb_ + static_cast<std::uint64_t>(memory_mb) <= settings_.memory_budget_mb;
  };
  while (!fits()) {
    EntryPtr oldest;
    for (const auto& [key, list] : idle_)
      if (!list.empty() && (!oldest || list.front()->idle_since < oldest->idle_since)) oldest = list.front();
    if (!oldest) return false;
    std::erase(idle_[oldest->version_key()], oldest);
    remove(oldest, false);
  }
  return true;
}

void Environments::start(const PendingPtr& pending, Attempt attempt) {
  auto entry = std::make_shared<Entry>();
  entry->version = pending->version;
  entry->pending = pending;
  entry->made = clock_.steady();
  entry->id = random_hex(24, random_);
  entries_.push_back(entry);
  witness_->environment(*entry->version, entry->id, "starting", pending->job.request_id);
  const FunctionConfiguration& configuration = entry->version->configuration;
  memory_mb_ += static_cast<std::uint64_t>(configuration.memory_size);

  auto spec = std::make_shared<runtime::EnvironmentSpec>();
  spec->function_name = entry->version->name();
  spec->version = entry->version->version();
  spec->region = entry->version->region;
  spec->handler = configuration.handler.value_or("");
  spec->runtime = configuration.runtime.value_or("");
  spec->memory_mb = configuration.memory_size;
  spec->ephemeral_storage_mb = configuration.ephemeral_storage.size;
  spec->log_group = log_group_of(*entry->version);
  spec->log_stream = log_stream_of(*entry->version, clock_.now(), random_);
  entry->log_stream = spec->log_stream;
  if (configuration.environment) spec->variables = configuration.environment->variables;
  if (configuration.logging_config.log_format == "JSON") {
    spec->variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON";
    spec->variables["AWS_LAMBDA_LOG_LEVEL"] = configuration.logging_config.application_log_level.value_or("INFO");
  }
  if (ports_.endpoint_url) spec->endpoint_url = ports_.endpoint_url();
  if (entry->version->image)
    spec->image = image_launch(*entry->version->image, configuration);
  else
    spec->code = store_.code_folder(entry->version->code_id);
  spec->scratch = settings_.scratch / entry->id;
  spec->hidden = settings_.hidden;
  entry->log = std::make_shared<OutputLog>(
      OutputLog::Stream{spec->region, spec->log_group, spec->log_stream, marks_of(configuration)}, clock_,
      [workers = workers_](std::function<void()> task) { boost::asio::post(workers, std::move(task)); }, ports_);
  entry->platform.emplace(entry->log, configuration, clock_);
  if (attempt == Attempt::init) entry->platform->init_start();
  entry->log->begin();  // INIT_START is in no tail
  spec->on_output = [log = entry->log](std::string_view piece) { log->print(piece); };

  const Milliseconds timeout = Seconds{configuration.timeout};
  entry->init_timer = at(clock_.steady() + (attempt == Attempt::init ? settings_.init_limit : timeout),
                         [this, entry, attempt] { init_timed_out(entry, attempt); });
  const Seconds lifetime = std::chrono::duration_cast<Seconds>(settings_.max_age * 2);
  post_to_workers([this, alive = alive_, executor = executor_, mint = ports_.mint, store = &store_, entry, attempt,
                   spec, lifetime, role = configuration.role, name = entry->version->name()] {
    if (mint) spec->credentials = mint(role, name, lifetime);
    auto root = std::make_shared<ImageDirectory::Root>();
    if (spec->image) *root = image_root(*store, *entry->version);
    if (spec->image) spec->image->root = root->folder;
    if (auto layers = store->layered(entry->version->layer_codes); layers.ok())
      spec->layers = std::move(*layers);
    else
      log::error("function {}: {}", name, layers.error().message());
    boost::asio::post(executor, [this, alive, entry, attempt, spec, root] {
      if (!*alive) return;
      entry->code = std::move(root->hold);
      entry->access_key_id = spec->credentials.access_key_id;
      if (entry->removed || entry->init_over) return;
      entry->environment = ports_.make_environment(std::move(*spec));
      entry->environment->start(
          [this, entry, attempt](runtime::InitResult result) { started(entry, attempt, std::move(result)); });
    });
  });
}

void Environments::started(const EntryPtr& entry, Attempt attempt, runtime::InitResult result) {
  if (entry->removed || std::exchange(entry->init_over, true)) return;
  timers_.cancel(entry->init_timer);
  const PendingPtr pending = std::exchange(entry->pending, nullptr);
  if (!result.failure) {
    entry->init_milliseconds = result.milliseconds;
    run(entry, pending);
    return;
  }
  entry->platform->init_failed(result.milliseconds, attempt == Attempt::init ? "init" : "invoke", "error",
                               result.failure->error_type);
  if (attempt == Attempt::init) {
    remove(entry, false);
    start(pending, Attempt::invoke);
    return;
  }
  const std::string& id = pending->job.request_id;
  entry->platform->start(id, pending->job.trace_id);
  entry->platform->failed(id, *result.failure);
  Report report;
  report.request_id = id;
  report.milliseconds = result.milliseconds;
  report.memory_mb = entry->version->configuration.memory_size;
  report.status = "error";
  report.error_type = result.failure->error_type;
  entry->platform->report(report);
  InvocationOutcome outcome;
  outcome.is_error = true;
  outcome.payload = failure_document(id, *result.failure);
  conclude(entry, pending, std::move(outcome), report);
}

void Environments::init_timed_out(const EntryPtr& entry, Attempt attempt) {
  if (entry->removed || std::exchange(entry->init_over, true)) return;
  const PendingPtr pending = std::exchange(entry->pending, nullptr);
  const int timeout = entry->version->configuration.timeout;
  if (attempt == Attempt::init) {
    entry->platform->init_failed(static_cast<double>(settings_.init_limit.count()), "init", "timeout", "");
    remove(entry, false);
    start(pending, Attempt::invoke);
    return;
  }
  const std::string& id = pending->job.request_id;
  entry->platform->init_failed(timeout * 1000.0, "invoke", "timeout", "");
  entry->platform->start(id, pending->job.trace_id);
  entry->platform->timed_out(id, timeout);
  Report report;
  report.request_id = id;
  report.milliseconds = timeout * 1000.0;
  report.memory_mb = entry->version->configuration.memory_size;
  report.status = "timeout";
  entry->platform->report(report);
  InvocationOutcome outcome;
  outcome.is_error = true;
  outcome.payload = timeout_document(id, timeout);
  remove(entry, false);  // its init may never end: nothing could run in it
  conclude(entry, pending, std::move(outcome), report);
}

void Environments::run(const EntryPtr& entry, const PendingPtr& pending) {
  entry->pending = pending;
  if (!entry->init_milliseconds) entry->log->begin();  // the first invocation's tail holds the init's output
  entry->platform->start(pending->job.request_id, pending->job.trace_id);
  witness_->environment(*entry->version, entry->id, "busy", pending->job.request_id);
  runtime::Invocation invocation;
  invocation.request_id = pending->job.request_id;
  invocation.payload = pending->job.payload;
  invocation.function_arn = pending->job.function_arn;
  invocation.deadline = clock_.now() + Seconds{entry->version->configuration.timeout};
  invocation.trace_id = pending->job.trace_id;
  invocation.client_context = pending->job.client_context;
  if (pending->job.sink) pending->job.sink->runs(*entry->version);
  invocation.sink = pending->job.sink;
  entry->environment->invoke(std::move(invocation),
                             [this, entry](runtime::InvocationResult result) { finished(entry, std::move(result)); });
}

void Environments::finished(const EntryPtr& entry, runtime::InvocationResult result) {
  using Kind = runtime::InvocationResult::Kind;
  if (entry->removed) return;
  const PendingPtr pending = std::exchange(entry->pending, nullptr);
  if (result.kind == Kind::undelivered) {  // it ended between two invocations: no fault of this one
    remove(entry, false);
    place(pending);
    return;
  }
  const std::string& id = pending->job.request_id;
  const int timeout = entry->version->configuration.timeout;
  InvocationOutcome outcome;
  outcome.streamed = result.streamed;
  Report report;
  report.request_id = id;
  report.milliseconds = result.milliseconds;
  report.memory_mb = entry->version->configuration.memory_size;
  report.max_memory_bytes = result.max_memory_bytes;
  report.init_milliseconds = std::exchange(entry->init_milliseconds, std::nullopt);
  switch (result.kind) {
    case Kind::response: outcome.payload = std::move(result.payload); break;
    case Kind::error:
      outcome.is_error = true;
      outcome.payload = std::move(result.payload);
      break;
    case Kind::timed_out:
      outcome.is_error = true;
      outcome.payload = timeout_document(id, timeout);
      report.milliseconds = std::max(result.milliseconds, timeout * 1000.0);
      report.status = "timeout";
      entry->platform->timed_out(id, timeout);
      break;
    default:
      outcome.is_error = true;
      outcome.payload = failure_document(id, result.failure);
      report.status = "error";
      report.error_type =
          result.failure.reported_type.empty() ? result.failure.error_type : result.failure.reported_type;
      entry->platform->failed(id, result.failure);
  }
  entry->platform->report(report);
  conclude(entry, pending, std::move(outcome), report);
}

void Environments::conclude(const EntryPtr& entry, const PendingPtr& pending, InvocationOutcome outcome,
                            const Report& report) {
  witness_->ended(*entry->version, pending->job, outcome, report);
  outcome.executed_version = entry->version->version();
  if (pending->job.wants_tail) outcome.log_tail = entry->log->tail();
  --in_flight_[entry->key()];
  release(entry);
  pending->done(std::move(outcome));
  serve_waiting();
  freed();
}

void Environments::freed() {
  if (for_free_.empty() || std::exchange(telling_free_, true)) return;
  // Posted: whoever called us may not be done with its own books.
  post([this] {
    telling_free_ = false;
    for (const auto& callback : std::exchange(for_free_, {})) callback();
  });
}

bool Environments::admits(const Function& function, const FunctionVersion& version) const {
  if (refuse(function)) return false;
  const VersionKey wanted_key{version.region, version.name(), version.version()};
  std::uint64_t evictable = 0;
  for (const auto& [key, list] : idle_)
    for (const auto& entry : list) {
      if (key == wanted_key && entry->version->generation == version.generation) return true;
      evictable += static_cast<std::uint64_t>(entry->version->configuration.memory_size);
    }
  if (!waiting_.empty()) return false;  // they come first
  const auto wanted = static_cast<std::uint64_t>(version.configuration.memory_size);
  return memory_mb_ == evictable || memory_mb_ - evictable + wanted <= settings_.memory_budget_mb;
}

std::vector<Environments::Count> Environments::counts() const {
  std::map<Key, Count> by_function;
  for (const auto& entry : entries_) {
    Count& count = by_function[entry->key()];
    std::tie(count.region, count.name) = entry->key();
    ++count.busy;
  }
  for (const auto& [key, list] : idle_) {
    const auto found = by_function.find({std::get<0>(key), std::get<1>(key)});
    if (found == by_function.end()) continue;
    found->second.busy -= static_cast<int>(list.size());
    found->second.idle += static_cast<int>(list.size());
  }
  std::vector<Count> out;
  for (auto& [key, count] : by_function) out.push_back(std::move(count));
  return out;
}

std::vector<Environments::Live> Environments::live() const {
  std::vector<Live> out;
  for (const auto& entry : entries_) {
    Live& one = out.emplace_back();
    one.id = entry->id;
    std::tie(one.region, one.name) = entry->key();
    one.made = wall_of(clock_, entry->made);
    one.memory_mb = entry->version->configuration.memory_size;
    one.log_group = log_group_of(*entry->version);
    one.log_stream = entry->log_stream;
    if (entry->pending) one.request_id = entry->pending->job.request_id;
    if (entry->pending) {
      one.state = entry->init_over ? "busy" : "starting";
    } else {
      one.state = "idle";
      one.idle_since = wall_of(clock_, entry->idle_since);
    }
  }
  return out;
}

void Environments::release(const EntryPtr& entry) {
  if (entry->removed) return;
  const FunctionRef now = store_.find(entry->version->region, entry->version->name());
  const VersionRef version = now ? find_version(now, entry->version->version()) : nullptr;
  const bool is_current = version && version->generation == entry->version->generation;
  if (!entry->environment || !entry->environment->alive() || !is_current) {
    remove(entry, true);
    return;
  }
  entry->idle_since = clock_.steady();
  idle_[entry->version_key()].push_back(entry);
  witness_->environment(*entry->version, entry->id, "idle", {});
  if (!std::exchange(reaping_, true))
    at(clock_.steady() + std::min(kReapInterval, settings_.idle_limit), [this] { reap_idle(); });
}

void Environments::remove(const EntryPtr& entry, bool politely) {
  if (std::exchange(entry->removed, true)) return;
  timers_.cancel(entry->init_timer);
  memory_mb_ -= static_cast<std::uint64_t>(entry->version->configuration.memory_size);
  std::erase(entries_, entry);
  witness_->environment(*entry->version, entry->id, "ended", {});
  if (ports_.revoke && !entry->access_key_id.empty())
    post_to_workers([revoke = ports_.revoke, key = entry->access_key_id] { revoke(key); });
  if (politely && entry->environment && entry->environment->alive()) {
    entry->environment->stop();
    ending_.push_back(entry);
    at(clock_.steady() + kPoliteEnd, [this, entry] {
      std::erase(ending_, entry);
      entry->environment.reset();
      drop_unused_code();
    });
    return;
  }
  // Not here: we may have been called by it.
  post([this, entry] {
    entry->environment.reset();
    drop_unused_code();
  });
}

void Environments::drop_unused_code() {
  for (auto at = retired_code_.begin(); at != retired_code_.end();) {
    const std::string& id = *at;
    const auto uses = [&](const EntryPtr& entry) { return entry->version->uses(id); };
    if (std::any_of(entries_.begin(), entries_.end(), uses) || std::any_of(ending_.begin(), ending_.end(), uses)) {
      ++at;
      continue;
    }
    if (!names_code_ || !names_code_(id)) post_to_workers([&store = store_, id] { store.drop_code(id); });
    at = retired_code_.erase(at);
  }
}

void Environments::retire_code(const std::string& code_id) {
  retired_code_.insert(code_id);
  drop_unused_code();
}

void Environments::changed(const FunctionRef& before, const FunctionRef& after) {
  if (!before) return;
  const auto still_named = after ? after->code_ids() : std::set<std::string>{};
  for (const auto& id : before->code_ids())
    if (!still_named.contains(id)) retired_code_.insert(id);
  // Warm environments of versions that are no more, and of what $LATEST was.
  const VersionKey first{before->region, before->name, ""};
  for (auto at = idle_.lower_bound(first); at != idle_.end(); ++at) {
    const auto& [region, name, version] = at->first;
    if (region != before->region || name != before->name) break;
    const VersionRef now = after ? find_version(after, version) : nullptr;
    for (const auto& entry : std::exchange(at->second, {})) {
      if (now && now->generation == entry->version->generation)
        at->second.push_back(entry);
      else
        remove(entry, true);
    }
  }
  drop_unused_code();
  freed();  // it may have more reserved concurrency now
}

void Environments::serve_waiting() {
  std::deque<PendingPtr> waiting;
  waiting.swap(waiting_);
  while (!waiting.empty()) {
    const PendingPtr next = waiting.front();
    waiting.pop_front();
    const auto before = waiting_.size();
    place(next);
    if (waiting_.size() > before) break;  // still no room: the rest keeps its order
  }
  waiting_.insert(waiting_.end(), waiting.begin(), waiting.end());
}

void Environments::reap_idle() {
  const TimePoint now = clock_.steady();
  bool left = false;
  for (auto& [key, list] : idle_) {
    std::vector<EntryPtr> ended;
    for (const auto& entry : list)
      if (!entry->environment->alive() || now - entry->idle_since >= settings_.idle_limit) ended.push_back(entry);
    for (const auto& entry : ended) {
      std::erase(list, entry);
      remove(entry, true);
    }
    left = left || !list.empty();
  }
  std::erase_if(idle_, [](const auto& item) { return item.second.empty(); });
  std::erase_if(in_flight_, [](const auto& item) { return item.second == 0; });
  std::erase_if(scaling_, [&](const auto& item) { return now - item.second.since >= settings_.scaling_window; });
  reaping_ = left;
  if (left) at(now + std::min(kReapInterval, settings_.idle_limit), [this] { reap_idle(); });
}

void Environments::stop() {
  *alive_ = false;
  waiting_.clear();
  for_free_.clear();
  idle_.clear();
  for (auto* list : {&entries_, &ending_}) {
    for (const auto& entry : *list) {
      entry->removed = true;
      entry->pending.reset();
      entry->environment.reset();
    }
    list->clear();
  }
}

}  // namespace cumulet::lambda
