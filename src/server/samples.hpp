#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>

#include "events/feed.hpp"
#include "events/sums.hpp"
#include "services/lambda/service.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::server {

// Looks at what has no moment of its own to be told at: how much each queue holds and how many batches each event
// source mapping has at work. Once a second for the feed, while somebody watches; once a minute for the sums.
class Samples {
 public:
  // What is referred to outlives the samples. `io`: one thread, on which everything here runs.
  Samples(const sqs::Sqs& sqs, const lambda::Lambda& lambda, events::Feed& feed, events::Sums& sums, const Clock& clock,
          Timers& timers, boost::asio::any_io_executor io);
  ~Samples();  // stop()s
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  void start();
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cumulet::server
