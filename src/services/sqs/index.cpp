#include "services/sqs/index.hpp"

#include <algorithm>

namespace cumulet::sqs {
namespace {

// A message that was received too often waits this long for its move; after a failed move it is tried again.
constexpr Milliseconds kDeadLetterHold{30'000};

}  // namespace

void EntryList::append(Entry& entry) {
  entry.previous = last;
  entry.next = nullptr;
  (last != nullptr ? last->next : first) = &entry;
  last = &entry;
}

void EntryList::unlink(Entry& entry) {
  (entry.previous != nullptr ? entry.previous->next : first) = entry.next;
  (entry.next != nullptr ? entry.next->previous : last) = entry.previous;
  entry.previous = entry.next = nullptr;
}

void Index::add(Entry incoming, std::string_view group, TimePoint now) {
  const auto [at, is_new] = entries_.try_emplace(incoming.id, incoming);
  if (!is_new) return;
  Entry& entry = at->second;
  entry.state = MessageState::ready;
  oldest_sent_ = std::min(oldest_sent_, entry.sent);
  const bool is_delayed = entry.due > to_millis(now);
  if (is_delayed) wait_until(entry, MessageState::delayed, entry.due);
  entered(entry, group);
}

void Index::wait_until(Entry& entry, MessageState state, std::int64_t due) {
  entry.state = state;
  entry.due = due;
  waiting_.insert(&entry);
  ++(state == MessageState::in_flight ? in_flight_ : delayed_);
}

void Index::stop_waiting(Entry& entry) {
  waiting_.erase(&entry);
  --(entry.state == MessageState::in_flight ? in_flight_ : delayed_);
}

void Index::advance(TimePoint now) {
  while (!waiting_.empty() && (*waiting_.begin())->due <= to_millis(now)) {
    Entry& entry = **waiting_.begin();
    stop_waiting(entry);
    entry.state = MessageState::ready;
    became_ready(entry);
  }
}

TakeResult Index::take(TimePoint now, const TakeOptions& options) {
  advance(now);
  TakeResult result;
  const auto may_go_on = [&] {
    return result.received.size() < options.max && result.dead.size() < kDeadAtOnce &&
           result.received.size() + result.dead.size() < options.room;
  };
  for (Entry* entry = first_ready(); entry != nullptr && may_go_on(); entry = next_ready(*entry)) {
    ceased_ready(*entry);
    if (options.max_receives > 0 && entry->receives >= options.max_receives) {
      wait_until(*entry, MessageState::in_flight, to_millis(now + kDeadLetterHold));
      result.dead.push_back(entry->id);
      continue;
    }
    ++entry->receives;
    entry->received = static_cast<std::uint32_t>(to_millis(now) / 1000);
    entry->received_in_this_run = true;
    if (entry->first_received == 0) entry->first_received = to_millis(now);
    wait_until(*entry, MessageState::in_flight, to_millis(now + options.visibility));
    result.received.push_back({entry->id, entry->receives, entry->first_received});
  }
  return result;
}

void Index::put_back(const Taken& taken, TimePoint now) {
  const auto at = entries_.find(taken.id);
  if (at == entries_.end()) return;
  Entry& entry = at->second;
  if (entry.state != MessageState::in_flight || entry.receives != taken.receives) return;
  if (--entry.receives == 0) entry.first_received = 0;
  stop_waiting(entry);
  wait_until(entry, MessageState::in_flight, to_millis(now));
  advance(now);
}

std::vector<std::int64_t> Index::hold(TimePoint now, std::size_t max, Milliseconds duration) {
  advance(now);
  std::vector<std::int64_t> held;
  for (Entry* entry = first_ready(); entry != nullptr && held.size() < max; entry = next_ready(*entry)) {
    ceased_ready(*entry);
    wait_until(*entry, MessageState::in_flight, to_millis(now + duration));
    held.push_back(entry->id);
  }
  return held;
}

const Entry* Index::find(std::int64_t id) const {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

void Index::drop(Entry& entry) {
  if (entry.state == MessageState::ready)
    ceased_ready(entry);
  else
    stop_waiting(entry);
  left(entry);
}

bool Index::remove(std::int64_t id) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return false;
  drop(at->second);
  entries_.erase(at);
  return true;
}

bool Index::change_visibility(std::int64_t id, TimePoint now, Milliseconds timeout) {
  advance(now);
  const auto at = entries_.find(id);
  if (at == entries_.end() || at->second.state != MessageState::in_flight) return false;
  stop_waiting(at->second);
  wait_until(at->second, MessageState::in_flight, to_millis(now + timeout));
  advance(now);
  return true;
}

void Index::change_delay(TimePoint now, Milliseconds delay) {
  std::vector<Entry*> delayed;
  for (Entry* entry : waiting_)
    if (entry->state == MessageState::delayed) delayed.push_back(entry);
  for (Entry* entry : delayed) {
    stop_waiting(*entry);
    wait_until(*entry, MessageState::delayed, entry->sent + delay.count());
  }
  advance(now);
}

std::vector<std::int64_t> Index::expire(TimePoint cutoff) {
  std::vector<std::int64_t> expired;
  if (oldest_sent_ >= to_millis(cutoff)) return expired;
  oldest_sent_ = INT64_MAX;
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (at->second.sent >= to_millis(cutoff)) {
      oldest_sent_ = std::min(oldest_sent_, at->second.sent);
      ++at;
      continue;
    }
    expired.push_back(at->first);
    drop(at->second);
    at = entries_.erase(at);
  }
  return expired;
}

std::vector<std::int64_t> Index::clear() {
  std::vector<std::int64_t> ids;
  ids.reserve(entries_.size());
  for (auto& [id, entry] : entries_) {
    ids.push_back(id);
    drop(entry);
  }
  entries_ = {};  // gives the table's memory back too
  oldest_sent_ = INT64_MAX;
  return ids;
}

std::optional<TimePoint> Index::next_due() const {
  if (waiting_.empty()) return std::nullopt;
  return from_millis((*waiting_.begin())->due);
}

Counts Index::counts(TimePoint now) {
  advance(now);
  return {static_cast<std::int64_t>(entries_.size()) - in_flight_ - delayed_, in_flight_, delayed_};
}

}  // namespace cumulet::sqs
