#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/time.hpp"

namespace cumulet::net {

// The engine's Timers: one heap behind one timer of the executor; callbacks run there. Thread-safe.
// Destroying it drops what is pending.
class AsioTimers final : public Timers {
 public:
  explicit AsioTimers(boost::asio::any_io_executor executor);
  ~AsioTimers() override;

  Id after(Milliseconds delay, std::function<void()> callback) override;
  Id at(TimePoint when, std::function<void()> callback) override;
  void cancel(Id id) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cumulet::net
