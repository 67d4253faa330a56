#include "services/sqs/engine.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/arn.hpp"
#include "base/background_work.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"
#include "events/sums.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

namespace asio = boost::asio;

constexpr Seconds kDeduplicationWindow{300};
constexpr int kForgetEvery = 256;  // FIFO sends between two cleanings of the deduplication table

Error no_queue() { return Error{kQueueDoesNotExist, "The specified queue does not exist."}; }

// 20 digits, growing with the order of arrival.
std::string sequence_of(std::int64_t id) {
  std::string digits = std::to_string(id * 256);
  return "188" + std::string(17 - std::min<std::size_t>(digits.size(), 17), '0') + digits;
}

}  // namespace

Engine::Engine(Dependencies dependencies)
    : d_(std::move(dependencies)),
      sweeper_(std::make_shared<Sweeper>(d_.database)),
      receive_counts_(std::make_shared<ReceiveCounts>(d_.database, d_.timers)) {}

// --- start and end ---

Result<void> Engine::load() {
  CUMULET_CHECK(store::migrate(d_.database));
  std::string secret;
  CUMULET_CHECK(d_.database.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        secret = store::secret(tx, d_.random);
        return {};
      },
      storage::Room::reserved));
  handles_.emplace(std::move(secret), d_.random.next());
  return d_.database.read([this](storage::Connection& c) -> Result<void> {
    ids_.load(c);
    std::unordered_map<std::int64_t, std::int64_t> purged_to;
    for (auto& row : store::read_queues(c)) {
      purged_to[row.identity.id] = row.purged_to;
      auto attributes = QueueAttributes::of(std::move(row.attributes), is_fifo_name(row.identity.name));
      auto expired = on_expired(row.identity);
      enlist(std::make_shared<Queue>(std::move(row.identity), std::move(attributes), std::move(row.tags), row.modified,
                                     d_.clock, d_.timers, std::move(expired), d_.settings.in_flight_limit));
    }
    read_messages(c, purged_to);
    return {};
  });
}

// What was in flight when the engine went down is visible again.
void Engine::read_messages(storage::Connection& c, const std::unordered_map<std::int64_t, std::int64_t>& purged_to) {
  std::unordered_map<std::int64_t, QueueRef> by_id;
  for (const auto& [name, queue] : queues_) by_id[queue->identity().id] = queue;
  std::vector<std::int64_t> leftovers;
  const std::int64_t now = to_millis(d_.clock.steady());
  store::read_index(c, [&](const store::IndexRow& row) {
    const auto purged = purged_to.find(row.queue);
    if (purged == purged_to.end() || row.entry.id <= purged->second) {
      leftovers.push_back(row.entry.id);
      return;
    }
    // Rows tell the wall's time, which the steady clock starts with. Somebody may have set it back since: nothing is
    // delayed for longer than when it was sent.
    Entry entry = row.entry;
    entry.due = std::min(entry.due, now + std::max<std::int64_t>(entry.due - entry.sent, 0));
    entry.sent = std::min(entry.sent, now);
    by_id[row.queue]->add(entry, row.group);
  });
  sweeper_->sweep(std::move(leftovers));
}

Queue::OnExpired Engine::on_expired(const Queue::Identity& queue) {
  return [sweeper = sweeper_, journal = d_.observers.journal, name = queue.name](std::vector<std::int64_t> ids) {
    if (journal != nullptr)
      journal->note({events::Subject::message,
                     name + "/",
                     "expired",
                     events::Verdict::failed,
                     std::to_string(ids.size()) + " messages were past their retention period",
                     {}});
    sweeper->sweep(std::move(ids));
  };
}

// --- for observers ---

events::JournalEntry Engine::row(const QueueRef& queue, const StoredMessage& message, std::string_view outcome) const {
  events::JournalEntry entry;
  entry.subject = events::Subject::message;
  entry.what = queue->identity().name + '/' + message.message_id;
  entry.outcome = outcome;
  entry.trace = trace_root(message.trace_header);
  return entry;
}

