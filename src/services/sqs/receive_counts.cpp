#include "services/sqs/receive_counts.hpp"

#include "base/log.hpp"
#include "services/sqs/store.hpp"

namespace cumulet::sqs {
namespace {

constexpr Milliseconds kDelay{100};
constexpr std::size_t kAtOnce = 2'000;

}  // namespace

void ReceiveCounts::note(const QueueRef& queue, const std::vector<Taken>& taken) {
  std::lock_guard lock(mutex_);
  if (is_stopped_) return;
  for (const Taken& one : taken) unwritten_[one.id] = queue;
  if (!std::exchange(is_due_, true)) write_soon();
}

void ReceiveCounts::write_soon() {
  timers_.after(kDelay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->write();
  });
}

void ReceiveCounts::stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(is_stopped_, true)) return;
  }
  write();
}

void ReceiveCounts::write() {
  std::vector<std::pair<std::int64_t, QueueRef>> part;
  {
    std::lock_guard lock(mutex_);
    for (auto at = unwritten_.begin(); at != unwritten_.end() && (part.size() < kAtOnce || is_stopped_);
         at = unwritten_.erase(at))
      if (QueueRef queue = at->second.lock()) part.emplace_back(at->first, std::move(queue));
    is_due_ = !unwritten_.empty();
    if (is_due_) write_soon();
  }
  auto counts = std::make_shared<std::vector<Taken>>();
  for (const auto& [id, queue] : part)  // most are deleted by now
    if (const auto receives = queue->receives_of(id)) counts->push_back(*receives);
  if (counts->empty()) return;
  database_.submit(
      [counts](storage::Transaction& tx) -> Result<void> {
        for (const Taken& one : *counts) store::update_receives(tx, one);
        return {};
      },
      [](Result<void> done) {
        if (!done.ok()) log::warn("receive counts are not on disk: {}", done.error().message());
      });
}

}  // namespace cumulet::sqs
