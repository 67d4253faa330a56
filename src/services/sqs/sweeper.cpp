#include "services/sqs/sweeper.hpp"

#include <algorithm>

#include "services/sqs/store.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kAtOnce = 500;

}  // namespace

void Sweeper::sweep(std::vector<std::int64_t> messages) {
  if (messages.empty()) return;
  {
    std::lock_guard lock(mutex_);
    pending_.push_back(std::move(messages));
    if (is_running_ || is_stopped_) return;
    is_running_ = true;
  }
  next();
}

void Sweeper::stop() {
  std::lock_guard lock(mutex_);
  is_stopped_ = true;
}

void Sweeper::next() {
  auto part = std::make_shared<std::vector<std::int64_t>>();
  {
    std::lock_guard lock(mutex_);
    if (pending_.empty() || is_stopped_) {
      is_running_ = false;
      return;
    }
    auto& front = pending_.front();
    const auto from = front.size() - std::min(front.size(), kAtOnce);
    part->assign(front.begin() + static_cast<std::ptrdiff_t>(from), front.end());
    front.resize(from);
    if (front.empty()) pending_.pop_front();
  }
  database_.submit(
      [part](storage::Transaction& tx) -> Result<void> {
        for (const std::int64_t id : *part) store::delete_message(tx, id);
        return {};
      },
      [self = shared_from_this()](Result<void> done) {
        if (done.ok()) return self->next();
        std::lock_guard lock(self->mutex_);  // the disk fails; the next start finds the rest
        self->is_running_ = false;
        self->pending_.clear();
      },
      storage::Room::reserved);
}

}  // namespace cumulet::sqs
