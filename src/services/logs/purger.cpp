#include "services/logs/purger.hpp"

#include <mutex>
#include <optional>

#include "base/log.hpp"
#include "services/logs/store.hpp"

namespace cumulet::logs {
namespace {
constexpr int kChunksInAJob = 64;  // 8 MB at most
constexpr Milliseconds kPeriod = std::chrono::hours(1);
}  // namespace

struct Purger::State : std::enable_shared_from_this<State> {
  State(storage::Database& db, const Clock& c, Timers& t) : database(db), clock(c), timers(t) {}
  storage::Database& database;
  const Clock& clock;
  Timers& timers;
  std::mutex mutex;
  std::optional<Timers::Id> timer;
  bool is_running = false, is_asked = false, is_stopped = false;

  void schedule(Milliseconds delay) {  // with the lock held
    if (is_stopped) return;
    if (timer) timers.cancel(*timer);
    timer = timers.after(delay, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->run();
    });
  }

  void run() {
    {
      std::lock_guard lock(mutex);
      timer.reset();
      if (is_stopped || is_running) return;
      is_running = true;
      is_asked = false;
    }
    const auto more = std::make_shared<bool>(false);
    storage::Database::Job job = [self = shared_from_this(), more](storage::Transaction& tx) -> Result<void> {
      // A wall's clock that somebody set forward must not end the retention of everything at once.
      const TimePoint now = std::min(self->clock.now(), self->clock.steady());
      *more = store::purge(tx, now, kChunksInAJob);
      return {};
    };
    database.submit(
        std::move(job),
        [self = shared_from_this(), more](Result<void> result) {
          if (!result.ok()) log::warn("old log events could not be removed: {}", result.error().message());
          std::lock_guard lock(self->mutex);
          self->is_running = false;
          const bool again = result.ok() && (*more || self->is_asked);
          self->schedule(again ? Milliseconds(0) : kPeriod);
        },
        storage::Room::reserved);
  }
};

Purger::Purger(storage::Database& database, const Clock& clock, Timers& timers)
    : state_(std::make_shared<State>(database, clock, timers)) {}

Purger::~Purger() {
  std::lock_guard lock(state_->mutex);
  state_->is_stopped = true;
  if (state_->timer) state_->timers.cancel(*state_->timer);
}

void Purger::start() { wake(); }

void Purger::wake() {
  std::lock_guard lock(state_->mutex);
  state_->is_asked = true;
  if (!state_->is_running) state_->schedule(Milliseconds(0));
}

}  // namespace cumulet::logs
