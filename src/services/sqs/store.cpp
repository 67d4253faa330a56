#include "services/sqs/store.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "storage/row_checksum.hpp"

namespace cumulet::sqs::store {
namespace {

constexpr std::int64_t kReservedIds = 1'000'000;
constexpr Seconds kDeletedMemory{60};

constexpr std::string_view kTables = R"sql(
CREATE TABLE sqs_state (one INTEGER PRIMARY KEY CHECK (one = 1), reserved_ids INTEGER NOT NULL, secret BLOB NOT NULL);
CREATE TABLE sqs_queue (
  id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
  modified INTEGER NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL, purged_to INTEGER NOT NULL DEFAULT 0,
  UNIQUE (region, name));
CREATE TABLE sqs_deleted_queue (
  region TEXT NOT NULL, name TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (region, name)) WITHOUT ROWID;
CREATE TABLE sqs_message (
  id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, sent INTEGER NOT NULL, due INTEGER NOT NULL,
  receives INTEGER NOT NULL, first_received INTEGER NOT NULL, message_group TEXT);
CREATE TABLE sqs_body (
  id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, sender TEXT NOT NULL, sent INTEGER NOT NULL, extras TEXT,
  body TEXT NOT NULL);
CREATE TABLE sqs_deduplication (
  queue INTEGER NOT NULL, scope TEXT NOT NULL, deduplication_id TEXT NOT NULL, expires INTEGER NOT NULL,
  message_id TEXT NOT NULL, sequence_number TEXT NOT NULL,
  PRIMARY KEY (queue, scope, deduplication_id)) WITHOUT ROWID;
CREATE INDEX sqs_deduplication_by_expiry ON sqs_deduplication (expires);
CREATE TABLE sqs_move_task (
  id TEXT PRIMARY KEY, source_arn TEXT NOT NULL, destination_arn TEXT NOT NULL, status TEXT NOT NULL,
  failure_reason TEXT NOT NULL, per_second INTEGER NOT NULL, moved INTEGER NOT NULL, to_move INTEGER NOT NULL,
  started INTEGER NOT NULL) WITHOUT ROWID;
)sql";

constexpr std::string_view kChecksums = "ALTER TABLE sqs_body ADD COLUMN crc INTEGER";  // null: older than the column

std::int64_t body_checksum(std::string_view message_id, std::string_view sender, std::int64_t sent,
                           std::string_view extras, std::string_view body) {
  return storage::row_checksum({message_id, sender, std::to_string(sent), extras, body});
}

std::string map_text(const StringMap& map) {
  json::object out;
  for (const auto& [key, value] : map) out[key] = value;
  return json::text(out);
}

StringMap read_map(std::string_view text) {
  StringMap out;
  const auto document = json::parse(text);
  if (!document.ok() || !document->is_object()) return out;
  for (const auto& [key, value] : document->get_object())
    if (value.is_string()) out[std::string(key)] = std::string(value.get_string());
  return out;
}

}  // namespace

Result<void> migrate(storage::Database& database) { return database.migrate("sqs", {kTables, kChecksums}); }

