#include "services/sqs/queue.hpp"

#include <algorithm>

#include "base/arn.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

constexpr Milliseconds kAttemptWindow{300'000};
constexpr std::size_t kAttempts = 10'000;  // of a queue; about half a kilobyte each
constexpr Seconds kLongestVisibility{43'200};
// A queue with more messages than this looks for expired ones once a second at most.
constexpr std::int64_t kFewMessages = 10'000;

}  // namespace

std::string Queue::Identity::arn() const { return Arn{"aws", "sqs", region, std::string(kAccountId), name}.text(); }

Queue::Queue(Identity identity, QueueAttributes attributes, StringMap tags, TimePoint modified, const Clock& clock,
             Timers& timers, OnExpired on_expired, std::int64_t in_flight_limit)
    : identity_(std::move(identity)),
      arn_(identity_.arn()),
      is_fifo_(attributes.is_fifo),
      clock_(clock),
      timers_(timers),
      on_expired_(std::move(on_expired)),
      in_flight_limit_(in_flight_limit),
      attributes_(std::make_shared<const QueueAttributes>(std::move(attributes))),
      tags_(std::move(tags)),
      modified_(modified),
      index_(is_fifo_ ? Index::fifo() : Index::standard()),
      polls_(timers) {}

std::shared_ptr<const QueueAttributes> Queue::attributes() const {
  std::lock_guard lock(mutex_);
  return attributes_;
}

StringMap Queue::tags() const {
  std::lock_guard lock(mutex_);
  return tags_;
}

TimePoint Queue::modified() const {
  std::lock_guard lock(mutex_);
  return modified_;
}

void Queue::set_attributes(QueueAttributes attributes, TimePoint modified) {
  std::lock_guard lock(mutex_);
  // A changed delay holds for what a FIFO queue already has; a standard queue applies it to new messages only.
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
  if (is_fifo_ && attributes.delay != attributes_->delay) index_->change_delay(clock_.steady(), attributes.delay);
  attributes_ = std::make_shared<const QueueAttributes>(std::move(attributes));
  modified_ = modified;
  polls_.wake(receivable());
  arm();
}

void Queue::set_tags(StringMap tags) {
  std::lock_guard lock(mutex_);
  tags_ = std::move(tags);
}

void Queue::add(const Entry& entry, std::string_view group) {
  std::lock_guard lock(mutex_);
  index_->add(entry, group, clock_.steady());
  if (receivable() > 0) polls_.wake(1);
  arm();
}

Queue::Receive Queue::take(const TakeOptions& options, const std::string& attempt) {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_.steady();
  expire(now);
  Receive receive;
  if (!attempt.empty() && repeat(attempt, now, options, receive.taken)) {
    receive.is_repeat = true;
    return receive;
  }
  const std::int64_t room = in_flight_limit_ - index_->counts(now).in_flight;
  if (room <= 0) {
    receive.is_full = true;
    return receive;
  }
  TakeOptions bounded = options;
  bounded.room = static_cast<std::size_t>(room);
  receive.taken = index_->take(now, bounded);
  for (Taken& one : receive.taken.received) one.first_received = told(one.first_received);
  // Without a visibility timeout nothing stays in flight that a repeated call could get.
  const bool is_repeatable = !attempt.empty() && options.visibility > Milliseconds{0};
  if (is_repeatable && !receive.taken.received.empty() && attempts_.size() < kAttempts)
    attempts_[attempt] = {now, receive.taken.received};
  arm();
  return receive;
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html
bool Queue::repeat(const std::string& attempt, TimePoint now, const TakeOptions& options, TakeResult& result) {
  std::erase_if(attempts_, [now](const auto& one) { return one.second.at + kAttemptWindow <= now; });
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return false;
  index_->advance(now);
  const auto is_in_flight = [this](const Taken& taken) {
    const Entry* entry = index_->find(taken.id);
    return entry != nullptr && entry->state == MessageState::in_flight && entry->receives == taken.receives;
  };
  const auto& messages = found->second.messages;
  if (!std::all_of(messages.begin(), messages.end(), is_in_flight)) {
    attempts_.erase(found);
    return false;
  }
  for (const Taken& taken : messages) index_->change_visibility(taken.id, now, options.visibility);
  result.received = messages;
  return true;
}

void Queue::put_back(const std::vector<Taken>& taken, const std::string& attempt) {
  std::lock_guard lock(mutex_);
  for (const Taken& one : taken) index_->put_back(one, clock_.steady());
  attempts_.erase(attempt);
  polls_.wake(receivable());
}

std::vector<std::int64_t> Queue::hold(std::size_t max, Milliseconds duration) {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_.steady();
  expire(now);
  return index_->hold(now, max, duration);
}

void Queue::release(const std::vector<std::int64_t>& ids) {
  std::lock_guard lock(mutex_);
  for (const std::int64_t id : ids) index_->change_visibility(id, clock_.steady(), Milliseconds{0});
  polls_.wake(receivable());
}

Queue::Standing Queue::standing(const ReceiptHandle& handle, std::uint64_t run) const {
  std::lock_guard lock(mutex_);
  index_->advance(clock_.steady());
  const Entry* entry = index_->find(handle.message);
  if (entry == nullptr) return Standing::gone;
  // Counts are checkpointed lazily: after a crash a handle may know more receives than the row.
  const bool is_latest = entry->received_in_this_run ? handle.run == run && handle.receives == entry->receives
                                                     : handle.receives >= entry->receives;
  if (!is_latest) return Standing::superseded;
  // A crash ended the visibility timeout, not the consumer: its handle is good until somebody else receives.
  return entry->state == MessageState::in_flight || handle.run != run ? Standing::current : Standing::expired;
}

Result<void> Queue::change_visibility(std::int64_t message, Seconds timeout) {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_.steady();
  index_->advance(now);
  const Entry* entry = index_->find(message);
  if (entry == nullptr || entry->state != MessageState::in_flight) return {};
  const Seconds elapsed{to_millis(now) / 1000 - static_cast<std::int64_t>(entry->received)};
  if (timeout > Seconds{0} && elapsed + timeout > kLongestVisibility)
    return invalid_parameter(std::to_string(timeout.count()), "VisibilityTimeout",
                             "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
  index_->change_visibility(message, now, timeout);
  if (receivable() > 0) polls_.wake(receivable());
  arm();
  return {};
}

void Queue::remove(std::int64_t message) {
  std::lock_guard lock(mutex_);
  const bool was_full = index_->counts(clock_.steady()).in_flight >= in_flight_limit_;
  if (!index_->remove(message)) return;
  if ((is_fifo_ || was_full) && receivable() > 0) polls_.wake(1);  // its group may go on, or there is room again
}

std::vector<std::int64_t> Queue::purge() {
  std::lock_guard lock(mutex_);
  attempts_.clear();
  return index_->clear();
}

Counts Queue::counts() const {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_.steady();
  expire(now);
  return index_->counts(now);
}

std::optional<Taken> Queue::receives_of(std::int64_t message) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = index_->find(message);
  if (entry == nullptr) return std::nullopt;
  return Taken{entry->id, entry->receives, told(entry->first_received)};
}

std::optional<Entry> Queue::look_at(std::int64_t message) const {
  std::lock_guard lock(mutex_);
  index_->advance(clock_.steady());
  const Entry* entry = index_->find(message);
  if (entry == nullptr) return std::nullopt;
  Entry copy = *entry;
  copy.group = nullptr;
  copy.previous = copy.next = nullptr;
  return copy;
}

std::optional<TimePoint> Queue::sent(std::int64_t message) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = index_->find(message);
  if (entry == nullptr) return std::nullopt;
  return from_millis(entry->sent);
}

std::int64_t Queue::told(std::int64_t steady) const {
  return steady == 0 ? 0 : to_millis(wall_of(clock_, from_millis(steady)));
}

void Queue::expire(TimePoint now) const {
  const Counts counts = index_->counts(now);
  const bool is_large = counts.visible + counts.in_flight + counts.delayed > kFewMessages;
  if (is_large && now - last_expiry_ < Seconds{1}) return;
  last_expiry_ = now;
  auto expired = index_->expire(now - attributes_->retention);
  if (!expired.empty()) on_expired_(std::move(expired));
}

awaitable<void> Queue::wait(TimePoint until) {
  std::function<void(const WaitingLine::Join&)> begin = [self = shared_from_this(),
                                                         until](const WaitingLine::Join& join) {
    std::lock_guard lock(self->mutex_);
    const TimePoint now = self->clock_.steady();
    self->index_->advance(now);
    if (self->is_closed_ || self->receivable() > 0 || now >= until) return;
    join(until - now);
    self->arm();
  };
  co_await polls_.wait(std::move(begin));
}

std::size_t Queue::receivable() {
  const std::int64_t room = in_flight_limit_ - index_->counts(clock_.steady()).in_flight;
  return room <= 0 ? 0 : std::min(index_->available(), static_cast<std::size_t>(room));
}

// Messages become ready by themselves; only somebody who waits needs to be told.
void Queue::arm() {
  const auto due = polls_.size() == 0 ? std::nullopt : index_->next_due();
  if (!due || (armed_for_ && *armed_for_ <= *due)) return;
  timers_.cancel(timer_);
  armed_for_ = due;
  timer_ = timers_.after(*due - clock_.steady(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void Queue::on_timer() {
  std::lock_guard lock(mutex_);
  if (is_closed_) return;
  armed_for_.reset();
  index_->advance(clock_.steady());
  polls_.wake(receivable());
  arm();
}

void Queue::pass_on() {
  std::lock_guard lock(mutex_);
  index_->advance(clock_.steady());
  if (receivable() > 0) polls_.wake(1);
}

void Queue::close() {
  std::lock_guard lock(mutex_);
  is_closed_ = true;
  polls_.wake_all();
  if (armed_for_) timers_.cancel(timer_);
  armed_for_.reset();
}

}  // namespace cumulet::sqs
