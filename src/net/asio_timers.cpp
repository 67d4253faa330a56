#include "net/asio_timers.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/log.hpp"

namespace cumulet::net {

namespace asio = boost::asio;

namespace {

// The engine's steady clock in the form that Asio's timers take. Asio looks again after five minutes at the latest, so
// that what fell due while the machine slept is late by no more than that.
struct SteadyClock {
  using duration = Milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock, duration>;
  static constexpr bool is_steady = true;
  static time_point now() { return time_point{SystemClock().steady().time_since_epoch()}; }
};

}  // namespace

struct AsioTimers::Impl : std::enable_shared_from_this<AsioTimers::Impl> {
  explicit Impl(const asio::any_io_executor& executor) : executor(executor), timer(executor) {}

  // The timer itself is only touched on the executor.
  void arm() {
    TimePoint due;
    {
      std::lock_guard lock(mutex);
      arming = false;
      if (closed || pending.empty()) return;
      due = pending.begin()->first.first;
      if (due >= armed_for) return;
      armed_for = due;
    }
    timer.expires_at(SteadyClock::time_point{due.time_since_epoch()});
    timer.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      if (ec) return;
      if (auto self = weak.lock()) self->fire();
    });
  }

  void fire() {
    std::unique_lock lock(mutex);
    armed_for = TimePoint::max();
    const TimePoint now = SystemClock().steady();
    while (!closed && !pending.empty() && pending.begin()->first.first <= now) {
      auto node = pending.extract(pending.begin());
      due_of.erase(node.key().second);
      lock.unlock();
      try {
        node.mapped()();
      } catch (const std::exception& failure) {
        log::error("exception in a timer: {}", failure.what());
      }
      node.mapped() = nullptr;
      lock.lock();
    }
    lock.unlock();
    arm();
  }

  asio::any_io_executor executor;
  asio::basic_waitable_timer<SteadyClock> timer;
  std::mutex mutex;
  Id last_id = 0;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> pending;  // by the steady clock
  std::unordered_map<Id, TimePoint> due_of;
  TimePoint armed_for = TimePoint::max();
  bool arming = false;
  bool closed = false;
};

AsioTimers::AsioTimers(asio::any_io_executor executor) : impl_(std::make_shared<Impl>(executor)) {}

AsioTimers::~AsioTimers() {
  std::map<std::pair<TimePoint, Id>, std::function<void()>> dropped;
  std::lock_guard lock(impl_->mutex);
  impl_->closed = true;
  dropped.swap(impl_->pending);
}

Timers::Id AsioTimers::at(TimePoint when, std::function<void()> callback) {
  return after(when - SystemClock().now(), std::move(callback));
}

Timers::Id AsioTimers::after(Milliseconds delay, std::function<void()> callback) {
  const TimePoint now = SystemClock().steady();
  // Saturates: a date in the year 9999 is no reason to fire at once.
  const TimePoint when = delay > TimePoint::max() - now ? TimePoint::max() - Milliseconds{1} : now + delay;
  std::lock_guard lock(impl_->mutex);
  const Id id = ++impl_->last_id;
  impl_->pending.emplace(std::pair{when, id}, std::move(callback));
  impl_->due_of.emplace(id, when);
  if (when < impl_->armed_for && !impl_->arming) {
    impl_->arming = true;
    asio::post(impl_->executor, [weak = impl_->weak_from_this()] {
      if (auto self = weak.lock()) self->arm();
    });
  }
  return id;
}

void AsioTimers::cancel(Id id) {
  std::function<void()> dropped;  // destroyed after the lock was released
  std::lock_guard lock(impl_->mutex);
  const auto due = impl_->due_of.find(id);
  if (due == impl_->due_of.end()) return;
  const auto at = impl_->pending.find({due->second, id});
  dropped = std::move(at->second);
  impl_->pending.erase(at);
  impl_->due_of.erase(due);
}

}  // namespace cumulet::net
