#include "services/cloudformation/stack_rows.hpp"

#include "aws/wire/json_codec.hpp"

namespace cumulet::cloudformation::service {
namespace {

constexpr std::chrono::hours kKeptAfterDeletion{90 * 24};
constexpr std::string_view kColumns = "SELECT region, is_live, record, details, pending FROM cloudformation_stack ";

std::string details_text(const StackDetails& details) {
  std::string out;
  wire::write_json(out, wire::shape_of<StackDetails>(), &details, wire::Members::all);
  return out;
}

Result<StackDetails> details_of(std::string_view text) {
  StackDetails out;
  wire::Violations ignored;
  CUMULET_CHECK(wire::read_json(text, wire::shape_of<StackDetails>(), &out, wire::Members::all, ignored));
  return out;
}

Result<StackRow> read_row(storage::Statement& row) {
  StackRow out;
  out.region = row.string(0);
  out.is_live = row.integer(1) != 0;
  CUMULET_TRY(const json::value record, json::parse(row.text(2)));
  CUMULET_TRY(out.stack, stack_from_json(record));
  CUMULET_TRY(out.details, details_of(row.text(3)));
  if (!row.is_null(4)) {
    CUMULET_TRY(StackDetails pending, details_of(row.text(4)));
    out.pending = std::move(pending);
  }
  return out;
}

Result<std::vector<StackRow>> read_rows(storage::Statement& rows) {
  std::vector<StackRow> out;
  while (rows.step()) {
    CUMULET_TRY(StackRow row, read_row(rows));
    out.push_back(std::move(row));
  }
  return out;
}

ChangeSetRow read_change_set(storage::Statement& row) {
  return {row.string(0), row.string(1), row.string(2), row.string(3), row.string(4)};
}

}  // namespace

wire::Shape StackDetails::shape() {
  constexpr auto kMillis = wire::TimestampFormat::iso8601_millis;
  return structure("StackDetails", {member<&StackDetails::description>("Description"),
                                    member<&StackDetails::template_body>("TemplateBody"),
                                    member<&StackDetails::processed_template>("ProcessedTemplate"),
                                    member<&StackDetails::parameters>("Parameters"),
                                    member<&StackDetails::given>("Given"),
                                    member<&StackDetails::outputs>("Outputs"),
                                    member<&StackDetails::tags>("Tags"),
                                    member<&StackDetails::capabilities>("Capabilities"),
                                    member<&StackDetails::notification_arns>("NotificationARNs"),
                                    member<&StackDetails::role_arn>("RoleARN"),
                                    member<&StackDetails::on_failure>("OnFailure"),
                                    member<&StackDetails::client_request_token>("ClientRequestToken"),
                                    member<&StackDetails::change_set_id>("ChangeSetId"),
                                    member<&StackDetails::timeout_in_minutes>("TimeoutInMinutes"),
                                    member<&StackDetails::rollback_configuration>("RollbackConfiguration"),
                                    member<&StackDetails::is_protected>("IsProtected"),
                                    member<&StackDetails::created>("Created").format(kMillis),
                                    member<&StackDetails::updated>("Updated").format(kMillis),
                                    member<&StackDetails::deleted>("Deleted").format(kMillis),
                                    member<&StackDetails::caller_key>("CallerKey"),
                                    member<&StackDetails::caller_account>("CallerAccount"),
                                    member<&StackDetails::caller_arn>("CallerArn"),
                                    member<&StackDetails::caller_id>("CallerId"),
                                    member<&StackDetails::endpoint>("Endpoint"),
                                    member<&StackDetails::caller_is_root>("CallerIsRoot")});
}

Result<void> StackRows::load() {
  CUMULET_CHECK(database_.migrate(
      "cloudformation",
      {"CREATE TABLE cloudformation_stack("
       " number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, region TEXT NOT NULL, name TEXT NOT NULL,"
       " is_live INTEGER NOT NULL, deleted INTEGER, record TEXT NOT NULL, details TEXT NOT NULL, pending TEXT);"
       "CREATE UNIQUE INDEX cloudformation_stack_name ON cloudformation_stack(region, name) WHERE is_live = 1;"
       "CREATE TABLE cloudformation_change_set("
       " number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, stack_id TEXT NOT NULL, name TEXT NOT NULL,"
       " region TEXT NOT NULL, body TEXT NOT NULL);"
       "CREATE INDEX cloudformation_change_set_stack ON cloudformation_change_set(stack_id);"}));
  return database_.write_blocking(
      [this](storage::Transaction& tx) -> Result<void> {
        tx.run("DELETE FROM cloudformation_stack WHERE is_live = 0 AND deleted < ?1",
               to_millis(clock_.now() - kKeptAfterDeletion));
        return {};
      },
      storage::Room::reserved);
}

Result<std::optional<StackRow>> StackRows::find(std::string_view region, std::string_view name_or_id) {
  return database_.read_value<std::optional<StackRow>>(
      [&](storage::Connection& connection) -> Result<std::optional<StackRow>> {
        const bool is_id = name_or_id.starts_with("arn:");
        auto rows =
            connection.prepare(std::string(kColumns) + (is_id ? "WHERE region = ?1 AND id = ?2"
                                                              : "WHERE region = ?1 AND name = ?2 AND is_live = 1"));
        rows.bind_all(region, name_or_id);
        if (!rows.step()) return std::optional<StackRow>();
        CUMULET_TRY(StackRow row, read_row(rows));
        return std::optional<StackRow>(std::move(row));
      });
}

Result<std::vector<StackRow>> StackRows::list(std::string_view region, Which which) {
  return database_.read_value<std::vector<StackRow>>([&](storage::Connection& connection) {
    auto rows = connection.prepare(std::string(kColumns) + "WHERE region = ?1 AND is_live >= ?2 ORDER BY number DESC");
    rows.bind_all(region, which == Which::live ? 1 : 0);
    return read_rows(rows);
  });
}

Result<std::vector<StackRow>> StackRows::of_all_regions() {
  return database_.read_value<std::vector<StackRow>>([&](storage::Connection& connection) {
    auto rows = connection.prepare(std::string(kColumns) + "WHERE is_live = 1 ORDER BY number");
    return read_rows(rows);
  });
}

Result<void> StackRows::insert(const StackRow& row) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("INSERT INTO cloudformation_stack(id, region, name, is_live, record, details) VALUES(?1, ?2, ?3, 1, ?4, ?5)",
           row.stack.id, row.region, row.stack.name, json::text(to_json(row.stack)), details_text(row.details));
    return {};
  });
}

