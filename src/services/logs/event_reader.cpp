#include "services/logs/event_reader.hpp"

#include <algorithm>

namespace cumulet::logs {
namespace {

std::string chunk_query(const EventReader::Scope& scope, store::Direction direction) {
  std::string sql = "SELECT id, stream_id, first, last FROM logs_chunk WHERE ";
  sql += scope.stream_id ? "stream_id" : "group_id";
  sql += " = ?1 AND first < ?2 AND last >= ?3 ORDER BY ";
  return sql + (direction == store::Direction::ascending ? "first, id" : "last DESC, id DESC");
}

}  // namespace

EventReader::EventReader(storage::Connection& connection, Scope scope, Range range)
    : connection_(connection), range_(range), chunks_(connection.prepare(chunk_query(scope, range.direction))) {
  if (range_.beyond) {
    if (range_.direction == store::Direction::ascending)
      range_.from = std::max(range_.from, range_.beyond->timestamp);
    else
      range_.to = std::min(range_.to, range_.beyond->timestamp + 1);
  }
  chunks_.bind_all(scope.stream_id.value_or(scope.group_id), range_.to, range_.from);
  look_ahead();
}

void EventReader::look_ahead() {
  ahead_.reset();
  while (chunks_.step()) {
    const std::int64_t stream = chunks_.integer(1);
    if (range_.streams && !range_.streams->contains(stream)) continue;
    const Ahead ahead{chunks_.integer(0), stream, chunks_.integer(2), chunks_.integer(3)};
    if (range_.beyond && is_passed(ahead, *range_.beyond)) continue;
    ahead_ = ahead;
    return;
  }
}

// Among events of the same time the chunk's id decides: a chunk's bounds are those of (time, id).
bool EventReader::is_passed(const Ahead& chunk, const Position& beyond) const {
  const std::pair border(beyond.timestamp, beyond.chunk);
  return range_.direction == store::Direction::ascending ? std::pair(chunk.last, chunk.id) < border
                                                         : std::pair(chunk.first, chunk.id) > border;
}

bool EventReader::is_later(const Open& a, const Open& b) const {
  const Position& x = a.events[a.next].at;
  const Position& y = b.events[b.next].at;
  return range_.direction == store::Direction::ascending ? x > y : x < y;
}

bool EventReader::in_range(const StoredEvent& event) const {
  if (event.at.timestamp < range_.from || event.at.timestamp >= range_.to) return false;
  if (!range_.beyond) return true;
  return range_.direction == store::Direction::ascending ? event.at > *range_.beyond : event.at < *range_.beyond;
}

bool EventReader::ahead_may_come_first() const {
  if (!ahead_) return false;
  if (heap_.empty()) return true;
  const Position& top = heap_.front()->events[heap_.front()->next].at;
  const std::pair border(top.timestamp, top.chunk);
  return range_.direction == store::Direction::ascending ? std::pair(ahead_->first, ahead_->id) < border
                                                         : std::pair(ahead_->last, ahead_->id) > border;
}

void EventReader::open_ahead() {
  if (auto bytes = store::chunk_bytes(connection_, ahead_->id)) {
    auto open = std::make_unique<Open>();
    open->stream_id = ahead_->stream_id;
    open->bytes = std::move(*bytes);
    scanned_ += open->bytes.size();
    open->events = unpack(open->bytes, ahead_->id);
    std::erase_if(open->events, [this](const StoredEvent& event) { return !in_range(event); });
    if (range_.direction == store::Direction::descending) std::reverse(open->events.begin(), open->events.end());
    if (!open->events.empty()) {
      heap_.push_back(std::move(open));
      std::push_heap(heap_.begin(), heap_.end(), [this](const auto& a, const auto& b) { return is_later(*a, *b); });
    }
  }
  look_ahead();
}

std::optional<EventReader::Item> EventReader::next() {
  const auto later = [this](const auto& a, const auto& b) { return is_later(*a, *b); };
  if (current_) {
    if (++current_->next < current_->events.size()) {
      heap_.push_back(std::move(current_));
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
    current_.reset();
  }
  while (ahead_may_come_first()) open_ahead();
  if (heap_.empty()) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  current_ = std::move(heap_.back());
  heap_.pop_back();
  return Item{&current_->events[current_->next], current_->stream_id};
}

}  // namespace cumulet::logs
