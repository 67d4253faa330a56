#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "services/sqs/attributes.hpp"
#include "services/sqs/index.hpp"
#include "services/sqs/message.hpp"
#include "services/sqs/queue.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

// The tables of SQS. A message is two rows: a short one that start-up reads into the index, and one with its body; both
// are appended. Bodies of up to 1 MiB stay rows: measured, 200 KB messages come to 86 MB/s durable, where a file each
// costs three syncs. Functions on a Connection read, functions on a Transaction are called in jobs.
namespace cumulet::sqs::store {

Result<void> migrate(storage::Database& database);

// 32 random bytes, made at the first start: the receipt handles' key.
std::string secret(storage::Transaction& tx, Random& random);

struct QueueRow {
  Queue::Identity identity;
  TimePoint modified;
  StringMap attributes, tags;
  std::int64_t purged_to = 0;  // messages up to this one were purged
};
std::vector<QueueRow> read_queues(storage::Connection& c);
bool queue_exists(storage::Connection& c, std::string_view region, std::string_view name);
std::int64_t insert_queue(storage::Transaction& tx, const QueueRow& row);
void update_attributes(storage::Transaction& tx, std::int64_t queue, const StringMap& attributes, TimePoint modified);
void update_tags(storage::Transaction& tx, std::int64_t queue, const StringMap& tags);
// With the deduplication cache; its messages are left to be swept.
void set_purged(storage::Transaction& tx, std::int64_t queue, std::int64_t to);
void delete_queue(storage::Transaction& tx, const Queue::Identity& queue, TimePoint now);
std::optional<TimePoint> deleted_at(storage::Connection& c, std::string_view region, std::string_view name);

struct IndexRow {
  std::int64_t queue = 0;
  Entry entry;
  std::string_view group;
};
// All messages in the order of their arrival.
void read_index(storage::Connection& c, const std::function<void(const IndexRow&)>& visit);

// Ids of messages: they grow from commit to commit and from start to start, and are used once only. Reserved in blocks.
class MessageIds {
 public:
  void load(storage::Connection& c);
  std::int64_t next(storage::Transaction& tx);
  std::int64_t last() const { return next_ - 1; }

 private:
  std::int64_t next_ = 1;  // the writer's thread alone
  std::atomic<std::int64_t> reserved_to_ = 0;
};

void insert_message(storage::Transaction& tx, std::int64_t queue, const StoredMessage& message, TimePoint due);
// Ids of a queue's messages after `after`, in order; at most `limit`.
std::vector<std::int64_t> message_ids(storage::Connection& c, std::int64_t queue, std::int64_t after, int limit);
// The id that its sender got; empty when it is gone.
std::string message_id_of(storage::Connection& c, std::int64_t id);
// Throws storage::DamagedRow when it is not what was sent.
std::optional<StoredMessage> read_message(storage::Connection& c, std::int64_t id);
// nullopt for a damaged one too, which is told to the log: it must not hold up those that are moved with it.
std::optional<StoredMessage> read_whole_message(storage::Connection& c, std::int64_t id);
// Reads every message.
void scrub(storage::Connection& c, storage::Scrub& scrub);
void delete_message(storage::Transaction& tx, std::int64_t id);
void update_receives(storage::Transaction& tx, const Taken& receives);

// FIFO: what was sent under this deduplication id in the last five minutes. Rows say when that is forgotten, on the
// steady clock; what was written before a start may lie out of the window, for somebody may have set the clock back
// between.
struct Window {
  TimePoint after, to;  // an expiry that counts
};
struct Duplicate {
  std::string message_id, sequence_number;
};
std::optional<Duplicate> find_duplicate(storage::Transaction& tx, std::int64_t queue, std::string_view scope,
                                        std::string_view deduplication_id, const Window& window);
void remember(storage::Transaction& tx, std::int64_t queue, std::string_view scope, const StoredMessage& message,
              TimePoint expires);
void forget_duplicates(storage::Transaction& tx, TimePoint now);

struct MoveTaskRow {
  std::string id, source_arn, destination_arn;  // no destination: each to where it came from
  std::string status;                           // RUNNING, COMPLETED, CANCELLING, CANCELLED, FAILED
  std::string failure_reason;
  int per_second = 0;  // 0: as fast as it goes
  std::int64_t moved = 0, to_move = 0;
  TimePoint started;
};
void put_move_task(storage::Transaction& tx, const MoveTaskRow& row);
std::vector<MoveTaskRow> read_move_tasks(storage::Connection& c);
// Keeps the ten latest of the source.
void trim_move_tasks(storage::Transaction& tx, std::string_view source_arn);

}  // namespace cumulet::sqs::store