events::JournalEntry Engine::deleted_row(storage::Connection& c, const QueueRef& queue, std::int64_t message) {
  if (const StoredMessageRef known = cache_.find(message)) return row(queue, *known, "deleted");
  StoredMessage stored;
  stored.message_id = store::message_id_of(c, message);
  return row(queue, stored, "deleted");
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
void Engine::count(const QueueRef& queue, std::string_view metric, std::size_t messages) const {
  if (d_.observers.sums == nullptr) return;
  const auto& identity = queue->identity();
  const events::Series series{identity.region, "AWS/SQS", std::string(metric), "QueueName", identity.name};
  for (std::size_t i = 0; i < messages; ++i) d_.observers.sums->add(series, 1);
}

void Engine::stop() {
  if (is_stopped_.exchange(true)) return;
  for (const QueueRef& queue : queues()) queue->close();
  receive_counts_->stop();
  sweeper_->stop();
  // Jobs that were submitted name this engine: none is left when it is gone.
  const auto last = d_.database.write_blocking([](storage::Transaction&) -> Result<void> { return {}; });
  if (!last.ok()) log::warn("the last writes of queues failed: {}", last.error().message());
}

// --- queues ---

void Engine::enlist(const QueueRef& queue) {
  std::unique_lock lock(mutex_);
  queues_[{queue->identity().region, queue->identity().name}] = queue;
}

QueueRef Engine::find(std::string_view region, std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = queues_.find(std::pair{std::string(region), std::string(name)});
  return found == queues_.end() ? nullptr : found->second;
}

QueueRef Engine::find(std::string_view arn) const {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "sqs") return nullptr;
  return find(parsed->region, parsed->resource);
}

std::vector<QueueRef> Engine::queues() const {
  std::shared_lock lock(mutex_);
  std::vector<QueueRef> out;
  for (const auto& [name, queue] : queues_) out.push_back(queue);
  return out;
}

std::vector<QueueRef> Engine::queues_of(std::string_view region) const {
  std::vector<QueueRef> out = queues();
  std::erase_if(out, [&](const QueueRef& queue) { return queue->identity().region != region; });
  return out;
}

awaitable<Result<QueueRef>> Engine::create(Queue::Identity identity, QueueAttributes attributes, StringMap tags) {
  std::function<Result<QueueRef>(storage::Transaction&)> job =
      [this, identity = std::move(identity), attributes = std::move(attributes),
       tags = std::move(tags)](storage::Transaction& tx) mutable -> Result<QueueRef> {
    if (store::queue_exists(tx, identity.region, identity.name)) return QueueRef();
    if (d_.settings.waits_after_deletion) {
      const auto deleted = store::deleted_at(tx, identity.region, identity.name);
      const TimePoint now = d_.clock.now();
      if (deleted && *deleted <= now && now < *deleted + Seconds{60})
        return Error{kQueueDeletedRecently,
                     "You must wait 60 seconds after deleting a queue before you can create another with the same "
                     "name."};
    }
    store::QueueRow row{identity, identity.created, attributes.values, tags, 0};
    identity.id = store::insert_queue(tx, row);
    auto queue = std::make_shared<Queue>(identity, attributes, tags, identity.created, d_.clock, d_.timers,
                                         on_expired(identity), d_.settings.in_flight_limit);
    tx.after_commit([this, queue] { enlist(queue); });
    return queue;
  };
  Result<QueueRef> made = co_await d_.database.write_value(std::move(job));
  co_return made;
}

awaitable<Result<void>> Engine::erase(QueueRef queue) {
  storage::Database::Job job = [this, queue](storage::Transaction& tx) -> Result<void> {
    if (queue->is_closed()) return no_queue();
    store::delete_queue(tx, queue->identity(), d_.clock.now());
    tx.after_commit([this, queue] {
      {
        std::unique_lock lock(mutex_);
        queues_.erase({queue->identity().region, queue->identity().name});
      }
      queue->close();
      sweeper_->sweep(queue->purge());
    });
    return {};
  };
  Result<void> done = co_await d_.database.write(std::move(job), storage::Room::reserved);
  co_return done;
}