Result<void> StackRows::save_details(const std::string& id, const StackDetails& details) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("UPDATE cloudformation_stack SET details = ?2 WHERE id = ?1", id, details_text(details));
    return {};
  });
}

Result<void> StackRows::save_pending(const std::string& id, const StackDetails& pending) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("UPDATE cloudformation_stack SET pending = ?2 WHERE id = ?1", id, details_text(pending));
    return {};
  });
}

Result<void> StackRows::save(const Stack& stack) {
  return database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("UPDATE cloudformation_stack SET record = ?2 WHERE id = ?1", stack.id, json::text(to_json(stack)));
        if (stack.status == "UPDATE_COMPLETE" || stack.status == "CREATE_COMPLETE" || stack.status == "UPDATE_FAILED" ||
            stack.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
          tx.run("UPDATE cloudformation_stack SET details = coalesce(pending, details), pending = NULL WHERE id = ?1",
                 stack.id);
        if (stack.status == "UPDATE_ROLLBACK_COMPLETE")
          tx.run("UPDATE cloudformation_stack SET pending = NULL WHERE id = ?1", stack.id);
        return {};
      },
      storage::Room::reserved);
}

Result<void> StackRows::bury(const std::string& id) {
  return database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        std::optional<StackRow> row;
        {
          auto rows = tx.prepare(std::string(kColumns) + "WHERE id = ?1");
          rows.bind(id);
          if (!rows.step()) return {};
          CUMULET_TRY(row, read_row(rows));
        }
        Stack& stack = row->stack;
        const TimePoint now = clock_.now();
        stack.status = "DELETE_COMPLETE";
        stack.status_reason = "";
        stack.events.push_back({.timestamp = iso8601_millis(now),
                                .logical_id = stack.name,
                                .physical_id = stack.id,
                                .type = "AWS::CloudFormation::Stack",
                                .status = stack.status,
                                .reason = {}});
        row->details.deleted = now;
        tx.run(
            "UPDATE cloudformation_stack SET is_live = 0, deleted = ?2, record = ?3, details = ?4, pending = NULL"
            " WHERE id = ?1",
            id, to_millis(now), json::text(to_json(stack)), details_text(row->details));
        tx.run("DELETE FROM cloudformation_change_set WHERE stack_id = ?1", id);
        return {};
      },
      storage::Room::reserved);
}

