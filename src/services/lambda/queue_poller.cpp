#include "services/lambda/queue_poller.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/trace.hpp"
#include "events/journal.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/queue_batch.hpp"
#include "services/lambda/witness.hpp"

namespace cumulet::lambda {
namespace {

constexpr int kReceiveMost = 10;  // SQS's
constexpr Seconds kLongestPoll{20};
constexpr std::size_t kMaxPayload = 6'291'456;  // of a synchronous invocation
constexpr Seconds kLongestWait{10};             // in the line for room
constexpr Milliseconds kFirstBackoff{100};
constexpr Milliseconds kLastBackoff{5'000};
constexpr Milliseconds kJustNow{50};
constexpr std::size_t kHeavy = 16 * 1024;  // bytes; less is worked on where it is: a worker is farther away

Milliseconds longer(Milliseconds backoff) { return std::clamp(backoff * 2, kFirstBackoff, kLastBackoff); }

const QueueMessage& message_of(const QueueMessage& message) { return message; }
const QueueMessage& message_of(const QueueRecord& record) { return record.message; }

template <class List>
std::vector<std::string> handles_of(const List& list) {
  std::vector<std::string> out;
  out.reserve(list.size());
  for (const auto& one : list) out.push_back(message_of(one).receipt_handle);
  return out;
}

// What the first message that says so follows from; empty: none does.
std::string trace_of(const std::vector<QueueMessage>& messages) {
  for (const auto& message : messages) {
    const auto header = message.attributes.find("AWSTraceHeader");
    if (header == message.attributes.end()) continue;
    if (const auto root = trace_root(header->second); !root.empty()) return std::string(root);
  }
  return {};
}

std::string group_of(const QueueMessage& message) {
  const auto found = message.attributes.find("MessageGroupId");
  return found == message.attributes.end() ? std::string{} : found->second;
}

}  // namespace

QueuePoller::QueuePoller(PollerGround& ground, EventSourceMappingRef mapping) : ground_(ground) {
  adopt(std::move(mapping));
}

void QueuePoller::adopt(EventSourceMappingRef mapping) {
  mapping_ = std::move(mapping);
  const EventSourceMappingConfiguration& c = mapping_->configuration;
  region_ = mapping_->region;
  function_name_ = {};
  if (auto name = FunctionName::parse(c.function_arn, region_); name.ok()) function_name_ = std::move(*name);
  filter_ = {};
  if (c.filter_criteria)
    if (auto filter = EventFilter::parse(*c.filter_criteria); filter.ok()) filter_ = std::move(*filter);
  scaling_.set_maximum(c.scaling_config ? c.scaling_config->maximum_concurrency : std::nullopt);
}

void QueuePoller::change(EventSourceMappingRef mapping) {
  adopt(std::move(mapping));
  pump();
}

void QueuePoller::function_changed(const std::string& region, const std::string& name) {
  if (region != function_name_.region || name != function_name_.name) return;
  // A poll that began when the function could run must not bring what it cannot run now.
  const FunctionRef target = function();
  if (cancel_receive_ && (!target || !admits(target))) cancel_receive_();
  pump();
}

FunctionRef QueuePoller::function() const {
  FunctionRef found = ground_.functions.find(function_name_.region, function_name_.name);
  const bool is_whole = found && (!function_name_.qualifier || found->has(*function_name_.qualifier));
  return is_whole ? found : nullptr;
}

VersionRef QueuePoller::version(const FunctionRef& target) const {
  return version_to_run(target, function_name_.qualifier, 1);
}

bool QueuePoller::admits(const FunctionRef& target) const {
  return ground_.environments.admits(*target, *version(target));
}

Timers::Id QueuePoller::at(TimePoint when, std::function<void(QueuePoller&)> task) {
  return ground_.timers.after(when - ground_.clock.steady(), [executor = ground_.executor, alive = ground_.alive,
                                                              weak = weak_from_this(), task = std::move(task)] {
    boost::asio::post(executor, [alive, weak, task] {
      const auto self = weak.lock();
      if (self && *alive) task(*self);
    });
  });
}

void QueuePoller::problem(std::string text) {
  if (text == problem_) return;
  problem_ = text;
  ground_.report(mapping_->uuid(), std::move(text));
}

void QueuePoller::observe() {
  QueueScaling::Observation seen;
  seen.now = ground_.clock.steady();
  seen.running = running_;
  seen.backlog = ground_.queues.visible(mapping_->configuration.event_source_arn);
  // SQS gives nothing of a group that is in flight: at most one batch more than there are groups in work may get any.
  if (is_fifo_) seen.message_groups = static_cast<int>(groups_.size()) + 1;
  scaling_.observe(seen);
  if (!scaling_.wants_time() || std::exchange(ticking_, true)) return;
  at(seen.now + QueueScaling::kStepTime, [](QueuePoller& self) {
    self.ticking_ = false;
    if (self.stopped_) return;
    self.observe();
    self.pump();
  });
}

void QueuePoller::pump() {
  if (stopped_ || receiving_ || waits_for_place_ || waits_for_retry_ || held_ > 0 || at_workers_ > 0) return;
  const FunctionRef target = function();
  if (!target) {
    problem("Function not found: " + function_name_.qualified_arn());
    return;  // function_changed() wakes us
  }
  observe();
  if (running_ >= scaling_.limit()) return;
  if (!admits(target)) {
    waits_for_place_ = true;
    ground_.environments.when_free([alive = ground_.alive, weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !*alive) return;
      self->waits_for_place_ = false;
      self->pump();
    });
    return;
  }
  if (!left_.empty()) {
    receiving_ = true;
    boost::asio::post(ground_.executor, [alive = ground_.alive, self = shared_from_this()] {
      if (!*alive) return;
      // What waited for too long for a place is somebody else's by now.
      auto records = std::exchange(self->left_, {});
      if (self->ground_.clock.steady() >= self->left_received_ + self->visibility_)
        self->give_back(handles_of(std::exchange(records, {})));
      self->take(std::move(records), self->left_received_);
    });
    return;
  }
  receive();
}

void QueuePoller::receive() {
  const EventSourceMappingConfiguration& c = mapping_->configuration;
  const auto facts = ground_.queues.find(c.event_source_arn);
  if (facts) {
    is_fifo_ = facts->is_fifo;
    visibility_ = facts->visibility_timeout;
  }
  const int have = gathered_ ? static_cast<int>(gathered_->messages.size()) : 0;
  const int most = std::clamp(c.batch_size - have, 1, kReceiveMost);
  receiving_ = true;
  cancel_receive_ = ground_.queues.receive(
      c.event_source_arn, most, kLongestPoll,
      [alive = ground_.alive, self = shared_from_this()](Result<std::vector<QueueMessage>> result) {
        if (*alive) self->received(std::move(result));
      });
}

void QueuePoller::received(Result<std::vector<QueueMessage>> result) {
  receiving_ = false;
  cancel_receive_ = nullptr;
  if (!result.ok()) {
    if (stopped_) return;
    const ErrorKind& kind = result.error().kind();
    problem("Error occurred while ReceiveMessage. SQS Error Code: " +
            std::string(kind.query_code.empty() ? kind.code : kind.query_code) +
            ". SQS Error Message: " + result.error().message());
    retry_ = longer(retry_);
    waits_for_retry_ = true;
    at(ground_.clock.steady() + retry_, [](QueuePoller& self) {
      self.waits_for_retry_ = false;
      self.pump();
    });
    return;
  }
  problem({});
  retry_ = Milliseconds{0};
  if (stopped_) {
    give_back(handles_of(*result));
    return;
  }
  make_records(std::move(*result), ground_.clock.steady());
}

// The next poll waits until they are made, so that messages keep their order.
void QueuePoller::make_records(std::vector<QueueMessage> messages, TimePoint received) {
  receiving_ = true;
  in_making_ = handles_of(messages);
  std::size_t bytes = 0;
  for (const auto& message : messages) {
    bytes += message.body.size();
    for (const auto& [name, attribute] : message.message_attributes)
      bytes += (attribute.string_value ? attribute.string_value->size() : 0) +
               (attribute.binary_value ? attribute.binary_value->size() : 0);
  }
  auto made = std::make_shared<std::vector<QueueRecord>>();
  auto given = std::make_shared<std::vector<QueueMessage>>(std::move(messages));
  auto work = [made, given, filter = filter_, arn = mapping_->configuration.event_source_arn, region = region_] {
    *made = queue_records(std::move(*given), filter, arn, region);
  };
  off_the_executor(bytes, std::move(work), [this, made, received] {
    in_making_.clear();
    if (!stopped_) take(std::move(*made), received);  // else stop() has given them back
  });
}

void QueuePoller::off_the_executor(std::size_t bytes, std::function<void()> work, std::function<void()> next) {
  if (bytes < kHeavy) {
    work();
    next();
    return;
  }
  ++at_workers_;
  boost::asio::post(ground_.workers, [executor = ground_.executor, alive = ground_.alive, self = shared_from_this(),
                                      work = std::move(work), next = std::move(next)]() mutable {
    work();
    boost::asio::post(executor, [alive, self = std::move(self), next = std::move(next)] {
      if (!*alive) return;
      --self->at_workers_;
      next();
      self->pump();
    });
  });
}

void QueuePoller::take(std::vector<QueueRecord> records, TimePoint received) {
  receiving_ = false;
  if (stopped_) {
    give_back(handles_of(records));
    return;
  }
  std::vector<std::string> unwanted;
  for (std::size_t i = 0; i < records.size(); ++i) {
    QueueMessage& message = records[i].message;
    std::string& text = records[i].text;
    if (text.empty()) {
      note_filtered(message);
      unwanted.push_back(std::move(message.receipt_handle));
      continue;
    }
    if (gathered_ && gathered_->bytes + text.size() + 1 > kMaxPayload) {
      left_.assign(std::make_move_iterator(records.begin() + static_cast<std::ptrdiff_t>(i)),
                   std::make_move_iterator(records.end()));
      left_received_ = received;
      window_over_ = true;
      break;
    }
    if (!gathered_) {
      gathered_ = std::make_shared<Batch>();
      gathered_->bytes = kQueueEventFrame;
      gathered_->received = received;
      gathered_->visibility = visibility_;
      gathered_->visible_at = received + visibility_;
    }
    gathered_->bytes += text.size() + 1;
    gathered_->records.push_back(std::move(text));
    gathered_->messages.push_back(std::move(message));
  }
  if (!unwanted.empty()) remove(std::move(unwanted));
  if (gathered_) {
    const Seconds window{mapping_->configuration.maximum_batching_window_in_seconds};
    // Not until the first message is seen again.
    const TimePoint end = std::min(gathered_->received + window, gathered_->visible_at - Seconds{1});
    if (is_full(*gathered_) || window_over_ || ground_.clock.steady() >= end) {
      keep_hidden(*gathered_);  // it may have waited for its window, or for a place as the rest of a large batch
      close_gathered();
    } else if (window_timer_ == 0) {
      window_timer_ = at(end, [batch = gathered_](QueuePoller& self) {
        if (self.stopped_ || self.gathered_ != batch) return;
        self.window_timer_ = 0;
        self.window_over_ = true;
        // The poll that is under way may bring more: it ends now, and what it has goes along.
        if (!self.receiving_)
          self.take({}, batch->received);
        else if (self.cancel_receive_)
          self.cancel_receive_();
      });
    }
  }
  pump();
}

bool QueuePoller::is_full(const Batch& batch) const {
  return static_cast<int>(batch.messages.size()) >= mapping_->configuration.batch_size;
}

void QueuePoller::close_gathered() {
  if (window_timer_) ground_.timers.cancel(std::exchange(window_timer_, 0));
  window_over_ = false;
  const BatchPtr batch = std::exchange(gathered_, nullptr);
  ++running_;
  if (is_fifo_)
    for (const auto& message : batch->messages) ++groups_[group_of(message)];
  run(batch);
}

void QueuePoller::run(const BatchPtr& batch) {
  if (batch->request_id.empty()) {
    batch->request_id = uuid4(ground_.random);
    batch->trace = trace_of(batch->messages);
    if (batch->trace.empty()) batch->trace = derived_trace_root(ground_.clock.now(), batch->request_id);
    note(*batch, "delivered", {});
  }
  auto event = std::make_shared<std::string>();
  auto work = [event, batch] { *event = queue_event(batch->records); };
  off_the_executor(batch->bytes, std::move(work), [this, batch, event] { invoke(batch, event); });
}

void QueuePoller::invoke(const BatchPtr& batch, std::shared_ptr<const std::string> event) {
  const FunctionRef target = function();
  InvocationJob job;
  job.region = function_name_.region;
  job.function_name = function_name_.name;
  job.qualifier = function_name_.qualifier;
  job.function_arn = mapping_->configuration.function_arn;
  job.request_id = batch->request_id;
  job.trace_id = batch->trace;
  job.payload = std::move(event);
  // Room is waited for as long as the messages stay hidden while the function works; for a while only, because others
  // that fit wait behind: then the batch is held here and tried again.
  const Seconds timeout{target ? version(target)->configuration.timeout : 0};
  const TimePoint now = ground_.clock.steady();
  job.wait_until = std::max(now + Seconds{1}, std::min(now + kLongestWait, batch->visible_at - timeout));
  ground_.environments.invoke(
      std::move(job), [alive = ground_.alive, self = shared_from_this(), batch](Result<InvocationOutcome> result) {
        if (*alive) self->concluded(batch, std::move(result));
      });
}

void QueuePoller::concluded(const BatchPtr& batch, Result<InvocationOutcome> result) {
  if (!result.ok()) {
    if (result.error().is(kTooManyRequests)) {
      throttled(batch);
      return;
    }
    problem(result.error().message());
    note(*batch, "failed", result.error().message());
    give_back(handles_of(batch->messages));  // nothing was tried
    finish(batch, QueueScaling::Outcome::function_error);
    return;
  }
  if (result->is_error) {
    note(*batch, "failed", error_sentence(result->payload));
    finish(batch, QueueScaling::Outcome::function_error);
    return;
  }
  succeeded(batch, result->payload);
}

// Held and tried again, until the visibility timeout has passed: to receive the messages again would count, and after a
// few times they would be in the dead-letter queue for no fault of theirs.
void QueuePoller::throttled(const BatchPtr& batch) {
  const TimePoint now = ground_.clock.steady();
  scaling_.ended(now, QueueScaling::Outcome::throttle);
  batch->backoff = longer(batch->backoff);
  if (stopped_ || now + batch->backoff >= batch->received + batch->visibility) {
    if (stopped_) give_back(handles_of(batch->messages));
    finish(batch, QueueScaling::Outcome::throttle);
    return;
  }
  ++held_;
  at(now + batch->backoff, [batch, keep = shared_from_this()](QueuePoller& self) {
    --self.held_;
    if (self.stopped_) {
      self.give_back(handles_of(batch->messages));
      self.finish(batch, QueueScaling::Outcome::throttle);
      return;
    }
    self.keep_hidden(*batch);
    self.run(batch);
  });
}

void QueuePoller::keep_hidden(Batch& batch) {
  const FunctionRef target = function();
  const TimePoint now = ground_.clock.steady();
  const Seconds timeout{target ? version(target)->configuration.timeout : 0};
  // What was hidden just now cannot be hidden for longer: not every batch is to cost a write where the two timeouts are
  // the same.
  if (batch.visible_at - now >= std::min<Milliseconds>(timeout, batch.visibility - kJustNow)) return;
  batch.visible_at = now + batch.visibility;
  ground_.queues.change_visibility(mapping_->configuration.event_source_arn, handles_of(batch.messages),
                                   batch.visibility, [](Result<void>) {});
}

void QueuePoller::succeeded(const BatchPtr& batch, const std::string& answer) {
  std::set<std::string, std::less<>> failed;
  if (!mapping_->configuration.function_response_types.empty()) {
    std::set<std::string, std::less<>> ids;
    for (const auto& message : batch->messages) ids.insert(message.message_id);
    auto said = failed_messages(answer, ids);
    if (!said) {
      finish(batch, QueueScaling::Outcome::function_error);
      return;
    }
    failed = std::move(*said);
  }
  std::vector<std::string> done;
  for (const auto& message : batch->messages)
    if (!failed.contains(message.message_id)) done.push_back(message.receipt_handle);
  if (!done.empty()) remove(std::move(done));
  finish(batch, QueueScaling::Outcome::success);
}

void QueuePoller::note(const Batch& batch, std::string_view outcome, const std::string& failure) const {
  if (ground_.journal == nullptr) return;
  const std::string& arn = mapping_->configuration.event_source_arn;
  const std::string queue = arn.substr(arn.rfind(':') + 1);
  for (const auto& message : batch.messages) {
    events::JournalEntry entry;
    entry.subject = events::Subject::message;
    entry.what = queue + '/' + message.message_id;
    entry.outcome = outcome;
    if (!failure.empty()) entry.verdict = events::Verdict::failed;
    entry.detail = "to " + function_name_.name + '/' + batch.request_id + (failure.empty() ? "" : ": ") + failure;
    entry.trace = batch.trace;
    ground_.journal->note(std::move(entry));
  }
}

void QueuePoller::note_filtered(const QueueMessage& message) const {
  if (ground_.journal == nullptr) return;
  const std::string& arn = mapping_->configuration.event_source_arn;
  events::JournalEntry entry;
  entry.subject = events::Subject::message;
  entry.what = arn.substr(arn.rfind(':') + 1) + '/' + message.message_id;
  entry.outcome = "filtered";
  entry.verdict = events::Verdict::unmatched;
  entry.detail = "the filter of the mapping to " + function_name_.name + " does not want it: it is deleted";
  entry.trace = trace_of({message});
  ground_.journal->note(std::move(entry));
}

void QueuePoller::finish(const BatchPtr& batch, QueueScaling::Outcome outcome) {
  --running_;
  if (is_fifo_)
    for (const auto& message : batch->messages) {
      const auto found = groups_.find(group_of(message));
      if (found != groups_.end() && --found->second <= 0) groups_.erase(found);
    }
  if (outcome != QueueScaling::Outcome::throttle) scaling_.ended(ground_.clock.steady(), outcome);
  pump();
}

void QueuePoller::remove(std::vector<std::string> handles) {
  ground_.queues.remove(mapping_->configuration.event_source_arn, std::move(handles),
                        [uuid = mapping_->uuid()](Result<void> done) {
                          if (!done.ok())
                            log::warn("event source mapping {}: messages could not be deleted and will come again: {}",
                                      uuid, done.error().message());
                        });
}

void QueuePoller::give_back(std::vector<std::string> handles) {
  if (handles.empty()) return;
  ground_.queues.change_visibility(mapping_->configuration.event_source_arn, std::move(handles), Seconds{0},
                                   [](Result<void>) {});
}

void QueuePoller::stop() {
  if (std::exchange(stopped_, true)) return;
  if (window_timer_) ground_.timers.cancel(std::exchange(window_timer_, 0));
  if (gathered_) give_back(handles_of(std::exchange(gathered_, nullptr)->messages));
  give_back(handles_of(std::exchange(left_, {})));
  give_back(std::exchange(in_making_, {}));
  if (cancel_receive_) std::exchange(cancel_receive_, nullptr)();
}

void QueuePollers::start(const std::vector<EventSourceMappingRef>& mappings) {
  started_ = true;
  for (const auto& mapping : mappings) set(mapping);
}

void QueuePollers::set(const EventSourceMappingRef& mapping) {
  if (!started_ || !mapping->is_enabled()) return;
  auto& poller = pollers_[mapping->uuid()];
  if (poller) {
    poller->change(mapping);
    return;
  }
  poller = std::make_shared<QueuePoller>(ground_, mapping);
  poller->start();
}

void QueuePollers::changed(const EventSourceMappingRef& before, const EventSourceMappingRef& after) {
  if (after && after->is_enabled()) {
    set(after);
    return;
  }
  const auto found = pollers_.find(before ? before->uuid() : after->uuid());
  if (found == pollers_.end()) return;
  found->second->stop();
  pollers_.erase(found);
}

void QueuePollers::function_changed(const std::string& region, const std::string& name) {
  for (const auto& [uuid, poller] : pollers_) poller->function_changed(region, name);
}

void QueuePollers::stop() {
  started_ = false;
  if (!*ground_.alive) return;
  for (const auto& [uuid, poller] : pollers_) poller->stop();
  pollers_.clear();
  *ground_.alive = false;
}

std::vector<QueuePollers::Figures> QueuePollers::figures() const {
  std::vector<Figures> out;
  for (const auto& [uuid, poller] : pollers_) {
    const EventSourceMappingConfiguration& c = poller->mapping().configuration;
    out.push_back(
        {uuid, poller->mapping().region, c.function_arn, c.event_source_arn, poller->running(), poller->limit()});
  }
  return out;
}

}  // namespace cumulet::lambda
