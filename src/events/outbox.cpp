#include "events/outbox.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "base/log.hpp"

namespace cumulet::events {
namespace {

constexpr int kBatch = 256;
constexpr Seconds kLongestDelay{60};
constexpr Seconds kAfterFailure{1};  // of the whole delivery: a full disk

Milliseconds delay_after(std::int64_t attempts) {
  return std::min<Milliseconds>(Seconds{1LL << std::min<std::int64_t>(attempts, 10)}, kLongestDelay);
}

}  // namespace

struct Outbox::Impl : std::enable_shared_from_this<Impl> {
  Impl(storage::Database& d, const Clock& c, Timers& t) : database(d), clock(c), timers(t) {}

  // Queues one delivery job, unless one is queued already.
  void kick() {
    if (!started || stopped || queued.exchange(true)) return;
    auto self = shared_from_this();
    database.submit([self](storage::Transaction& tx) { return self->deliver(tx); },
                    [self](Result<void> result) {
                      if (result.ok()) {
                        if (self->more_due.exchange(false)) self->kick();
                        return;
                      }
                      log::error("outbox: {}", result.error().message());
                      self->kick_after(kAfterFailure);
                    });
  }

  Result<void> deliver(storage::Transaction& tx) {
    queued = false;
    if (stopped) return {};
    const std::int64_t now = to_millis(clock.now());
    std::vector<std::pair<Event, std::int64_t>> due;
    {
      // Nothing waits for longer than the longest delay: what is due later than that was noted before somebody set the
      // clock back.
      auto q = tx.prepare(
          "SELECT id, topic, target, payload, trace, attempts FROM outbox WHERE due <= ?1 OR due > ?2 ORDER BY due, id "
          "LIMIT ?3");
      q.bind_all(now, now + Milliseconds{kLongestDelay}.count(), kBatch);
      while (q.step())
        due.emplace_back(Event{q.integer(0), q.string(1), q.string(2), q.string(3), q.string(4)}, q.integer(5));
    }
    for (const auto& [event, attempts] : due) deliver_one(tx, event, attempts, now);
    more_due = static_cast<int>(due.size()) == kBatch;
    arm(tx, now);
    return {};
  }

  void deliver_one(storage::Transaction& tx, const Event& event, std::int64_t attempts, std::int64_t now) {
    const std::size_t actions_before = tx.pending_actions().size();
    tx.run("SAVEPOINT delivery");
    Result<void> taken = consume(tx, event);
    if (taken.ok()) {
      tx.run("DELETE FROM outbox WHERE id = ?1", event.id);
    } else {
      log::warn("event {} on {} not taken: {}", event.id, event.topic, taken.error().message());
      tx.pending_actions().resize(actions_before);
      tx.run("ROLLBACK TO delivery");
      tx.run("UPDATE outbox SET attempts = attempts + 1, due = ?2 WHERE id = ?1", event.id,
             now + delay_after(attempts).count());
    }
    tx.run("RELEASE delivery");
  }

  Result<void> consume(storage::Transaction& tx, const Event& event) {
    const auto consumer = consumers.find(event.topic);
    if (consumer == consumers.end()) return Error{kInternalFailure, "nobody consumes this topic"};
    try {
      return consumer->second(tx, event);
    } catch (const storage::SqlError& error) {
      return Error{kInternalFailure, error.message};
    } catch (const std::exception& error) {
      return Error{kInternalFailure, error.what()};
    }
  }

  // A timer for the earliest event that waits for another attempt.
  void arm(storage::Transaction& tx, std::int64_t now) {
    auto q = tx.prepare("SELECT MIN(due) FROM outbox WHERE due > ?1");
    q.bind(now);
    if (!q.step() || q.is_null(0)) return;
    kick_after(std::min<Milliseconds>(Milliseconds{q.integer(0) - now}, kLongestDelay));
  }

  void kick_after(Milliseconds delay) {
    std::weak_ptr<Impl> weak = shared_from_this();
    std::lock_guard lock(mutex);
    if (timer) timers.cancel(*timer);
    timer = timers.after(delay, [weak] {
      if (auto self = weak.lock()) self->kick();
    });
  }

  storage::Database& database;
  const Clock& clock;
  Timers& timers;
  std::map<std::string, Consumer, std::less<>> consumers;
  std::atomic<bool> started = false;
  std::atomic<bool> stopped = false;
  std::atomic<bool> queued = false;
  std::atomic<bool> more_due = false;
  std::mutex mutex;
  std::optional<Timers::Id> timer;
};

Outbox::Outbox(storage::Database& database, const Clock& clock, Timers& timers)
    : impl_(std::make_shared<Impl>(database, clock, timers)) {}

Outbox::~Outbox() { stop(); }

Result<void> Outbox::load() {
  return impl_->database.migrate("events", {R"sql(
    CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload TEXT NOT NULL,
                        attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX outbox_due ON outbox(due, id);
  )sql",
                                            // Target and payload stood in one JSON document before.
                                            R"sql(
    ALTER TABLE outbox ADD COLUMN target TEXT NOT NULL DEFAULT '';
    ALTER TABLE outbox ADD COLUMN trace TEXT NOT NULL DEFAULT '';
    UPDATE outbox SET target = payload ->> '$.TargetArn', payload = payload -> '$.Payload'
      WHERE json_valid(payload) AND payload ->> '$.TargetArn' IS NOT NULL AND payload -> '$.Payload' IS NOT NULL;
  )sql"});
}

Result<void> Outbox::subscribe(std::string topic, Consumer consumer) {
  const auto [at, is_new] = impl_->consumers.emplace(std::move(topic), std::move(consumer));
  if (!is_new) return Error{kHasConsumer, "the topic " + at->first + " has a consumer already"};
  return {};
}

void Outbox::append(storage::Transaction& tx, const NewEvent& event) {
  tx.run("INSERT INTO outbox(topic, target, payload, trace) VALUES(?1, ?2, ?3, ?4)", event.topic, event.target,
         event.payload, event.trace);
  tx.after_commit([impl = impl_] { impl->kick(); });
}

void Outbox::start() {
  impl_->started = true;
  impl_->kick();
}

void Outbox::stop() {
  if (impl_->stopped.exchange(true)) return;
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->timer) impl_->timers.cancel(*impl_->timer);
  }
  // A barrier: a delivery that runs now has ended when this job ran.
  (void)impl_->database.write_blocking([](storage::Transaction&) -> Result<void> { return {}; });
}

}  // namespace cumulet::events
