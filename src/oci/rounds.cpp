#include "oci/rounds.hpp"

#include <boost/asio/post.hpp>

namespace cumulet::oci {

void Rounds::schedule(Milliseconds delay) {
  if (is_stopped_) return;
  if (timer_) timers_.cancel(*timer_);
  timer_ = timers_.after(delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self) boost::asio::post(self->workers_, [self] { self->run(); });
  });
}

void Rounds::run() {
  const std::unique_lock one(running_, std::try_to_lock);
  if (!one) return;  // who is at it sees what was asked
  {
    std::lock_guard lock(mutex_);
    if (is_stopped_) return;
    is_asked_ = false;
  }
  round_();
  std::lock_guard lock(mutex_);
  schedule(is_asked_ ? Milliseconds(0) : period_);
}

void Rounds::wake() {
  std::lock_guard lock(mutex_);
  is_asked_ = true;
  schedule(Milliseconds(0));
}

void Rounds::stop() {
  {
    std::lock_guard lock(mutex_);
    is_stopped_ = true;
    if (timer_) timers_.cancel(*timer_);
  }
  std::lock_guard wait(running_);
}

}  // namespace cumulet::oci
