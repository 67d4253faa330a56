#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace cumulet::vision {

// Between two stages of the pipeline, each on a thread of its own. Bounded in frames; what holds none (packets of other
// streams, an error, the end) passes freely: it is small beside them.
template <class T>
class StageQueue {
 public:
  explicit StageQueue(int frames) : most_(frames) {}

  // `frames`: that the item holds, 0 or 1. Waits for room; false: nobody reads on.
  bool push(T item, int frames) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || frames_ < most_; });
    if (closed_) return false;
    frames_ += frames;
    items_.emplace_back(std::move(item), frames);
    some_.notify_one();
    return true;
  }

  // Waits for an item; nullopt: closed.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    some_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (closed_) return std::nullopt;
    auto [item, frames] = std::move(items_.front());
    items_.pop_front();
    frames_ -= frames;
    room_.notify_one();
    return std::optional<T>(std::move(item));
  }

  // Nobody reads on: all who wait are let go.
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
    some_.notify_all();
  }

 private:
  const int most_;
  int frames_ = 0;
  bool closed_ = false;
  std::mutex mutex_;
  std::condition_variable room_, some_;
  std::deque<std::pair<T, int>> items_;
};

}  // namespace cumulet::vision
