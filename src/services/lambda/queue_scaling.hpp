#pragma once
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace cumulet::lambda {

// How many batches of one event source mapping may be worked on at the same time, as AWS Lambda scales queues: five at
// first, up to 300 more a minute while there is a backlog, to 1,250 or the mapping's MaximumConcurrency; back to five
// when traffic is low; fewer after throttles and function errors; of a FIFO queue no more than message groups.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-backoff-strategy
//
// Pure: its value follows from what it was told and from the times that came with it.
class QueueScaling {
 public:
  static constexpr int kInitial = 5;
  static constexpr int kMost = 1'250;
  // AWS says "up to 300 a minute" and not in which steps: 15 every three seconds here, so that a short burst is worked
  // on five at a time.
  static constexpr Milliseconds kStepTime{3'000};
  static constexpr int kStep = 15;

  // `maximum_concurrency`: 2-1000, the mapping's; none: 1,250.
  explicit QueueScaling(std::optional<int> maximum_concurrency = std::nullopt);

  struct Observation {
    TimePoint now;
    std::int64_t backlog = 0;           // messages that wait to be received
    int running = 0;                    // batches that are being worked on
    std::optional<int> message_groups;  // FIFO: that are known
  };
  enum class Outcome { success, function_error, throttle };

  // To be told when a batch starts or ends, and every kStepTime as long as wants_time().
  void observe(const Observation& observation);
  void ended(TimePoint now, Outcome outcome);
  void set_maximum(std::optional<int> maximum_concurrency);

  // 1 ... 1,250; of a FIFO queue at most the number of message groups (and one).
  int limit() const;
  // Time alone may change the limit.
  bool wants_time() const;

 private:
  int floor() const;  // what it scales in to

  int maximum_;
  int limit_;
  std::optional<int> groups_;
  std::optional<TimePoint> busy_since_;   // of the step: there is a backlog
  std::optional<TimePoint> quiet_since_;  // of the step: no backlog
  int errors_ = 0;                        // in a row
};

}  // namespace cumulet::lambda
