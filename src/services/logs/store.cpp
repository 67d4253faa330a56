#include "services/logs/store.hpp"

#include <algorithm>
#include <array>

#include "services/logs/errors.hpp"
#include "storage/row_checksum.hpp"

namespace cumulet::logs::store {
namespace {

// Chunks keep their stream's and group's id, so that a group is read in time order by one index, and so that what was
// dropped is found after the rows that named it are gone. Ids are never used twice.
constexpr std::array<std::string_view, 2> kMigrations = {R"(
CREATE TABLE logs_group (
  id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
  retention_days INTEGER, stored_bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (region, name));
CREATE TABLE logs_stream (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
  first_event INTEGER, last_event INTEGER, last_ingestion INTEGER, last_chunk INTEGER, UNIQUE (group_id, name));
CREATE INDEX logs_stream_by_time ON logs_stream (group_id, last_event);
CREATE TABLE logs_chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, stream_id INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX logs_chunk_by_group ON logs_chunk (group_id, first, last, stream_id);
CREATE INDEX logs_chunk_by_stream ON logs_chunk (stream_id, first, last);
CREATE TABLE logs_tag (group_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (group_id, key)) WITHOUT ROWID;
CREATE TABLE logs_dropped (group_id INTEGER NOT NULL, stream_id INTEGER NOT NULL, PRIMARY KEY (group_id, stream_id)) WITHOUT ROWID;
)",
                                                         // Null: older than the column.
                                                         "ALTER TABLE logs_chunk ADD COLUMN crc INTEGER"};

constexpr std::size_t kChunkBytes = 128u << 10;     // a full chunk
constexpr std::size_t kRewrittenBytes = 16u << 10;  // below this a chunk is written anew with what comes next
constexpr std::int64_t kEventOverhead = 26;         // what AWS counts for each event

constexpr std::string_view kGroupColumns = "SELECT id, name, created, retention_days, stored_bytes FROM logs_group ";
constexpr std::string_view kStreamColumns =
    "SELECT id, group_id, name, created, first_event, last_event, last_ingestion FROM logs_stream ";

Group group_of(const storage::Statement& row) {
  Group g;
  g.id = row.integer(0);
  g.name = row.text(1);
  g.created = from_millis(row.integer(2));
  if (!row.is_null(3)) g.retention_days = static_cast<int>(row.integer(3));
  g.stored_bytes = row.integer(4);
  return g;
}

Stream stream_of(const storage::Statement& row) {
  const auto time = [&row](int column) {
    return row.is_null(column) ? std::nullopt : std::optional(from_millis(row.integer(column)));
  };
  return {row.integer(0), row.integer(1), std::string(row.text(2)), from_millis(row.integer(3)), time(4),
          time(5),        time(6)};
}

std::string sql(std::string_view columns, std::string_view rest) { return std::string(columns).append(rest); }

// The smallest text greater than every text with that prefix; empty: there is none.
std::string after_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

bool is_whole(const storage::Statement& row, int data, int crc) {
  return row.is_null(crc) || row.integer(crc) == storage::row_checksum({row.text(data)});
}

struct Chunk {
  std::string bytes;
  std::int64_t first = 0, last = 0;