awaitable<Result<void>> Engine::purge(QueueRef queue) {
  storage::Database::Job job = [this, queue](storage::Transaction& tx) -> Result<void> {
    store::set_purged(tx, queue->identity().id, ids_.last());
    tx.after_commit([this, queue] { sweeper_->sweep(queue->purge()); });
    return {};
  };
  Result<void> done = co_await d_.database.write(std::move(job), storage::Room::reserved);
  co_return done;
}

// In memory at once, so that the next call of the same commit finds it.
awaitable<Result<void>> Engine::change_attributes(QueueRef queue, ChangeAttributes change) {
  storage::Database::Job job = [this, queue, change = std::move(change)](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(QueueAttributes attributes, change(*queue->attributes()));
    const TimePoint now = d_.clock.now();
    store::update_attributes(tx, queue->identity().id, attributes.values, now);
    queue->set_attributes(std::move(attributes), now);
    return {};
  };
  Result<void> done = co_await d_.database.write(std::move(job));
  co_return done;
}

awaitable<Result<void>> Engine::change_tags(QueueRef queue, ChangeTags change) {
  storage::Database::Job job = [queue, change = std::move(change)](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(StringMap tags, change(queue->tags()));
    store::update_tags(tx, queue->identity().id, tags);
    queue->set_tags(std::move(tags));
    return {};
  };
  Result<void> done = co_await d_.database.write(std::move(job));
  co_return done;
}

// --- messages in ---

Result<void> Engine::append(storage::Transaction& tx, const QueueRef& queue,
                            const std::shared_ptr<StoredMessage>& message, std::optional<Seconds> delay) {
  if (queue->is_closed()) return no_queue();
  const auto attributes = queue->attributes();
  const TimePoint now = d_.clock.steady();
  const std::string_view scope =
      attributes->deduplication_scope == DeduplicationScope::message_group ? message->group_id : std::string_view{};
  if (queue->is_fifo()) {
    if (++since_forgetting_ % kForgetEvery == 0) store::forget_duplicates(tx, now);
    const store::Window window{now, now + kDeduplicationWindow};
    if (auto first = store::find_duplicate(tx, queue->identity().id, scope, message->deduplication_id, window)) {
      message->message_id = std::move(first->message_id);
      message->sequence_number = std::move(first->sequence_number);
      return {};
    }
  }
  message->id = ids_.next(tx);
  if (queue->is_fifo()) {
    message->sequence_number = sequence_of(message->id);
    store::remember(tx, queue->identity().id, scope, *message, now + kDeduplicationWindow);
  }
  Entry entry;
  entry.id = message->id;
  const Seconds held_back = delay.value_or(attributes->delay);
  entry.sent = to_millis(now);
  entry.due = to_millis(now + held_back);
  store::insert_message(tx, queue->identity().id, *message, message->sent + held_back);
  if (d_.observers.journal != nullptr) d_.observers.journal->write(tx, row(queue, *message, "sent"));
  tx.after_commit([this, queue, message, entry] {
    count(queue, "NumberOfMessagesSent", 1);
    cache_.put(message);
    queue->add(entry, message->group_id);
  });
  return {};
}

