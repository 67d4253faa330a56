#pragma once
#include <map>
#include <mutex>

#include "base/time.hpp"

namespace cumulet {

// Clock and Timers for tests: time stands still until advance(), which runs the callbacks that fall due, in order,
// on the calling thread with now() at each callback's own time.
class ManualTime final : public Clock, public Timers {
 public:
  explicit ManualTime(TimePoint start = from_millis(1'440'938'160'000)) : now_(start) {}

  TimePoint now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  Id at(TimePoint when, std::function<void()> callback) override {
    std::lock_guard lock(mutex_);
    const Id id = ++last_id_;
    pending_.emplace(std::pair{when, id}, std::move(callback));
    return id;
  }
  void cancel(Id id) override {
    std::lock_guard lock(mutex_);
    std::erase_if(pending_, [id](const auto& entry) { return entry.first.second == id; });
  }
  void advance(Milliseconds by) {
    std::unique_lock lock(mutex_);
    const TimePoint end = now_ + by;
    while (!pending_.empty() && pending_.begin()->first.first <= end) {
      auto node = pending_.extract(pending_.begin());
      if (node.key().first > now_) now_ = node.key().first;
      lock.unlock();
      node.mapped()();
      lock.lock();
    }
    now_ = end;
  }
  std::optional<TimePoint> next_due() const {
    std::lock_guard lock(mutex_);
    if (pending_.empty()) return std::nullopt;
    return pending_.begin()->first.first;
  }

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
  Id last_id_ = 0;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> pending_;
};

}  // namespace cumulet
