#include "server/samples.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>

#include "base/arn.hpp"

namespace cumulet::server {
namespace {

constexpr Milliseconds kPeriod{1'000};

bool same(const sqs::Backlog& a, const sqs::Backlog& b) {
  return a.visible == b.visible && a.in_flight == b.in_flight && a.delayed == b.delayed;
}

bool is_empty(const sqs::Backlog& backlog) { return same(backlog, {}); }

}  // namespace

struct Samples::State : std::enable_shared_from_this<State> {
  State(const sqs::Sqs& q, const lambda::Lambda& l, events::Feed& f, events::Sums& s, const Clock& c, Timers& t,
        boost::asio::any_io_executor e)
      : sqs(q), lambda(l), feed(f), sums(s), clock(c), timers(t), io(std::move(e)) {}

  void arm() {
    std::lock_guard lock(mutex);
    if (is_stopped) return;
    timer = timers.after(kPeriod, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      boost::asio::post(self->io, [weak] {
        const auto still = weak.lock();
        if (!still || still->is_stopped) return;
        still->look();
        still->arm();
      });
    });
  }

  void look() {
    const bool is_watched = feed.is_watched();
    const std::int64_t minute = to_millis(clock.now()) / 60'000;
    const bool is_new_minute = minute != last_minute;
    if (is_watched || is_new_minute) look_at_queues(is_new_minute);
    if (is_watched) look_at_pollers();
    if (!is_watched) {  // who comes to watch is told everything once
      told_queues.clear();
      told_pollers.clear();
    }
    last_minute = minute;
  }

  void look_at_queues(bool is_new_minute) {
    std::map<std::string, sqs::Backlog> now;
    for (auto& [arn, backlog] : sqs.backlogs()) now.emplace(arn, backlog);
    for (const auto& [arn, backlog] : now) {
      if (is_new_minute) add_up(arn, backlog);
      const auto told = told_queues.find(arn);
      if (!feed.is_watched() || (told != told_queues.end() && same(told->second, backlog))) continue;
      told_queues[arn] = backlog;
      feed.publish([&arn = arn, &backlog = backlog] {
        return events::QueueDepth{arn, backlog.visible, backlog.in_flight, backlog.delayed};
      });
    }
    if (is_new_minute) summed_queues = std::move(now);
  }

  // A queue that is empty and was a minute ago has no values: nothing is written of what rests.
  void add_up(const std::string& arn, const sqs::Backlog& backlog) {
    const auto before = summed_queues.find(arn);
    if (is_empty(backlog) && (before == summed_queues.end() || is_empty(before->second))) return;
    const auto parsed = Arn::parse(arn);
    if (!parsed) return;
    const auto add = [&](const char* metric, std::int64_t value) {
      sums.add({parsed->region, "AWS/SQS", metric, "QueueName", parsed->resource}, static_cast<double>(value));
    };
    add("ApproximateNumberOfMessagesVisible", backlog.visible);
    add("ApproximateNumberOfMessagesNotVisible", backlog.in_flight);
    add("ApproximateNumberOfMessagesDelayed", backlog.delayed);
  }

  void look_at_pollers() {
    std::map<std::string, std::pair<int, int>> now;
    for (const auto& mapping : lambda.poller_figures()) {
      const std::pair figures{mapping.running, mapping.limit};
      now.emplace(mapping.uuid, figures);
      const auto told = told_pollers.find(mapping.uuid);
      if (told != told_pollers.end() && told->second == figures) continue;
      feed.publish([&mapping] {
        return events::Poller{mapping.uuid, mapping.function_arn, mapping.queue_arn, mapping.running, mapping.limit};
      });
    }
    told_pollers = std::move(now);
  }

  const sqs::Sqs& sqs;
  const lambda::Lambda& lambda;
  events::Feed& feed;
  events::Sums& sums;
  const Clock& clock;
  Timers& timers;
  boost::asio::any_io_executor io;
  std::map<std::string, sqs::Backlog> told_queues, summed_queues;
  std::map<std::string, std::pair<int, int>> told_pollers;
  std::int64_t last_minute = 0;
  std::mutex mutex;
  Timers::Id timer = 0;
  std::atomic<bool> is_stopped = false;
};

Samples::Samples(const sqs::Sqs& sqs, const lambda::Lambda& lambda, events::Feed& feed, events::Sums& sums,
                 const Clock& clock, Timers& timers, boost::asio::any_io_executor io)
    : state_(std::make_shared<State>(sqs, lambda, feed, sums, clock, timers, std::move(io))) {}

Samples::~Samples() { stop(); }

void Samples::start() { state_->arm(); }

void Samples::stop() {
  std::lock_guard lock(state_->mutex);
  if (state_->is_stopped.exchange(true)) return;
  state_->timers.cancel(state_->timer);
}

}  // namespace cumulet::server
