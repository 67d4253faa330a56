#include "events/feed.hpp"

#include <algorithm>

namespace cumulet::events {

Feed::Feed(const Clock& clock, Timers& timers, Settings settings)
    : clock_(clock), timers_(timers), settings_(settings), readers_(timers) {}

Feed::~Feed() { close(); }

void Feed::close() {
  {
    std::lock_guard lock(mutex_);
    if (is_closed_.exchange(true)) return;
    is_watched_ = false;
    timers_.cancel(timer_);
    ring_.clear();
  }
  readers_.wake_all();
}

void Feed::push(Record record) {
  auto entry = std::make_shared<Entry>();
  entry->at = clock_.now();
  entry->record = std::move(record);
  {
    std::lock_guard lock(mutex_);
    entry->sequence = sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_closed_) return;
    ring_.push_back(std::move(entry));
    if (ring_.size() > settings_.entries) ring_.pop_front();
  }
  readers_.wake_all();
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
  if (readers_.size() > 0) interest_until_ = now + settings_.interest;
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
  std::function<void(const WaitingLine::Join&)> begin = [this, after, wait](const WaitingLine::Join& join) {
    std::lock_guard lock(mutex_);
    if (!is_closed_ && sequence_.load(std::memory_order_relaxed) <= after) join(wait);
  };
  co_await readers_.wait(std::move(begin));
  show_interest();
  co_return page(after, max);
}

}  // namespace cumulet::events
