#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/journal.hpp"
#include "services/sqs/body_cache.hpp"
#include "services/sqs/message.hpp"
#include "services/sqs/queue.hpp"
#include "services/sqs/receipt_handle.hpp"
#include "services/sqs/receive_counts.hpp"
#include "services/sqs/service.hpp"
#include "services/sqs/store.hpp"
#include "services/sqs/sweeper.hpp"

// What the operations, the other services and the move tasks share: the queues, and how messages get in, out and away.
namespace cumulet::sqs {

struct Delivery {
  StoredMessageRef message;
  Taken taken;
  std::string receipt_handle;
};

struct ReceiveOptions {
  std::size_t max = 1;
  std::optional<Seconds> visibility;  // unset: the queue's
  Milliseconds wait{0};
  std::string attempt;
};

class Engine {
 public:
  explicit Engine(Dependencies dependencies);
  Result<void> load();
  // Ends long polls, writes the receive counts and waits for what was submitted. Not on an I/O thread nor in a job.
  void stop();

  // --- queues; any thread ---
  QueueRef find(std::string_view region, std::string_view name) const;
  QueueRef find(std::string_view arn) const;
  // In the order of their names.
  std::vector<QueueRef> queues() const;
  std::vector<QueueRef> queues_of(std::string_view region) const;
  // Created by a concurrent call: that one's queue comes back.
  awaitable<Result<QueueRef>> create(Queue::Identity identity, QueueAttributes attributes, StringMap tags);
  awaitable<Result<void>> erase(QueueRef queue);
  awaitable<Result<void>> purge(QueueRef queue);
  // `change` runs in the job, on what the calls before it left.
  using ChangeAttributes = std::function<Result<QueueAttributes>(const QueueAttributes&)>;
  awaitable<Result<void>> change_attributes(QueueRef queue, ChangeAttributes change);
  using ChangeTags = std::function<Result<StringMap>(StringMap)>;
  awaitable<Result<void>> change_tags(QueueRef queue, ChangeTags change);

  // --- messages ---
  // In a job: the message gets its row id (and sequence number), or for a duplicate the ids of the first; it can be
  // received when the job commits. `delay` unset: the queue's.
  Result<void> append(storage::Transaction& tx, const QueueRef& queue, const std::shared_ptr<StoredMessage>& message,
                      std::optional<Seconds> delay);
  // Waits for the first message; OverLimit when nothing more may be in flight and the call does not wait.
  awaitable<Result<std::vector<Delivery>>> receive(QueueRef queue, ReceiveOptions options);
  awaitable<Result<void>> remove(QueueRef queue, std::vector<std::int64_t> messages);
  // In a job: moves a held message to another queue; a redrive makes it a new message.
  enum class Move { dead_letter, redrive };
  void transfer(storage::Transaction& tx, const QueueRef& from, const QueueRef& to, std::int64_t message, Move kind);

  const ReceiptHandles& handles() const { return *handles_; }
  Dependencies& deps() { return d_; }

 private:
  Queue::OnExpired on_expired(const Queue::Identity& queue);
  events::JournalEntry row(const QueueRef& queue, const StoredMessage& message, std::string_view outcome) const;
  events::JournalEntry deleted_row(storage::Connection& c, const QueueRef& queue, std::int64_t message);
  void count(const QueueRef& queue, std::string_view metric, std::size_t messages) const;
  void enlist(const QueueRef& queue);
  void read_messages(storage::Connection& c, const std::unordered_map<std::int64_t, std::int64_t>& purged_to);
  awaitable<Result<std::vector<Delivery>>> deliveries(const QueueRef queue, std::vector<Taken> taken);
  awaitable<Result<void>> bury(QueueRef queue, std::vector<std::int64_t> messages);

  Dependencies d_;
  std::optional<ReceiptHandles> handles_;
  store::MessageIds ids_;
  BodyCache cache_;
  std::shared_ptr<Sweeper> sweeper_;
  std::shared_ptr<ReceiveCounts> receive_counts_;
  int since_forgetting_ = 0;  // the writer's thread alone

  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::string>, QueueRef, std::less<>> queues_;  // by region and name

  std::atomic<bool> is_stopped_ = false;
};

}  // namespace cumulet::sqs
