#include "services/sqs/move_tasks.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kAtOnce = 100;     // of an unlimited task, in one commit
constexpr Milliseconds kHold{60'000};    // nobody else receives what is being moved
constexpr std::size_t kRemembered = 10;  // tasks of a source
constexpr ErrorKind kUnknownMessageSource{"CouldNotDetermineMessageSource", 400};
constexpr std::string_view kRunning = "RUNNING";
constexpr std::string_view kCancelling = "CANCELLING";

bool is_active(const store::MoveTaskRow& task) { return task.status == kRunning || task.status == kCancelling; }

}  // namespace

struct MoveTasks::State : std::enable_shared_from_this<State> {
  explicit State(Engine& e) : engine(e) {}

  void step(const std::string& id);
  void move(const store::MoveTaskRow& task, const QueueRef& source);
  void finished_part(const std::string& id, Result<void> done, std::int64_t moved);
  void finish(const std::string& id, std::string_view status, std::string reason);
  void step_later(const std::string& id, Milliseconds delay);
  std::optional<store::MoveTaskRow> task(const std::string& id) const;

  Engine& engine;
  std::mutex stepping;  // held during a step: the engine is there until it ends
  mutable std::mutex mutex;
  std::map<std::string, store::MoveTaskRow> tasks;
  bool is_stopped = false;
};

MoveTasks::MoveTasks(Engine& engine) : state_(std::make_shared<State>(engine)) {}
MoveTasks::~MoveTasks() { stop(); }

void MoveTasks::start() {
  std::vector<std::string> active;
  const auto read = state_->engine.deps().database.read([&](storage::Connection& c) -> Result<void> {
    std::lock_guard lock(state_->mutex);
    for (auto& row : store::read_move_tasks(c)) {
      if (is_active(row)) active.push_back(row.id);
      state_->tasks[row.id] = std::move(row);
    }
    return {};
  });
  if (!read.ok()) log::error("message move tasks cannot be read: {}", read.error().message());
  for (const auto& id : active) state_->step(id);
}

void MoveTasks::stop() {
  {
    std::lock_guard lock(state_->mutex);
    state_->is_stopped = true;
  }
  std::lock_guard last(state_->stepping);
}

awaitable<Result<std::string>> MoveTasks::begin(const QueueRef& source, std::string destination_arn, int per_second) {
  store::MoveTaskRow row;
  row.id = uuid4(state_->engine.deps().random);
  row.source_arn = source->arn();
  row.destination_arn = std::move(destination_arn);
  row.status = kRunning;
  row.per_second = per_second;
  row.to_move = source->counts().visible;
  row.started = state_->engine.deps().clock.now();
  {
    std::lock_guard lock(state_->mutex);
    for (const auto& [id, task] : state_->tasks)
      if (task.source_arn == row.source_arn && is_active(task))
        co_return Error{kInvalidParameterValue,
                        "There is already a task running. Only one active task is allowed for a source queue arn at a "
                        "given time."};
    state_->tasks[row.id] = row;
  }
  const std::string id = row.id;
  storage::Database::Job job = [row](storage::Transaction& tx) -> Result<void> {
    store::put_move_task(tx, row);
    store::trim_move_tasks(tx, row.source_arn);
    return {};
  };
  const Result<void> done = co_await state_->engine.deps().database.write(std::move(job));
  if (!done.ok()) {
    std::lock_guard lock(state_->mutex);
    state_->tasks.erase(id);
    co_return done.error();
  }
  if (per_second > 0)
    state_->step_later(id, Milliseconds{1000 / per_second});
  else
    state_->step(id);
  co_return id;
}

std::vector<store::MoveTaskRow> MoveTasks::of(std::string_view source_arn) const {
  std::vector<store::MoveTaskRow> out;
  std::lock_guard lock(state_->mutex);
  for (const auto& [id, task] : state_->tasks)
    if (task.source_arn == source_arn) out.push_back(task);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.started > b.started; });
  if (out.size() > kRemembered) out.resize(kRemembered);
  return out;
}

