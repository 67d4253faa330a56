#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/time.hpp"
#include "base/waiting_line.hpp"
#include "events/record.hpp"

namespace cumulet::events {

// What happens now, for those who watch: a ring in memory, bounded and lossy, with many readers. Records are numbered
// from 1 on in each run of the engine; a reader that fell behind is told how many it lost. While nobody reads, records
// are counted and not made. Thread-safe; nobody who publishes waits for a reader.
class Feed {
 public:
  struct Entry {
    std::uint64_t sequence = 0;
    TimePoint at;  // the wall's
    Record record;
  };
  struct Page {
    std::vector<std::shared_ptr<const Entry>> entries;  // in the order of their numbers
    std::uint64_t next = 0;                             // to be read after
    std::uint64_t lost = 0;                             // published since `after` and not among the entries
    bool is_of_another_run = false;                     // `after` was never reached here: read from the beginning
  };
  struct Settings {
    std::size_t entries = 4096;  // in the ring
    // After its last reader has gone, records are made for this long: who asks again and again misses nothing.
    Milliseconds interest{60'000};
  };

  Feed(const Clock& clock, Timers& timers) : Feed(clock, timers, Settings{}) {}
  Feed(const Clock& clock, Timers& timers, Settings settings);
  ~Feed();  // close()s
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // `make()` gives the Record; it is called only while somebody reads. Without readers this costs an increment.
  template <class Make>
  void publish(Make&& make) {
    if (is_watched())
      push(make());
    else
      sequence_.fetch_add(1, std::memory_order_relaxed);
  }
  bool is_watched() const { return is_watched_.load(std::memory_order_relaxed); }

  // The number of the newest record: who reads after it reads what comes.
  std::uint64_t last() const { return sequence_.load(std::memory_order_relaxed); }

  // Up to `max` records after that number. With none there it waits for one, for `wait` at most, until close() or the
  // caller's cancellation. On an executor that runs on one thread at a time. `max` is at least 1.
  awaitable<Page> read(std::uint64_t after, std::size_t max, Milliseconds wait);

  // Ends all waits, now and later.
  void close();
  bool is_closed() const { return is_closed_; }

 private:
  void push(Record record);
  Page page(std::uint64_t after, std::size_t max);
  void show_interest();
  void lose_interest();

  const Clock& clock_;
  Timers& timers_;
  const Settings settings_;
  std::atomic<std::uint64_t> sequence_ = 0;
  std::atomic<bool> is_watched_ = false;

  std::mutex mutex_;
  std::deque<std::shared_ptr<const Entry>> ring_;
  WaitingLine readers_;
  TimePoint interest_until_{};
  Timers::Id timer_ = 0;
  std::atomic<bool> is_closed_ = false;
};

}  // namespace cumulet::events