void Engine::transfer(storage::Transaction& tx, const QueueRef& from, const QueueRef& to, std::int64_t id, Move kind) {
  auto found = store::read_whole_message(tx, id);
  if (!found) return;
  auto message = std::make_shared<StoredMessage>(std::move(*found));
  const TimePoint now = d_.clock.now();
  TimePoint counted = d_.clock.steady();  // its age from here on
  if (kind == Move::dead_letter) {
    const auto receives = from->receives_of(id);
    message->earlier_receives += receives ? receives->receives : 0;
    message->dead_letter_source_arn = from->arn();
    // A standard queue's message keeps its age, a FIFO queue's is enqueued anew.
    if (to->is_fifo())
      message->sent = now;
    else
      counted = from->sent(id).value_or(steady_of(d_.clock, message->sent));
  } else {
    message->message_id = uuid4(d_.random);
    message->sent = now;
    message->earlier_receives = 0;
    message->dead_letter_source_arn.clear();
  }
  message->id = ids_.next(tx);
  if (to->is_fifo()) message->sequence_number = sequence_of(message->id);
  Entry entry;
  entry.id = message->id;
  entry.sent = to_millis(counted);
  entry.due = entry.sent;
  store::insert_message(tx, to->identity().id, *message, message->sent);
  store::delete_message(tx, id);
  if (d_.observers.journal != nullptr) {
    events::JournalEntry moved = row(from, *message, kind == Move::dead_letter ? "deadLettered" : "redriven");
    moved.detail = "to " + to->identity().name;
    if (kind == Move::dead_letter) {
      moved.verdict = events::Verdict::failed;
      moved.detail += ": it was received " + std::to_string(message->earlier_receives) + " times";
    }
    d_.observers.journal->write(tx, moved);
  }
  tx.after_commit([this, from, to, id, entry, message] {
    from->remove(id);
    cache_.remove(id);
    to->add(entry, message->group_id);
  });
}

// --- messages out ---

awaitable<Result<std::vector<Delivery>>> Engine::receive(QueueRef queue, ReceiveOptions options) {
  const TimePoint until = d_.clock.steady() + options.wait;
  while (true) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      queue->pass_on();
      co_return std::vector<Delivery>();
    }
    if (queue->is_closed()) {
      if (is_stopped_) co_return std::vector<Delivery>();
      co_return no_queue();
    }
    const auto attributes = queue->attributes();
    TakeOptions wanted;
    wanted.max = options.max;
    wanted.visibility = options.visibility.value_or(attributes->visibility_timeout);
    if (attributes->redrive && find(attributes->redrive->dead_letter_target_arn) != nullptr)
      wanted.max_receives = attributes->redrive->max_receive_count;

    // From here on nothing is thrown: what is taken is delivered or put back.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    Queue::Receive got = queue->take(wanted, options.attempt);
    if (!got.taken.dead.empty()) {
      Result<void> buried = co_await bury(queue, got.taken.dead);
      if (!buried.ok()) log::warn("messages stay out of their dead-letter queue: {}", buried.error().message());
    }
    if (!got.taken.received.empty()) {
      Result<std::vector<Delivery>> delivered = co_await deliveries(queue, got.taken.received);
      const auto late = co_await asio::this_coro::cancellation_state;
      co_await asio::this_coro::throw_if_cancelled(throws);
      if (late.cancelled() != asio::cancellation_type::none) {
        if (!got.is_repeat) queue->put_back(got.taken.received, options.attempt);
        co_return std::vector<Delivery>();
      }
      receive_counts_->note(queue, got.taken.received);
      if (delivered.ok()) count(queue, "NumberOfMessagesReceived", delivered->size());
      if (!delivered.ok() || !delivered->empty()) co_return delivered;
      continue;  // deleted or expired in between
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (!got.taken.dead.empty()) continue;
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    if (got.is_full && options.wait == Milliseconds{0} && !queue->is_fifo())
      co_return Error{kOverLimit, "Too many messages in flight: " + std::to_string(d_.settings.in_flight_limit) + "."};
    if (d_.clock.steady() >= until) co_return std::vector<Delivery>();
    co_await queue->wait(until);
  }
}

