#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/logs/chunk.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

// The tables of the logs service. Functions on a Connection read, functions on a Transaction are called in jobs.
namespace cumulet::logs {

struct Group {
  std::int64_t id = 0;
  std::string name;
  TimePoint created;
  std::optional<int> retention_days;
  std::int64_t stored_bytes = 0;
};

struct Stream {
  std::int64_t id = 0;
  std::int64_t group_id = 0;
  std::string name;
  TimePoint created;
  std::optional<TimePoint> first_event, last_event, last_ingestion;
};

namespace store {

Result<void> migrate(storage::Database& database);

// Groups belong to a region. Not found: nullopt, or ResourceNotFoundException from the require_ forms.
std::optional<Group> find_group(storage::Connection& c, std::string_view region, std::string_view name);
std::optional<Stream> find_stream(storage::Connection& c, std::int64_t group_id, std::string_view name);
Result<Group> require_group(storage::Connection& c, std::string_view region, std::string_view name);
Result<Stream> require_stream(storage::Connection& c, std::int64_t group_id, std::string_view name);

// ResourceAlreadyExistsException when there.
Result<Group> create_group(storage::Transaction& tx, std::string_view region, std::string_view name, TimePoint now);
Result<Stream> create_stream(storage::Transaction& tx, std::int64_t group_id, std::string_view name, TimePoint now);
void set_retention(storage::Transaction& tx, std::int64_t group_id, std::optional<int> days);

// Groups by name, after `after`, containing `pattern` and beginning with `prefix`; at most `limit`.
std::vector<Group> list_groups(storage::Connection& c, std::string_view region, std::string_view prefix,
                               std::string_view pattern, std::string_view after, int limit);
enum class StreamOrder { name, last_event };
enum class Direction { ascending, descending };
// Streams in order, skipping the first `offset`.
std::vector<Stream> list_streams(storage::Connection& c, std::int64_t group_id, std::string_view prefix,
                                 StreamOrder order, Direction direction, int offset, int limit);
std::vector<Stream> all_streams(storage::Connection& c, std::int64_t group_id, std::string_view prefix);

// A chunk's bytes; nullopt: it is gone. Throws storage::DamagedRow when they are not what was written.
std::optional<std::string> chunk_bytes(storage::Connection& c, std::int64_t id);
// Reads every chunk.
void scrub(storage::Connection& c, storage::Scrub& scrub);
// Adds events to a stream, packed; to its last chunk while that is small.
void append(storage::Transaction& tx, const Stream& stream, std::span<const InputEvent> events, TimePoint now);

// Takes a group or stream out of sight at once; its chunks go with purge().
void drop_group(storage::Transaction& tx, std::int64_t group_id);
void drop_stream(storage::Transaction& tx, const Stream& stream);
// Removes up to `chunks` chunks of dropped groups and streams or past their group's retention. True: there may be more.
bool purge(storage::Transaction& tx, TimePoint now, int chunks);

std::map<std::string, std::string> tags(storage::Connection& c, std::int64_t group_id);
void tag(storage::Transaction& tx, std::int64_t group_id, const std::map<std::string, std::string>& tags);
void untag(storage::Transaction& tx, std::int64_t group_id, const std::vector<std::string>& keys);

}  // namespace store
}  // namespace cumulet::logs
