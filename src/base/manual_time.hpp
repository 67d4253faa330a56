#pragma once
#include <map>
#include <mutex>
#include <utility>

#include "base/time.hpp"

namespace cumulet {

// Clock and Timers for tests: time stands still until advance(), which runs the callbacks that fall due, in order,
// on the calling thread with both clocks at each callback's own time.
class ManualTime final : public Clock, public Timers {
 public:
  explicit ManualTime(TimePoint start = from_millis(1'440'938'160'000)) : steady_(start) {}

  TimePoint now() const override {
    std::lock_guard lock(mutex_);
    return steady_ + wall_ahead_;
  }
  TimePoint steady() const override {
    std::lock_guard lock(mutex_);
    return steady_;
  }
  Id after(Milliseconds delay, std::function<void()> callback) override {
    std::lock_guard lock(mutex_);
    return add(steady_ + delay, std::move(callback));
  }
  Id at(TimePoint when, std::function<void()> callback) override {
    std::lock_guard lock(mutex_);
    return add(when - wall_ahead_, std::move(callback));
  }
  void cancel(Id id) override {
    std::lock_guard lock(mutex_);
    std::erase_if(pending_, [id](const auto& entry) { return entry.first.second == id; });
  }
  void advance(Milliseconds by) {
    std::unique_lock lock(mutex_);
    const TimePoint end = steady_ + by;
    while (!pending_.empty() && pending_.begin()->first.first <= end) {
      auto node = pending_.extract(pending_.begin());
      if (node.key().first > steady_) steady_ = node.key().first;
      lock.unlock();
      node.mapped()();
      lock.lock();
    }
    steady_ = end;
  }
  // Somebody sets the wall's clock (back: negative); no time passes.
  void set_wall_by(Milliseconds step) {
    std::lock_guard lock(mutex_);
    wall_ahead_ += step;
  }
  // As in a new process: the steady clock begins with what the wall's shows.
  void start_again() {
    std::lock_guard lock(mutex_);
    steady_ += std::exchange(wall_ahead_, Milliseconds{0});
    pending_.clear();
  }
  // On the wall's clock.
  std::optional<TimePoint> next_due() const {
    std::lock_guard lock(mutex_);
    if (pending_.empty()) return std::nullopt;
    return pending_.begin()->first.first + wall_ahead_;
  }

 private:
  Id add(TimePoint steady, std::function<void()> callback) {
    const Id id = ++last_id_;
    pending_.emplace(std::pair{steady, id}, std::move(callback));
    return id;
  }

  mutable std::mutex mutex_;
  TimePoint steady_;
  Milliseconds wall_ahead_{0};
  Id last_id_ = 0;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> pending_;  // by the steady clock
};

}  // namespace cumulet