awaitable<Result<std::vector<Delivery>>> Engine::deliveries(const QueueRef queue, std::vector<Taken> taken) {
  std::vector<StoredMessageRef> messages;
  bool are_all_here = true;
  for (const Taken& one : taken) {
    messages.push_back(cache_.find(one.id));
    are_all_here = are_all_here && messages.back() != nullptr;
  }
  if (!are_all_here) {
    struct Reading {
      std::vector<Taken> taken;
      std::vector<StoredMessageRef> messages;
      Result<void> result;
      std::optional<Error> damage;  // of one or more
    };
    auto reading = std::make_shared<Reading>();
    reading->taken = taken;
    reading->messages = std::move(messages);
    std::function<void()> work = [this, queue, reading] {
      reading->result = d_.database.read([&](storage::Connection& c) -> Result<void> {
        for (std::size_t i = 0; i < reading->taken.size(); ++i) {
          if (reading->messages[i] != nullptr) continue;
          try {
            if (auto message = store::read_message(c, reading->taken[i].id))
              reading->messages[i] = std::make_shared<const StoredMessage>(std::move(*message));
          } catch (const storage::DamagedRow& damage) {
            log::error("queue {}: {}", queue->identity().name, damage.message);
            reading->damage.emplace(storage::kStorageFailure, damage.message);
          }
        }
        return {};
      });
    };
    BackgroundWork background(d_.workers);
    co_await background.start(std::move(work));
    co_await background.wait();
    if (!reading->result.ok()) co_return reading->result.error();
    messages = std::move(reading->messages);
    // The others are delivered; a damaged one stays hidden as long as if it had been.
    const bool has_any = std::any_of(messages.begin(), messages.end(), [](const auto& one) { return one != nullptr; });
    if (reading->damage && !has_any) co_return std::move(*reading->damage);
  }
  std::vector<Delivery> out;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (messages[i] == nullptr) {
      // Deleted in between, which needs no word; else it stays hidden as long as if it had been delivered.
      if (queue->look_at(taken[i].id))
        log::warn("queue {}: message {} was taken and its body not found", queue->identity().name, taken[i].id);
      continue;
    }
    Delivery delivery;
    delivery.message = std::move(messages[i]);
    delivery.receipt_handle = handles_->issue(queue->identity().id, taken[i].id, taken[i].receives);
    delivery.taken = taken[i];
    out.push_back(std::move(delivery));
  }
  co_return out;
}

awaitable<Result<void>> Engine::bury(QueueRef queue, std::vector<std::int64_t> messages) {
  storage::Database::Job job = [this, queue, messages](storage::Transaction& tx) -> Result<void> {
    const auto attributes = queue->attributes();
    const QueueRef target = attributes->redrive ? find(attributes->redrive->dead_letter_target_arn) : nullptr;
    if (target == nullptr) return no_queue();
    for (const std::int64_t id : messages) transfer(tx, queue, target, id, Move::dead_letter);
    return {};
  };
  Result<void> done = co_await d_.database.write(std::move(job));
  co_return done;
}

awaitable<Result<void>> Engine::remove(QueueRef queue, std::vector<std::int64_t> messages) {
  if (messages.empty()) co_return Result<void>();
  storage::Database::Job job = [this, queue, messages = std::move(messages)](storage::Transaction& tx) -> Result<void> {
    // Noted, not written: a deletion may use the room that is reserved for it.
    std::vector<events::JournalEntry> rows;
    for (const std::int64_t id : messages) {
      if (d_.observers.journal != nullptr) rows.push_back(deleted_row(tx, queue, id));
      store::delete_message(tx, id);
    }
    tx.after_commit([this, queue, messages, rows = std::move(rows)] {
      for (const auto& one : rows) d_.observers.journal->note(one);
      count(queue, "NumberOfMessagesDeleted", messages.size());
      for (const std::int64_t id : messages) {
        queue->remove(id);
        cache_.remove(id);
      }
    });
    return {};
  };
  Result<void> done = co_await d_.database.write(std::move(job), storage::Room::reserved);
  co_return done;
}

}  // namespace cumulet::sqs
