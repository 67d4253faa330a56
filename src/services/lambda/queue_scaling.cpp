#include "services/lambda/queue_scaling.hpp"

#include <algorithm>

namespace cumulet::lambda {

QueueScaling::QueueScaling(std::optional<int> maximum_concurrency)
    : maximum_(maximum_concurrency.value_or(kMost)), limit_(std::min(kInitial, maximum_)) {}

void QueueScaling::set_maximum(std::optional<int> maximum_concurrency) {
  maximum_ = maximum_concurrency.value_or(kMost);
  limit_ = std::min(limit_, maximum_);
}

int QueueScaling::floor() const { return std::min(kInitial, maximum_); }

int QueueScaling::limit() const { return groups_ ? std::clamp(*groups_, 1, limit_) : limit_; }

bool QueueScaling::wants_time() const { return busy_since_.has_value() || limit_ > floor(); }

void QueueScaling::observe(const Observation& seen) {
  groups_ = seen.message_groups;
  if (seen.backlog > 0) {
    quiet_since_.reset();
    if (!busy_since_ || seen.now < *busy_since_) busy_since_ = seen.now;
    // One step at most, however long nobody looked: what was between two looks is not known.
    if (seen.now - *busy_since_ >= kStepTime) {
      limit_ = std::min(maximum_, limit_ + kStep);
      busy_since_ = seen.now;
    }
    return;
  }
  busy_since_.reset();
  if (limit_ <= floor()) {
    quiet_since_.reset();
    return;
  }
  if (!quiet_since_ || seen.now < *quiet_since_) quiet_since_ = seen.now;
  if (seen.now - *quiet_since_ >= kStepTime) {
    limit_ = std::max({floor(), std::min(seen.running, limit_), limit_ - kStep});
    quiet_since_ = seen.now;
  }
}

void QueueScaling::ended(TimePoint now, Outcome outcome) {
  switch (outcome) {
    case Outcome::success:
      errors_ = 0;
      if (limit_ < floor()) ++limit_;
      return;
    case Outcome::throttle:
      limit_ = std::max(1, limit_ - 1);
      if (busy_since_) busy_since_ = now;  // no growth for a while
      return;
    case Outcome::function_error:
      // A poison message among good ones is no reason to slow down; a function that fails again and again is.
      if (++errors_ < kInitial) return;
      limit_ = std::max(std::min(2, maximum_), limit_ - 1);
      if (busy_since_) busy_since_ = now;
      return;
  }
}

}  // namespace cumulet::lambda
