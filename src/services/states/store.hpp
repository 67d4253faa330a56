#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/execution.hpp"
#include "services/states/model_executions.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

// The tables of state machines and executions. Functions run inside a read or a job of storage::Database.
namespace cumulet::states {

// What a machine is at one time; executions keep the one they started with.
struct Revision {
  std::int64_t id = 0;
  std::string machine_arn, machine_name, definition, role_arn;
  asl::MachineType type = asl::MachineType::standard;
  LoggingConfiguration logging;
  bool tracing = false;
  TimePoint made;
  std::optional<std::string> revision_id;  // none before the first update
};

struct Machine {
  std::string arn, name, region;
  TimePoint created;
  Revision revision;
};

struct ExecutionRow {
  std::int64_t id = 0;
  std::string arn, name, machine_arn, status, input;
  std::int64_t revision = 0;
  TimePoint started;
  std::optional<TimePoint> stopped;
  std::optional<std::string> output, error, cause, trace_header;
  bool running() const { return status == "RUNNING"; }
};

// How an execution ended.
struct Outcome {
  asl::Status status = asl::Status::running;
  TimePoint stopped;
  std::optional<std::string> output, error, cause;
};

namespace store {

Result<void> migrate(storage::Database& database);

std::optional<Machine> find_machine(storage::Connection& c, std::string_view arn);
std::vector<StateMachineListItem> list_machines(storage::Connection& c, std::string_view region,
                                                std::string_view after_name, int limit);
void insert_machine(storage::Transaction& tx, const Machine& machine);
// Makes `revision` the machine's current one.
void insert_revision(storage::Transaction& tx, Revision& revision);
void delete_machine(storage::Transaction& tx, std::string_view arn);
std::optional<Revision> find_revision(storage::Connection& c, std::int64_t id);

std::vector<Tag> tags(storage::Connection& c, std::string_view arn);
void put_tags(storage::Transaction& tx, std::string_view arn, const std::vector<Tag>& tags);
void delete_tags(storage::Transaction& tx, std::string_view arn, const std::vector<std::string>& keys);

std::optional<ExecutionRow> find_execution(storage::Connection& c, std::string_view arn);
std::vector<ExecutionRow> running_executions(storage::Connection& c);
// Newest first; `after`: those started before (start, id) of the last one of the page before.
struct ExecutionCursor {
  std::int64_t started = 0, id = 0;
};
std::vector<ExecutionRow> list_executions(storage::Connection& c, std::string_view machine_arn,
                                          const std::optional<std::string>& status,
                                          const std::optional<ExecutionCursor>& after, int limit);
std::int64_t insert_execution(storage::Transaction& tx, const ExecutionRow& row);
void finish_execution(storage::Transaction& tx, std::int64_t id, const Outcome& outcome);

// Events of one commit are one row.
void append_history(storage::Transaction& tx, std::int64_t execution, std::string_view encoded, asl::EventId first);
void delete_history(storage::Transaction& tx, std::int64_t execution);
// Events first … last, whole rows: more may come at both ends.
Result<std::vector<asl::HistoryEvent>> history(storage::Connection& c, std::int64_t execution, asl::EventId first = 1,
                                               asl::EventId last = asl::kMaxHistoryEvents);
// Reads every execution and its history.
void scrub(storage::Connection& c, storage::Scrub& scrub);
asl::EventId last_event(storage::Connection& c, std::int64_t execution);

}  // namespace store
}  // namespace cumulet::states
