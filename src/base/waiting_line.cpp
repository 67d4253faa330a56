#include "base/waiting_line.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <limits>
#include <mutex>
#include <vector>

namespace cumulet {

namespace asio = boost::asio;

// `resume` posts to the waiting coroutine's executor; called once, by who sets is_done.
struct WaitingLine::Waiter {
  std::function<void()> resume;
  std::atomic<bool> is_done = false;
  Timers::Id timer = 0;
};

struct WaitingLine::State : std::enable_shared_from_this<State> {
  explicit State(Timers& t) : timers(t) {}

  void join(const std::shared_ptr<Waiter>& waiter, Milliseconds at_most) {
    std::lock_guard lock(mutex);
    waiter->timer = timers.after(at_most, [weak_self = weak_from_this(), weak = std::weak_ptr(waiter)] {
      const auto self = weak_self.lock();
      if (const auto late = weak.lock(); self && late) self->end(late);
    });
    line.push_back(waiter);
    size = line.size();
  }

  void end(const std::shared_ptr<Waiter>& waiter) {
    {
      std::lock_guard lock(mutex);
      if (std::erase(line, waiter) > 0) timers.cancel(waiter->timer);
      size = line.size();
    }
    if (!waiter->is_done.exchange(true)) waiter->resume();
  }

  Timers& timers;
  mutable std::mutex mutex;
  std::deque<std::shared_ptr<Waiter>> line;
  std::atomic<std::size_t> size = 0;  // of the line: most who wake find nobody
};

WaitingLine::WaitingLine(Timers& timers) : state_(std::make_shared<State>(timers)) {}

awaitable<void> WaitingLine::wait(std::function<void(const Join&)> begin) {
  auto initiate = [state = state_, begin = std::move(begin)](auto handler) {
    using Handler = decltype(handler);
    const auto executor = asio::get_associated_executor(handler);
    auto slot = asio::get_associated_cancellation_slot(handler);
    auto guard = asio::make_work_guard(executor);
    auto held = std::make_shared<Handler>(std::move(handler));
    auto waiter = std::make_shared<Waiter>();
    waiter->resume = [held, executor, guard, slot]() mutable {
      asio::post(executor, [held, slot]() mutable {
        if (slot.is_connected()) slot.clear();
        std::move (*held)();
      });
      held.reset();
      guard.reset();
    };
    if (slot.is_connected())
      slot.assign([state, weak = std::weak_ptr(waiter)](asio::cancellation_type) {
        if (const auto cancelled = weak.lock()) state->end(cancelled);
      });
    bool has_joined = false;
    begin([&](Milliseconds at_most) {
      has_joined = true;
      state->join(waiter, at_most);
    });
    if (!has_joined) state->end(waiter);
  };
  const auto& token = asio::use_awaitable;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), token);
}

void WaitingLine::wake(std::size_t count) {
  if (state_->size == 0) return;
  std::vector<std::shared_ptr<Waiter>> woken;
  {
    std::lock_guard lock(state_->mutex);
    auto& line = state_->line;
    while (woken.size() < count && !line.empty()) {
      std::shared_ptr<Waiter> waiter = std::move(line.front());
      line.pop_front();
      state_->timers.cancel(waiter->timer);
      if (!waiter->is_done.exchange(true)) woken.push_back(std::move(waiter));
    }
    state_->size = line.size();
  }
  for (const auto& waiter : woken) waiter->resume();
}

void WaitingLine::wake_all() { wake(std::numeric_limits<std::size_t>::max()); }

std::size_t WaitingLine::size() const { return state_->size; }

}  // namespace cumulet
