#include "net/asio_timers.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/system_timer.hpp>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/log.hpp"

namespace cumulet::net {

namespace asio = boost::asio;

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
    timer.expires_at(due);
    timer.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      if (ec) return;
      if (auto self = weak.lock()) self->fire();
    });
  }

  void fire() {
    std::unique_lock lock(mutex);
    armed_for = TimePoint::max();
    const TimePoint now = SystemClock().now();
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
  asio::system_timer timer;
  std::mutex mutex;
  Id last_id = 0;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> pending;
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