  void add(const InputEvent& event, std::int64_t now) {
    const std::int64_t at = to_millis(event.timestamp);
    first = bytes.empty() ? at : std::min(first, at);
    last = bytes.empty() ? at : std::max(last, at);
    pack(bytes, at, now, event.message);
  }
};

std::int64_t insert_chunk(storage::Transaction& tx, const Stream& stream, const Chunk& chunk) {
  auto statement = tx.prepare(
      "INSERT INTO logs_chunk (group_id, stream_id, first, last, data, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  statement.bind_all(stream.group_id, stream.id, chunk.first, chunk.last);
  statement.bind_blob(chunk.bytes);
  statement.bind(storage::row_checksum({chunk.bytes}));
  statement.run();
  return tx.last_insert_rowid();
}

// The stream's last chunk when there is room in it, and it is what was written.
std::optional<std::int64_t> reopen_chunk(storage::Transaction& tx, const Stream& stream, Chunk& chunk) {
  auto row = tx.prepare(
      "SELECT c.id, c.first, c.last, c.data, c.crc FROM logs_stream s JOIN logs_chunk c ON c.id = s.last_chunk "
      "WHERE s.id = ?1 AND length(c.data) < ?2");
  row.bind_all(stream.id, static_cast<std::int64_t>(kRewrittenBytes));
  if (!row.step() || !is_whole(row, 3, 4)) return std::nullopt;
  chunk = {std::string(row.text(3)), row.integer(1), row.integer(2)};
  return row.integer(0);
}

}  // namespace

Result<void> migrate(storage::Database& database) { return database.migrate("logs", kMigrations); }

std::optional<Group> find_group(storage::Connection& c, std::string_view region, std::string_view name) {
  auto row = c.prepare(sql(kGroupColumns, "WHERE region = ?1 AND name = ?2"));
  row.bind_all(region, name);
  if (!row.step()) return std::nullopt;
  return group_of(row);
}

std::optional<Stream> find_stream(storage::Connection& c, std::int64_t group_id, std::string_view name) {
  auto row = c.prepare(sql(kStreamColumns, "WHERE group_id = ?1 AND name = ?2"));
  row.bind_all(group_id, name);
  if (!row.step()) return std::nullopt;
  return stream_of(row);
}

Result<Group> require_group(storage::Connection& c, std::string_view region, std::string_view name) {
  auto group = find_group(c, region, name);
  if (!group) return Error{kResourceNotFound, "The specified log group does not exist."};
  return std::move(*group);
}

Result<Stream> require_stream(storage::Connection& c, std::int64_t group_id, std::string_view name) {
  auto stream = find_stream(c, group_id, name);
  if (!stream) return Error{kResourceNotFound, "The specified log stream does not exist."};
  return std::move(*stream);
}

Result<Group> create_group(storage::Transaction& tx, std::string_view region, std::string_view name, TimePoint now) {
  if (find_group(tx, region, name)) return Error{kResourceAlreadyExists, "The specified log group already exists"};
  tx.run("INSERT INTO logs_group (region, name, created) VALUES (?1, ?2, ?3)", region, name, to_millis(now));
  Group group;
  group.id = tx.last_insert_rowid();
  group.name = name;
  group.created = now;
  return group;
}

Result<Stream> create_stream(storage::Transaction& tx, std::int64_t group_id, std::string_view name, TimePoint now) {
  if (find_stream(tx, group_id, name)) return Error{kResourceAlreadyExists, "The specified log stream already exists"};
  tx.run("INSERT INTO logs_stream (group_id, name, created) VALUES (?1, ?2, ?3)", group_id, name, to_millis(now));
  Stream stream;
  stream.id = tx.last_insert_rowid();
  stream.group_id = group_id;
  stream.name = name;
  stream.created = now;
  return stream;
}

void set_retention(storage::Transaction& tx, std::int64_t group_id, std::optional<int> days) {
  tx.run("UPDATE logs_group SET retention_days = ?2 WHERE id = ?1", group_id, days);
}

std::vector<Group> list_groups(storage::Connection& c, std::string_view region, std::string_view prefix,
                               std::string_view pattern, std::string_view after, int limit) {
  auto row = c.prepare(sql(kGroupColumns,
                           "WHERE region = ?1 AND name > ?2 AND name >= ?3 AND (?4 = '' OR name < ?4) "
                           "AND (?5 = '' OR instr(lower(name), lower(?5)) > 0) ORDER BY name LIMIT ?6"));
  row.bind_all(region, after, prefix, after_prefix(prefix), pattern, limit);
  std::vector<Group> groups;
  while (row.step()) groups.push_back(group_of(row));
  return groups;
}

std::vector<Stream> list_streams(storage::Connection& c, std::int64_t group_id, std::string_view prefix,
                                 StreamOrder order, Direction direction, int offset, int limit) {
  std::string rest = "WHERE group_id = ?1 AND name >= ?2 AND (?3 = '' OR name < ?3) ORDER BY ";
  const std::string down = direction == Direction::descending ? " DESC" : "";
  rest += order == StreamOrder::name ? "name" + down : "last_event" + down + ", name" + down;
  auto row = c.prepare(sql(kStreamColumns, rest + " LIMIT ?4 OFFSET ?5"));
  row.bind_all(group_id, prefix, after_prefix(prefix), limit, offset);
  std::vector<Stream> streams;
  while (row.step()) streams.push_back(stream_of(row));
  return streams;
}

std::vector<Stream> all_streams(storage::Connection& c, std::int64_t group_id, std::string_view prefix) {
  return list_streams(c, group_id, prefix, StreamOrder::name, Direction::ascending, 0, -1);
}

std::optional<std::string> chunk_bytes(storage::Connection& c, std::int64_t id) {
  auto row = c.prepare("SELECT data, crc FROM logs_chunk WHERE id = ?1");
  row.bind(id);
  if (!row.step()) return std::nullopt;
  if (!is_whole(row, 0, 1))
    throw storage::DamagedRow("stored log events are damaged (chunk " + std::to_string(id) + ")");
  return row.string(0);
}

void scrub(storage::Connection& c, storage::Scrub& scrub) {
  auto ids = c.prepare(
      "SELECT c.id, g.name, s.name FROM logs_chunk c JOIN logs_group g ON g.id = c.group_id JOIN logs_stream s ON s.id "
      "= "
      "c.stream_id");
  while (ids.step()) {
    const std::int64_t id = ids.integer(0);
    scrub.look("delete the stream " + ids.string(2) + " of group " + ids.string(1), [&] {
      if (const auto bytes = chunk_bytes(c, id)) scrub.checked(bytes->size());
    });
  }
}

void append(storage::Transaction& tx, const Stream& stream, std::span<const InputEvent> events, TimePoint now) {
  if (events.empty()) return;
  const std::int64_t ingested = to_millis(now);
  Chunk chunk;
  std::optional<std::int64_t> open = reopen_chunk(tx, stream, chunk);
  std::int64_t last_chunk = 0, bytes = 0, first = to_millis(events.front().timestamp), last = first;
  const auto write = [&] {
    if (open) {
      auto statement = tx.prepare("UPDATE logs_chunk SET first = ?2, last = ?3, data = ?4, crc = ?5 WHERE id = ?1");
      statement.bind_all(*open, chunk.first, chunk.last);
      statement.bind_blob(chunk.bytes);
      statement.bind(storage::row_checksum({chunk.bytes}));
      statement.run();
      last_chunk = *open;
    } else {
      last_chunk = insert_chunk(tx, stream, chunk);
    }
    open.reset();
    chunk = {};
  };
  for (const InputEvent& event : events) {
    if (!chunk.bytes.empty() && chunk.bytes.size() + event.message.size() > kChunkBytes) write();
    chunk.add(event, ingested);
    bytes += static_cast<std::int64_t>(event.message.size()) + kEventOverhead;
    first = std::min(first, to_millis(event.timestamp));
    last = std::max(last, to_millis(event.timestamp));
  }
  write();
  tx.run(
      "UPDATE logs_stream SET first_event = min(ifnull(first_event, ?2), ?2), last_event = max(ifnull(last_event, ?3), "
      "?3), "
      "last_ingestion = ?4, last_chunk = ?5 WHERE id = ?1",
      stream.id, first, last, ingested, last_chunk);
  tx.run("UPDATE logs_group SET stored_bytes = stored_bytes + ?2 WHERE id = ?1", stream.group_id, bytes);
}

void drop_group(storage::Transaction& tx, std::int64_t group_id) {
  tx.run("DELETE FROM logs_group WHERE id = ?1", group_id);
  tx.run("DELETE FROM logs_stream WHERE group_id = ?1", group_id);
  tx.run("DELETE FROM logs_tag WHERE group_id = ?1", group_id);
  tx.run("INSERT OR REPLACE INTO logs_dropped (group_id, stream_id) VALUES (?1, 0)", group_id);
}

void drop_stream(storage::Transaction& tx, const Stream& stream) {
  tx.run("DELETE FROM logs_stream WHERE id = ?1", stream.id);
  tx.run("INSERT OR REPLACE INTO logs_dropped (group_id, stream_id) VALUES (?1, ?2)", stream.group_id, stream.id);
}

bool purge(storage::Transaction& tx, TimePoint now, int chunks) {
  auto dropped = tx.prepare("SELECT group_id, stream_id FROM logs_dropped LIMIT 1");
  if (dropped.step()) {
    const std::int64_t group = dropped.integer(0), stream = dropped.integer(1);
    if (stream == 0)
      tx.run("DELETE FROM logs_chunk WHERE id IN (SELECT id FROM logs_chunk WHERE group_id = ?1 LIMIT ?2)", group,
             chunks);
    else
      tx.run("DELETE FROM logs_chunk WHERE id IN (SELECT id FROM logs_chunk WHERE stream_id = ?1 LIMIT ?2)", stream,
             chunks);
    if (tx.changes() < chunks) tx.run("DELETE FROM logs_dropped WHERE group_id = ?1 AND stream_id = ?2", group, stream);
    return true;
  }
  constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  tx.run(
      "DELETE FROM logs_chunk WHERE id IN (SELECT c.id FROM logs_group g JOIN logs_chunk c ON c.group_id = g.id "
      "WHERE g.retention_days IS NOT NULL AND c.first < ?1 - g.retention_days * ?2 AND c.last < ?1 - g.retention_days "
      "* ?2 LIMIT ?3)",
      to_millis(now), kDay, chunks);
  return tx.changes() == chunks;
}

std::map<std::string, std::string> tags(storage::Connection& c, std::int64_t group_id) {
  auto row = c.prepare("SELECT key, value FROM logs_tag WHERE group_id = ?1");
  row.bind(group_id);
  std::map<std::string, std::string> out;
  while (row.step()) out.emplace(row.text(0), row.text(1));
  return out;
}

void tag(storage::Transaction& tx, std::int64_t group_id, const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags)
    tx.run("INSERT OR REPLACE INTO logs_tag (group_id, key, value) VALUES (?1, ?2, ?3)", group_id, key, value);
}

void untag(storage::Transaction& tx, std::int64_t group_id, const std::vector<std::string>& keys) {
  for (const auto& key : keys) tx.run("DELETE FROM logs_tag WHERE group_id = ?1 AND key = ?2", group_id, key);
}

}  // namespace cumulet::logs::store
