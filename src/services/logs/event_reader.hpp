#pragma once
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "services/logs/chunk.hpp"
#include "services/logs/store.hpp"

namespace cumulet::logs {

// Walks the events of one stream or of a whole group in time order, merging chunks that overlap in time; holds only
// the chunks that overlap at the point of reading. Uses the connection while it lives.
class EventReader {
 public:
  // One stream of a group, or every stream of it.
  struct Scope {
    std::int64_t group_id = 0;
    std::optional<std::int64_t> stream_id;
  };
  // Events with from <= timestamp < to (milliseconds) whose stream is in `streams` (null: all), beginning with the
  // first after (descending: before) `beyond`.
  struct Range {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::optional<Position> beyond;
    store::Direction direction = store::Direction::ascending;
    const std::map<std::int64_t, std::string>* streams = nullptr;
  };

  EventReader(storage::Connection& connection, Scope scope, Range range);

  struct Item {
    const StoredEvent* event;  // valid until the next call
    std::int64_t stream_id;
  };
  std::optional<Item> next();
  // Bytes of chunks read so far.
  std::size_t scanned() const { return scanned_; }

 private:
  struct Open {
    std::int64_t stream_id;
    std::string bytes;
    std::vector<StoredEvent> events;
    std::size_t next = 0;
  };
  // A chunk not opened yet, as the index tells of it.
  struct Ahead {
    std::int64_t id, stream_id, first, last;
  };

  void look_ahead();
  bool is_passed(const Ahead& chunk, const Position& beyond) const;
  bool ahead_may_come_first() const;
  void open_ahead();
  bool is_later(const Open& a, const Open& b) const;
  bool in_range(const StoredEvent& event) const;

  storage::Connection& connection_;
  Range range_;
  storage::Statement chunks_;
  std::optional<Ahead> ahead_;
  std::vector<std::unique_ptr<Open>> heap_;
  std::unique_ptr<Open> current_;  // keeps the bytes of the last item
  std::size_t scanned_ = 0;
};

}  // namespace cumulet::logs
