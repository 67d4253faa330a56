#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

// Which messages a queue holds and which of them may be received. In memory, about 100 bytes a message (and 48 more
// while it is in flight or delayed); bodies stay on disk. Pure: time is an argument. Not thread-safe.
namespace cumulet::sqs {

enum class MessageState : std::uint8_t { ready, in_flight, delayed };

struct Group;

struct Entry {
  std::int64_t id = 0;              // order of arrival
  std::int64_t sent = 0;            // milliseconds; decides when it expires
  std::int64_t due = 0;             // milliseconds; in flight or delayed: ready again from then on
  std::int64_t first_received = 0;  // milliseconds; 0: never
  std::int32_t receives = 0;        // from this queue
  std::uint32_t received = 0;       // seconds: when it was put in flight
  MessageState state = MessageState::ready;
  bool received_in_this_run = false;  // then `receives` tells apart the receipt handles of this run
  bool is_apart = false;              // standard: ready, but not in the list
  Group* group = nullptr;             // FIFO
  Entry* previous = nullptr;          // in the list that the entry stands in
  Entry* next = nullptr;
};

// Doubly linked through the entries themselves.
struct EntryList {
  Entry* first = nullptr;
  Entry* last = nullptr;
  void append(Entry& entry);
  void unlink(Entry& entry);
};

// A message just received.
struct Taken {
  std::int64_t id = 0;
  std::int32_t receives = 0;  // this one included
  std::int64_t first_received = 0;
};

struct TakeOptions {
  std::size_t max = 1;
  Milliseconds visibility{0};
  std::int32_t max_receives = 0;  // 0: no dead-letter queue
  std::size_t room = SIZE_MAX;    // how many more may be in flight, those held back for a move included
};

// What a take holds back at most: they are moved in one job, with their bodies in memory.
inline constexpr std::size_t kDeadAtOnce = 100;

struct TakeResult {
  std::vector<Taken> received;
  std::vector<std::int64_t> dead;  // received too often; held back until they are removed, or for a while
};

struct Counts {
  std::int64_t visible = 0, in_flight = 0, delayed = 0;
};

class Index {
 public:
  virtual ~Index() = default;
  static std::unique_ptr<Index> standard();
  static std::unique_ptr<Index> fifo();

  // A message as it was committed; ids only grow. `due` in the future: delayed. `group` is read by FIFO only.
  void add(Entry entry, std::string_view group, TimePoint now);
  // Puts up to `max` messages in flight until now + visibility. Ends early when as many were received too often as are
  // moved at once.
  TakeResult take(TimePoint now, const TakeOptions& options);
  // The same without counting a receive; for moves to another queue.
  std::vector<std::int64_t> hold(TimePoint now, std::size_t max, Milliseconds duration);

  // Undoes a take that reached nobody: ready again, and the receive is not counted.
  void put_back(const Taken& taken, TimePoint now);

  const Entry* find(std::int64_t id) const;
  bool remove(std::int64_t id);
  // Of a message in flight; zero or less: ready at once. False when it is not in flight (any more).
  bool change_visibility(std::int64_t id, TimePoint now, Milliseconds timeout);
  // Delayed messages become ready `delay` after they were sent (FIFO applies a changed delay to what is queued).
  void change_delay(TimePoint now, Milliseconds delay);
  // Removes what was sent before `cutoff`, in whatever state; gives their ids. Looks at all messages only when the
  // oldest one is that old.
  std::vector<std::int64_t> expire(TimePoint cutoff);
  std::vector<std::int64_t> clear();

  // Makes ready what is due.
  void advance(TimePoint now);
  // When the next message in flight or delayed becomes ready.
  std::optional<TimePoint> next_due() const;
  Counts counts(TimePoint now);
  // How many receives would get something now: messages, or groups that are not blocked.
  virtual std::size_t available() const = 0;

 protected:
  // Called when an entry is in the index in its state, and before it leaves it or that state.
  virtual void entered(Entry& entry, std::string_view group) = 0;
  virtual void left(Entry& entry) = 0;
  virtual void became_ready(Entry& entry) = 0;
  virtual void ceased_ready(Entry& entry) = 0;
  // Ready messages in the order of delivery; each is put out of readiness before the next is asked for.
  virtual Entry* first_ready() = 0;
  virtual Entry* next_ready(const Entry& taken) = 0;

 private:
  struct ByDue {
    bool operator()(const Entry* a, const Entry* b) const { return a->due != b->due ? a->due < b->due : a->id < b->id; }
  };
  void wait_until(Entry& entry, MessageState state, std::int64_t due);
  void stop_waiting(Entry& entry);
  void drop(Entry& entry);

  std::unordered_map<std::int64_t, Entry> entries_;
  std::set<Entry*, ByDue> waiting_;  // in flight or delayed
  std::int64_t in_flight_ = 0, delayed_ = 0;
  std::int64_t oldest_sent_ = INT64_MAX;  // a lower bound
};

}  // namespace cumulet::sqs