Result<std::int64_t> MoveTasks::cancel(const std::string& id) {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->tasks.find(id);
  if (found == state_->tasks.end()) return Error{kResourceNotFound, "Task does not exist."};
  if (found->second.status != kRunning) return Error{kInvalidParameterValue, "Only active tasks can be cancelled."};
  found->second.status = kCancelling;
  return found->second.moved;
}

std::optional<store::MoveTaskRow> MoveTasks::State::task(const std::string& id) const {
  std::lock_guard lock(mutex);
  const auto found = tasks.find(id);
  if (is_stopped || found == tasks.end()) return std::nullopt;
  return found->second;
}

void MoveTasks::State::step(const std::string& id) {
  std::lock_guard one_at_a_time(stepping);
  const auto current = task(id);
  if (!current) return;
  if (current->status == kCancelling) return finish(id, "CANCELLED", {});
  const QueueRef source = engine.find(current->source_arn);
  const bool has_destination = current->destination_arn.empty() || engine.find(current->destination_arn) != nullptr;
  if (source == nullptr || !has_destination) return finish(id, "FAILED", std::string(kQueueDoesNotExist.query_code));
  move(*current, source);
}

// Runs on the writer: what is held of the source goes over, with the task's own row.
void MoveTasks::State::move(const store::MoveTaskRow& current, const QueueRef& source) {
  auto held = std::make_shared<std::vector<std::int64_t>>(source->hold(current.per_second > 0 ? 1 : kAtOnce, kHold));
  if (held->empty()) return finish(current.id, "COMPLETED", {});
  auto moved = std::make_shared<std::int64_t>(0);
  storage::Database::Job job = [this, current, source, held, moved](storage::Transaction& tx) -> Result<void> {
    for (const std::int64_t message : *held) {
      QueueRef target = engine.find(current.destination_arn);
      if (current.destination_arn.empty()) {
        const auto stored = store::read_whole_message(tx, message);
        if (!stored) continue;
        if (stored->dead_letter_source_arn.empty())
          return Error{kUnknownMessageSource, "The message was sent to the dead-letter queue directly."};
        target = engine.find(stored->dead_letter_source_arn);
      }
      if (target == nullptr) return Error{kQueueDoesNotExist, "The specified queue does not exist."};
      engine.transfer(tx, source, target, message, Engine::Move::redrive);
      ++*moved;
    }
    store::MoveTaskRow row = current;
    row.moved += *moved;
    store::put_move_task(tx, row);
    return {};
  };
  engine.deps().database.submit(std::move(job),
                                [self = shared_from_this(), id = current.id, source, held, moved](Result<void> done) {
                                  if (!done.ok()) source->release(*held);
                                  self->finished_part(id, std::move(done), *moved);
                                });
}

void MoveTasks::State::finished_part(const std::string& id, Result<void> done, std::int64_t moved) {
  if (!done.ok()) {
    const ErrorKind& kind = done.error().kind();
    return finish(id, "FAILED", std::string(kind.query_code.empty() ? kind.code : kind.query_code));
  }
  int per_second = 0;
  {
    std::lock_guard lock(mutex);
    auto& row = tasks[id];
    row.moved += moved;
    per_second = row.per_second;
  }
  step_later(id, Milliseconds{per_second > 0 ? 1000 / per_second : 0});
}

void MoveTasks::State::step_later(const std::string& id, Milliseconds delay) {
  std::lock_guard lock(mutex);
  if (is_stopped) return;
  Dependencies& deps = engine.deps();
  deps.timers.after(delay, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->step(id);
  });
}

void MoveTasks::State::finish(const std::string& id, std::string_view status, std::string reason) {
  store::MoveTaskRow row;
  {
    std::lock_guard lock(mutex);
    if (is_stopped) return;  // the next start goes on with it
    auto& kept = tasks[id];
    kept.status = status;
    kept.failure_reason = std::move(reason);
    row = kept;
  }
  engine.deps().database.submit(
      [row](storage::Transaction& tx) -> Result<void> {
        store::put_move_task(tx, row);
        return {};
      },
      [](Result<void> done) {
        if (!done.ok()) log::warn("a message move task's end is not on disk: {}", done.error().message());
      });
}

}  // namespace cumulet::sqs