std::string secret(storage::Transaction& tx, Random& random) {
  auto query = tx.prepare("SELECT secret FROM sqs_state");
  if (query.step()) return query.string(0);
  std::string key;
  while (key.size() < 32) {
    const std::uint64_t bits = random.next();
    key.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  auto insert = tx.prepare("INSERT INTO sqs_state (one, reserved_ids, secret) VALUES (1, 0, ?1)");
  insert.bind_blob(key);
  insert.run();
  return key;
}

std::vector<QueueRow> read_queues(storage::Connection& c) {
  std::vector<QueueRow> rows;
  auto query = c.prepare("SELECT id, region, name, created, modified, attributes, tags, purged_to FROM sqs_queue");
  while (query.step()) {
    QueueRow& row = rows.emplace_back();
    row.identity = {query.integer(0), query.string(1), query.string(2), from_millis(query.integer(3))};
    row.modified = from_millis(query.integer(4));
    row.attributes = read_map(query.text(5));
    row.tags = read_map(query.text(6));
    row.purged_to = query.integer(7);
  }
  return rows;
}

bool queue_exists(storage::Connection& c, std::string_view region, std::string_view name) {
  auto query = c.prepare("SELECT 1 FROM sqs_queue WHERE region = ?1 AND name = ?2");
  query.bind_all(region, name);
  return query.step();
}

std::int64_t insert_queue(storage::Transaction& tx, const QueueRow& row) {
  tx.run("INSERT INTO sqs_queue (region, name, created, modified, attributes, tags) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
         row.identity.region, row.identity.name, to_millis(row.identity.created), to_millis(row.modified),
         map_text(row.attributes), map_text(row.tags));
  return tx.last_insert_rowid();
}

void update_attributes(storage::Transaction& tx, std::int64_t queue, const StringMap& attributes, TimePoint modified) {
  tx.run("UPDATE sqs_queue SET attributes = ?1, modified = ?2 WHERE id = ?3", map_text(attributes), to_millis(modified),
         queue);
}

void update_tags(storage::Transaction& tx, std::int64_t queue, const StringMap& tags) {
  tx.run("UPDATE sqs_queue SET tags = ?1 WHERE id = ?2", map_text(tags), queue);
}

void set_purged(storage::Transaction& tx, std::int64_t queue, std::int64_t to) {
  tx.run("UPDATE sqs_queue SET purged_to = ?1 WHERE id = ?2", to, queue);
  tx.run("DELETE FROM sqs_deduplication WHERE queue = ?1", queue);
}

void delete_queue(storage::Transaction& tx, const Queue::Identity& queue, TimePoint now) {
  tx.run("DELETE FROM sqs_queue WHERE id = ?1", queue.id);
  tx.run("DELETE FROM sqs_deduplication WHERE queue = ?1", queue.id);
  tx.run("DELETE FROM sqs_deleted_queue WHERE deleted <= ?1", to_millis(now - kDeletedMemory));
  tx.run("INSERT OR REPLACE INTO sqs_deleted_queue (region, name, deleted) VALUES (?1, ?2, ?3)", queue.region,
         queue.name, to_millis(now));
}

std::optional<TimePoint> deleted_at(storage::Connection& c, std::string_view region, std::string_view name) {
  auto query = c.prepare("SELECT deleted FROM sqs_deleted_queue WHERE region = ?1 AND name = ?2");
  query.bind_all(region, name);
  if (!query.step()) return std::nullopt;
  return from_millis(query.integer(0));
}

void read_index(storage::Connection& c, const std::function<void(const IndexRow&)>& visit) {
  auto query =
      c.prepare("SELECT id, queue, sent, due, receives, first_received, message_group FROM sqs_message ORDER BY id");
  IndexRow row;
  while (query.step()) {
    row.queue = query.integer(1);
    row.entry.id = query.integer(0);
    row.entry.sent = query.integer(2);
    row.entry.due = query.integer(3);
    row.entry.receives = static_cast<std::int32_t>(query.integer(4));
    row.entry.first_received = query.integer(5);
    row.group = query.text(6);
    visit(row);
  }
}

void MessageIds::load(storage::Connection& c) {
  auto query = c.prepare("SELECT reserved_ids FROM sqs_state");
  reserved_to_ = query.step() ? query.integer(0) : 0;
  next_ = reserved_to_ + 1;
}

std::int64_t MessageIds::next(storage::Transaction& tx) {
  if (next_ > reserved_to_) {
    const std::int64_t to = next_ + kReservedIds;
    tx.run("UPDATE sqs_state SET reserved_ids = ?1", to);
    tx.after_commit([this, to] { reserved_to_ = to; });
  }
  return next_++;
}

void insert_message(storage::Transaction& tx, std::int64_t queue, const StoredMessage& message, TimePoint due) {
  auto row = tx.prepare(
      "INSERT INTO sqs_message (id, queue, sent, due, receives, first_received, message_group) VALUES "
      "(?1, ?2, ?3, ?4, 0, 0, ?5)");
  row.bind_all(message.id, queue, to_millis(message.sent), to_millis(due));
  if (message.group_id.empty())
    row.bind(nullptr);
  else
    row.bind(message.group_id);
  row.run();
  auto body = tx.prepare(
      "INSERT INTO sqs_body (id, message_id, sender, sent, extras, body, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  body.bind_all(message.id, message.message_id, message.sender_id, to_millis(message.sent));
  const std::string extras = encode_extras(message);
  if (extras.empty())
    body.bind(nullptr);
  else
    body.bind(extras);
  body.bind(message.body);
  body.bind(body_checksum(message.message_id, message.sender_id, to_millis(message.sent), extras, message.body));
  body.run();
}

std::optional<StoredMessage> read_message(storage::Connection& c, std::int64_t id) {
  auto query = c.prepare("SELECT message_id, sender, sent, extras, body, crc FROM sqs_body WHERE id = ?1");
  query.bind(id);
  if (!query.step()) return std::nullopt;
  if (!query.is_null(5) &&
      query.integer(5) != body_checksum(query.text(0), query.text(1), query.integer(2), query.text(3), query.text(4)))
    throw storage::DamagedRow("the stored message " + query.string(0) + " is damaged");
  StoredMessage message;
  message.id = id;
  message.message_id = query.string(0);
  message.sender_id = query.string(1);
  message.sent = from_millis(query.integer(2));
  decode_extras(query.text(3), message);
  message.body = query.string(4);
  message.md5_of_body = md5_hex(message.body);
  message.md5_of_attributes = md5_of(message.attributes);
  return message;
}

std::optional<StoredMessage> read_whole_message(storage::Connection& c, std::int64_t id) {
  try {
    return read_message(c, id);
  } catch (const storage::DamagedRow& damage) {
    log::error("{}: it stays in its queue", damage.message);
    return std::nullopt;
  }
}

void scrub(storage::Connection& c, storage::Scrub& scrub) {
  auto ids = c.prepare("SELECT id FROM sqs_body");
  while (ids.step()) {
    const std::int64_t id = ids.integer(0);
    scrub.look("it is not delivered; it ends with its queue's retention, or purge the queue", [&] {
      if (const auto message = read_message(c, id)) scrub.checked(message->body.size());
    });
  }
}

std::vector<std::int64_t> message_ids(storage::Connection& c, std::int64_t queue, std::int64_t after, int limit) {
  std::vector<std::int64_t> out;
  auto rows = c.prepare("SELECT id FROM sqs_message WHERE id > ?1 AND queue = ?2 ORDER BY id LIMIT ?3");
  rows.bind_all(after, queue, limit);
  while (rows.step()) out.push_back(rows.integer(0));
  return out;
}

std::string message_id_of(storage::Connection& c, std::int64_t id) {
  auto row = c.prepare("SELECT message_id FROM sqs_body WHERE id = ?1");
  row.bind(id);
  return row.step() ? row.string(0) : std::string();
}

void delete_message(storage::Transaction& tx, std::int64_t id) {
  tx.run("DELETE FROM sqs_message WHERE id = ?1", id);
  tx.run("DELETE FROM sqs_body WHERE id = ?1", id);
}

void update_receives(storage::Transaction& tx, const Taken& receives) {
  tx.run("UPDATE sqs_message SET receives = ?1, first_received = ?2 WHERE id = ?3", receives.receives,
         receives.first_received, receives.id);
}

std::optional<Duplicate> find_duplicate(storage::Transaction& tx, std::int64_t queue, std::string_view scope,
                                        std::string_view deduplication_id, const Window& window) {
  auto query = tx.prepare(
      "SELECT message_id, sequence_number FROM sqs_deduplication WHERE queue = ?1 AND scope = ?2 AND "
      "deduplication_id = ?3 AND expires > ?4 AND expires <= ?5");
  query.bind_all(queue, scope, deduplication_id, to_millis(window.after), to_millis(window.to));
  if (!query.step()) return std::nullopt;
  return Duplicate{query.string(0), query.string(1)};
}

void remember(storage::Transaction& tx, std::int64_t queue, std::string_view scope, const StoredMessage& message,
              TimePoint expires) {
  tx.run("INSERT OR REPLACE INTO sqs_deduplication VALUES (?1, ?2, ?3, ?4, ?5, ?6)", queue, scope,
         message.deduplication_id, to_millis(expires), message.message_id, message.sequence_number);
}

void forget_duplicates(storage::Transaction& tx, TimePoint now) {
  tx.run("DELETE FROM sqs_deduplication WHERE expires <= ?1", to_millis(now));
}

void put_move_task(storage::Transaction& tx, const MoveTaskRow& row) {
  tx.run("INSERT OR REPLACE INTO sqs_move_task VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", row.id, row.source_arn,
         row.destination_arn, row.status, row.failure_reason, row.per_second, row.moved, row.to_move,
         to_millis(row.started));
}

std::vector<MoveTaskRow> read_move_tasks(storage::Connection& c) {
  std::vector<MoveTaskRow> rows;
  auto query = c.prepare(
      "SELECT id, source_arn, destination_arn, status, failure_reason, per_second, moved, to_move, started "
      "FROM sqs_move_task ORDER BY started");
  while (query.step())
    rows.push_back({query.string(0), query.string(1), query.string(2), query.string(3), query.string(4),
                    static_cast<int>(query.integer(5)), query.integer(6), query.integer(7),
                    from_millis(query.integer(8))});
  return rows;
}

void trim_move_tasks(storage::Transaction& tx, std::string_view source_arn) {
  tx.run(
      "DELETE FROM sqs_move_task WHERE source_arn = ?1 AND id NOT IN (SELECT id FROM sqs_move_task WHERE "
      "source_arn = ?1 ORDER BY started DESC LIMIT 10)",
      source_arn);
}

}  // namespace cumulet::sqs::store
