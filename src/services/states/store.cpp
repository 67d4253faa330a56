#include "services/states/store.hpp"

#include <array>

#include "storage/row_checksum.hpp"

namespace cumulet::states::store {
namespace {

constexpr std::array<std::string_view, 3> kMigrations{
    "CREATE TABLE states_revision("
    " id INTEGER PRIMARY KEY, machine_arn TEXT NOT NULL, machine_name TEXT NOT NULL, definition TEXT NOT NULL,"
    " role_arn TEXT NOT NULL, type TEXT NOT NULL, log_level TEXT, log_data INTEGER, log_groups TEXT, tracing INTEGER "
    "NOT NULL,"
    " made INTEGER NOT NULL, revision_id TEXT);"
    "CREATE TABLE states_machine("
    " arn TEXT PRIMARY KEY, name TEXT NOT NULL, region TEXT NOT NULL, created INTEGER NOT NULL, revision INTEGER NOT "
    "NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX states_machine_by_name ON states_machine(region, name);"
    "CREATE TABLE states_tag(arn TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY(arn, key)) WITHOUT ROWID;"
    "CREATE TABLE states_execution("
    " id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, name TEXT NOT NULL, machine_arn TEXT NOT NULL, revision "
    "INTEGER NOT NULL,"
    " status TEXT NOT NULL, started INTEGER NOT NULL, stopped INTEGER, input TEXT NOT NULL, output TEXT, error TEXT, "
    "cause TEXT);"
    "CREATE INDEX states_execution_by_machine ON states_execution(machine_arn, started, id);"
    "CREATE INDEX states_execution_running ON states_execution(id) WHERE status = 'RUNNING';"
    // The key is execution << 15 | number of the first event: 25,000 events fit, and rows append.
    "CREATE TABLE states_history(key INTEGER PRIMARY KEY, events BLOB NOT NULL);",
    "ALTER TABLE states_execution ADD COLUMN trace_header TEXT;",
    // Null: older than the column.
    "ALTER TABLE states_history ADD COLUMN crc INTEGER; ALTER TABLE states_execution ADD COLUMN input_crc INTEGER;"
    "ALTER TABLE states_execution ADD COLUMN output_crc INTEGER;"};

std::int64_t outcome_checksum(std::string_view output, std::string_view error, std::string_view cause) {
  return storage::row_checksum({output, error, cause});
}

static_assert(asl::kMaxHistoryEvents < (1 << 15));
std::int64_t history_key(std::int64_t execution, asl::EventId event) { return (execution << 15) | event; }

constexpr std::string_view kRevisionColumns =
    "r.id, r.machine_arn, r.machine_name, r.definition, r.role_arn, r.type, r.log_level, r.log_data, r.log_groups, "
    "r.tracing, r.made,"
    " r.revision_id";

Revision read_revision(storage::Statement& row, int at = 0) {
  Revision r;
  r.id = row.integer(at);
  r.machine_arn = row.string(at + 1);
  r.machine_name = row.string(at + 2);
  r.definition = row.string(at + 3);
  r.role_arn = row.string(at + 4);
  r.type = row.text(at + 5) == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
  r.logging.level = row.optional_text(at + 6);
  if (!row.is_null(at + 7)) r.logging.include_execution_data = row.integer(at + 7) != 0;
  if (!row.is_null(at + 8)) {
    r.logging.destinations.emplace();
    std::string_view groups = row.text(at + 8);
    while (!groups.empty()) {
      const auto end = std::min(groups.find('\n'), groups.size());
      r.logging.destinations->push_back({LogGroup{std::string(groups.substr(0, end))}});
      groups.remove_prefix(std::min(end + 1, groups.size()));
    }
  }
  r.tracing = row.integer(at + 9) != 0;
  r.made = from_millis(row.integer(at + 10));
  r.revision_id = row.optional_text(at + 11);
  return r;
}

constexpr std::string_view kExecutionColumns =
    "SELECT id, arn, name, machine_arn, revision, status, started, stopped, input, output, error, cause, trace_header, "
    "input_crc, output_crc FROM states_execution ";

ExecutionRow read_execution(storage::Statement& row) {
  ExecutionRow e;
  e.id = row.integer(0);
  e.arn = row.string(1);
  e.name = row.string(2);
  e.machine_arn = row.string(3);
  e.revision = row.integer(4);
  e.status = row.string(5);
  e.started = from_millis(row.integer(6));
  if (!row.is_null(7)) e.stopped = from_millis(row.integer(7));
  e.input = row.string(8);
  e.output = row.optional_text(9);
  e.error = row.optional_text(10);
  e.cause = row.optional_text(11);
  e.trace_header = row.optional_text(12);
  const bool is_whole =
      (row.is_null(13) || row.integer(13) == storage::row_checksum({e.input})) &&
      (row.is_null(14) || row.integer(14) == outcome_checksum(row.text(9), row.text(10), row.text(11)));
  if (!is_whole) throw storage::DamagedRow("the stored execution " + e.arn + " is damaged");
  return e;
}

}  // namespace

Result<void> migrate(storage::Database& database) { return database.migrate("states", kMigrations); }

std::optional<Machine> find_machine(storage::Connection& c, std::string_view arn) {
  auto row = c.prepare("SELECT m.name, m.region, m.created, " + std::string(kRevisionColumns) +
                       " FROM states_machine m JOIN states_revision r ON r.id = m.revision WHERE m.arn = ?1");
  row.bind(arn);
  if (!row.step()) return std::nullopt;
  Machine machine;
  machine.arn = arn;
  machine.name = row.string(0);
  machine.region = row.string(1);
  machine.created = from_millis(row.integer(2));
  machine.revision = read_revision(row, 3);
  return machine;
}

std::vector<StateMachineListItem> list_machines(storage::Connection& c, std::string_view region,
                                                std::string_view after_name, int limit) {
  std::vector<StateMachineListItem> out;
  auto rows = c.prepare(
      "SELECT m.arn, m.name, r.type, m.created FROM states_machine m JOIN states_revision r ON r.id = m.revision"
      " WHERE m.region = ?1 AND m.name > ?2 ORDER BY m.name LIMIT ?3");
  rows.bind_all(region, after_name, limit);
  while (rows.step()) out.push_back({rows.string(0), rows.string(1), rows.string(2), from_millis(rows.integer(3))});
  return out;
}

void insert_revision(storage::Transaction& tx, Revision& r) {
  std::optional<std::string> groups;
  if (r.logging.destinations) {
    groups.emplace();
    for (const auto& destination : *r.logging.destinations)
      if (destination.cloud_watch_logs_log_group && destination.cloud_watch_logs_log_group->log_group_arn)
        *groups += (groups->empty() ? "" : "\n") + *destination.cloud_watch_logs_log_group->log_group_arn;
  }
  tx.run(
      "INSERT INTO states_revision(machine_arn, machine_name, definition, role_arn, type, log_level, log_data, "
      "log_groups, tracing,"
      " made, revision_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
      r.machine_arn, r.machine_name, r.definition, r.role_arn,
      r.type == asl::MachineType::express ? "EXPRESS" : "STANDARD", r.logging.level, r.logging.include_execution_data,
      groups, r.tracing, to_millis(r.made), r.revision_id);
  r.id = tx.last_insert_rowid();
  tx.run("UPDATE states_machine SET revision = ?1 WHERE arn = ?2", r.id, r.machine_arn);
}

void insert_machine(storage::Transaction& tx, const Machine& machine) {
  tx.run("INSERT INTO states_machine(arn, name, region, created, revision) VALUES(?1, ?2, ?3, ?4, 0)", machine.arn,
         machine.name, machine.region, to_millis(machine.created));
  Revision revision = machine.revision;
  insert_revision(tx, revision);
}

void delete_machine(storage::Transaction& tx, std::string_view arn) {
  tx.run("DELETE FROM states_machine WHERE arn = ?1", arn);
  tx.run("DELETE FROM states_tag WHERE arn = ?1", arn);
  tx.run(
      "DELETE FROM states_revision WHERE machine_arn = ?1 AND NOT EXISTS"
      " (SELECT 1 FROM states_execution e WHERE e.machine_arn = ?1 AND e.revision = states_revision.id)",
      arn);
}

std::optional<Revision> find_revision(storage::Connection& c, std::int64_t id) {
  auto row = c.prepare("SELECT " + std::string(kRevisionColumns) + " FROM states_revision r WHERE r.id = ?1");
  row.bind(id);
  if (!row.step()) return std::nullopt;
  return read_revision(row);
}

std::vector<Tag> tags(storage::Connection& c, std::string_view arn) {
  std::vector<Tag> out;
  auto rows = c.prepare("SELECT key, value FROM states_tag WHERE arn = ?1 ORDER BY key");
  rows.bind(arn);
  while (rows.step()) out.push_back({rows.string(0), rows.string(1)});
  return out;
}

void put_tags(storage::Transaction& tx, std::string_view arn, const std::vector<Tag>& tags) {
  for (const auto& tag : tags)
    tx.run(
        "INSERT INTO states_tag(arn, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value",
        arn, tag.key.value_or(""), tag.value.value_or(""));
}

void delete_tags(storage::Transaction& tx, std::string_view arn, const std::vector<std::string>& keys) {
  for (const auto& key : keys) tx.run("DELETE FROM states_tag WHERE arn = ?1 AND key = ?2", arn, key);
}

std::optional<ExecutionRow> find_execution(storage::Connection& c, std::string_view arn) {
  auto row = c.prepare(std::string(kExecutionColumns) + "WHERE arn = ?1");
  row.bind(arn);
  if (!row.step()) return std::nullopt;
  return read_execution(row);
}

std::vector<ExecutionRow> running_executions(storage::Connection& c) {
  std::vector<ExecutionRow> out;
  auto rows = c.prepare(std::string(kExecutionColumns) + "WHERE status = 'RUNNING' ORDER BY id");
  while (rows.step()) out.push_back(read_execution(rows));
  return out;
}

std::vector<ExecutionRow> list_executions(storage::Connection& c, std::string_view machine_arn,
                                          const std::optional<std::string>& status,
                                          const std::optional<ExecutionCursor>& after, int limit) {
  std::vector<ExecutionRow> out;
  // Without inputs and outputs: a page may be a thousand rows.
  auto rows = c.prepare(
      "SELECT id, arn, name, machine_arn, revision, status, started, stopped, '', NULL, NULL, NULL, "
      "NULL, NULL, NULL FROM states_execution"
      " WHERE machine_arn = ?1 AND (?2 IS NULL OR status = ?2) AND (started, id) < (?3, ?4) ORDER BY started DESC, id "
      "DESC LIMIT ?5");
  rows.bind_all(machine_arn, status, after ? after->started : INT64_MAX, after ? after->id : INT64_MAX, limit);
  while (rows.step()) out.push_back(read_execution(rows));
  return out;
}

std::int64_t insert_execution(storage::Transaction& tx, const ExecutionRow& row) {
  std::optional<std::int64_t> stopped;
  if (row.stopped) stopped = to_millis(*row.stopped);
  tx.run(
      "INSERT INTO states_execution(arn, name, machine_arn, revision, status, started, stopped, input, output, error, "
      "cause, trace_header, input_crc, output_crc)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
      row.arn, row.name, row.machine_arn, row.revision, row.status, to_millis(row.started), stopped, row.input,
      row.output, row.error, row.cause, row.trace_header, storage::row_checksum({row.input}),
      outcome_checksum(row.output.value_or(""), row.error.value_or(""), row.cause.value_or("")));
  return tx.last_insert_rowid();
}

void finish_execution(storage::Transaction& tx, std::int64_t id, const Outcome& outcome) {
  tx.run(
      "UPDATE states_execution SET status = ?1, stopped = ?2, output = ?3, error = ?4, cause = ?5, output_crc = ?7 "
      "WHERE id = ?6",
      asl::name(outcome.status), to_millis(outcome.stopped), outcome.output, outcome.error, outcome.cause, id,
      outcome_checksum(outcome.output.value_or(""), outcome.error.value_or(""), outcome.cause.value_or("")));
}

void append_history(storage::Transaction& tx, std::int64_t execution, std::string_view encoded, asl::EventId first) {
  auto insert = tx.prepare("INSERT INTO states_history(key, events, crc) VALUES(?1, ?2, ?3)");
  insert.bind(history_key(execution, first)).bind_blob(encoded).bind(storage::row_checksum({encoded}));
  insert.run();
}

void delete_history(storage::Transaction& tx, std::int64_t execution) {
  tx.run("DELETE FROM states_history WHERE key BETWEEN ?1 AND ?2", history_key(execution, 0),
         history_key(execution + 1, 0) - 1);
}

Result<std::vector<asl::HistoryEvent>> history(storage::Connection& c, std::int64_t execution, asl::EventId first,
                                               asl::EventId last) {
  std::vector<asl::HistoryEvent> out;
  auto rows = c.prepare(
      "SELECT events, crc FROM states_history WHERE key <= ?2 AND key >="
      " (SELECT max(key) FROM states_history WHERE key BETWEEN ?3 AND ?1) ORDER BY key");
  rows.bind_all(history_key(execution, first), history_key(execution, last), history_key(execution, 0));
  while (rows.step()) {
    const bool is_whole = rows.is_null(1) || rows.integer(1) == storage::row_checksum({rows.text(0)});
    if (!is_whole || !asl::decode(rows.text(0), out)) throw storage::DamagedRow("a stored history is damaged");
  }
  return out;
}

void scrub(storage::Connection& c, storage::Scrub& scrub) {
  constexpr std::string_view kAdvice = "start the execution again under another name";
  auto arns = c.prepare("SELECT id, arn FROM states_execution");
  while (arns.step()) {
    const std::int64_t id = arns.integer(0);
    const std::string arn = arns.string(1);
    scrub.look(kAdvice, [&] {
      if (const auto row = find_execution(c, arn)) scrub.checked(row->input.size());
    });
    scrub.look(kAdvice, [&] {
      try {
        if (const auto events = history(c, id); events.ok()) scrub.checked(events->size());
      } catch (const storage::DamagedRow&) {
        throw storage::DamagedRow("the stored history of execution " + arn + " is damaged");
      }
    });
  }
}

asl::EventId last_event(storage::Connection& c, std::int64_t execution) {
  auto rows = c.prepare("SELECT events FROM states_history WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1");
  rows.bind_all(history_key(execution, 0), history_key(execution + 1, 0) - 1);
  std::vector<asl::HistoryEvent> events;
  if (!rows.step() || !asl::decode(rows.text(0), events) || events.empty()) return 0;
  return events.back().id;
}

}  // namespace cumulet::states::store
