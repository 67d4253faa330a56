#include "events/feed.hpp"

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cumulet::events {
namespace {
namespace asio = boost::asio;
}  // namespace

// `resume` posts to the reader's executor; called once.
struct Feed::Waiter {
  std::function<void()> resume;
  std::atomic<bool> is_done = false;
  Timers::Id timer = 0;
};

Feed::Feed(const Clock& clock, Timers& timers, Settings settings)
    : clock_(clock), timers_(timers), settings_(settings) {}

Feed::~Feed() { close(); }

void Feed::close() {
  std::vector<std::shared_ptr<Waiter>> waiting;
  {
    std::lock_guard lock(mutex_);
    if (is_closed_.exchange(true)) return;
    is_watched_ = false;
    timers_.cancel(timer_);
    ring_.clear();
    waiting = waiters_;
  }
  for (const auto& waiter : waiting) end(waiter);
}

void Feed::push(Record record) {
  auto entry = std::make_shared<Entry>();
  entry->at = clock_.now();
  entry->record = std::move(record);
  std::vector<std::shared_ptr<Waiter>> waiting;
  {
    std::lock_guard lock(mutex_);
    entry->sequence = sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_closed_) return;
    ring_.push_back(std::move(entry));
    if (ring_.size() > settings_.entries) ring_.pop_front();
    waiting.swap(waiters_);
  }
  for (const auto& waiter : waiting) end(waiter);
}

Feed::Page Feed::page(std::uint64_t after, std::size_t max) {
  Page page;
  std::lock_guard lock(mutex_);
  const std::uint64_t last = sequence_.load(std::memory_order_relaxed);
  if (after > last) {
    page.is_of_another_run = true;
    after = 0;
  }
  auto at = std::upper_bound(ring_.begin(), ring_.end(), after,
                             [](std::uint64_t n, const auto& entry) { return n < entry->sequence; });
  for (; at != ring_.end() && page.entries.size() < max; ++at) page.entries.push_back(*at);
  // What was not made while nobody read has a number too.
  page.next = at == ring_.end() ? std::max(last, after) : page.entries.back()->sequence;
  page.lost = page.next - after - page.entries.size();
  return page;
}

void Feed::show_interest() {
  std::lock_guard lock(mutex_);
  if (is_closed_) return;
  interest_until_ = clock_.steady() + settings_.interest;
  if (is_watched_.exchange(true)) return;
  timer_ = timers_.after(settings_.interest, [this] { lose_interest(); });
}

void Feed::lose_interest() {
  std::lock_guard lock(mutex_);
  if (is_closed_) return;
  const TimePoint now = clock_.steady();
  if (readers_ > 0) interest_until_ = now + settings_.interest;
  if (now < interest_until_) {
    timer_ = timers_.after(interest_until_ - now, [this] { lose_interest(); });
    return;
  }
  is_watched_ = false;
  ring_.clear();
}

awaitable<Feed::Page> Feed::read(std::uint64_t after, std::size_t max, Milliseconds wait) {
  show_interest();
  Page first = page(after, max);
  const bool has_news = !first.entries.empty() || first.lost > 0 || first.is_of_another_run;
  if (has_news || wait <= Milliseconds{0}) co_return first;
  co_await wait_for(after, wait);
  show_interest();
  co_return page(after, max);
}

awaitable<void> Feed::wait_for(std::uint64_t after, Milliseconds wait) {
  auto initiate = [this, after, wait](auto handler) {
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
      slot.assign([this, weak = std::weak_ptr(waiter)](asio::cancellation_type) {
        if (const auto cancelled = weak.lock()) end(cancelled);
      });
    enlist(waiter, after, wait);
  };
  const auto& token = asio::use_awaitable;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), token);
}

void Feed::enlist(const std::shared_ptr<Waiter>& waiter, std::uint64_t after, Milliseconds wait) {
  {
    std::lock_guard lock(mutex_);
    ++readers_;
    if (!is_closed_ && sequence_.load(std::memory_order_relaxed) <= after) {
      waiter->timer = timers_.after(wait, [this, weak = std::weak_ptr(waiter)] {
        if (const auto late = weak.lock()) end(late);
      });
      waiters_.push_back(waiter);
      return;
    }
  }
  end(waiter);
}

void Feed::end(const std::shared_ptr<Waiter>& waiter) {
  if (waiter->is_done.exchange(true)) return;
  {
    std::lock_guard lock(mutex_);
    --readers_;
    std::erase(waiters_, waiter);
    timers_.cancel(waiter->timer);
  }
  waiter->resume();
}

}  // namespace cumulet::events
