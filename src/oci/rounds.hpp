#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/time.hpp"

namespace cumulet::oci {

// Blocking work on a worker now and then: after each period, and soon after somebody asked for it. One round at a time.
class Rounds : public std::enable_shared_from_this<Rounds> {
 public:
  Rounds(Timers& timers, boost::asio::any_io_executor workers, Milliseconds period, std::function<void()> round)
      : timers_(timers), workers_(std::move(workers)), period_(period), round_(std::move(round)) {}

  void wake();  // does not block
  // Waits for the round that runs; none begins any more. Idempotent.
  void stop();

 private:
  void schedule(Milliseconds delay);  // with the lock held
  void run();

  Timers& timers_;
  boost::asio::any_io_executor workers_;
  const Milliseconds period_;
  std::mutex mutex_;    // of what follows
  std::mutex running_;  // held by a round
  std::function<void()> round_;
  std::optional<Timers::Id> timer_;
  bool is_asked_ = false;
  bool is_stopped_ = false;
};

}  // namespace cumulet::oci