Result<void> StackRows::save_change_set(const ChangeSetRow& row) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run(
        "INSERT INTO cloudformation_change_set(id, stack_id, name, region, body) VALUES(?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT(id) DO UPDATE SET body = excluded.body",
        row.id, row.stack_id, row.name, row.region, row.body);
    return {};
  });
}

Result<void> StackRows::delete_change_set(const std::string& id) {
  return database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("DELETE FROM cloudformation_change_set WHERE id = ?1", id);
        return {};
      },
      storage::Room::reserved);
}

Result<void> StackRows::delete_change_sets_of(const std::string& stack_id) {
  return database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("DELETE FROM cloudformation_change_set WHERE stack_id = ?1", stack_id);
        return {};
      },
      storage::Room::reserved);
}

Result<std::vector<ChangeSetRow>> StackRows::change_sets(std::string_view stack_id) {
  return database_.read_value<std::vector<ChangeSetRow>>([&](storage::Connection& connection) {
    auto rows = connection.prepare(
        "SELECT id, stack_id, name, region, body FROM cloudformation_change_set WHERE stack_id = ?1 ORDER BY number");
    rows.bind(stack_id);
    std::vector<ChangeSetRow> out;
    while (rows.step()) out.push_back(read_change_set(rows));
    return Result<std::vector<ChangeSetRow>>(std::move(out));
  });
}

Result<std::optional<ChangeSetRow>> StackRows::change_set(std::string_view id) {
  return database_.read_value<std::optional<ChangeSetRow>>([&](storage::Connection& connection) {
    auto rows =
        connection.prepare("SELECT id, stack_id, name, region, body FROM cloudformation_change_set WHERE id = ?1");
    rows.bind(id);
    std::optional<ChangeSetRow> out;
    if (rows.step()) out = read_change_set(rows);
    return Result<std::optional<ChangeSetRow>>(std::move(out));
  });
}

Result<std::optional<Stack>> RowStore::load(const std::string& name) {
  CUMULET_TRY(auto row, rows_.find(region_, name));
  return row ? std::optional<Stack>(std::move(row->stack)) : std::optional<Stack>();
}

Result<void> RowStore::save(const Stack& stack) {
  if (is_over_) return Error{kServiceUnavailable, "the engine ends"};
  return rows_.save(stack);
}

Result<void> RowStore::forget(const std::string& name) {
  if (is_over_) return Error{kServiceUnavailable, "the engine ends"};
  CUMULET_TRY(const auto row, rows_.find(region_, name));
  return row ? rows_.bury(row->stack.id) : Result<void>{};
}

Result<std::vector<std::string>> RowStore::names() {
  CUMULET_TRY(const auto rows, rows_.list(region_, StackRows::Which::live));
  std::vector<std::string> out;
  for (const StackRow& row : rows) out.push_back(row.stack.name);
  return out;
}

}  // namespace cumulet::cloudformation::service
