#pragma once
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <set>

#include "base/http.hpp"

namespace cumulet::chat {

// What coroutines of one executor wait for: "something has changed". Nothing is missed between looking and waiting:
// take version() before looking.
class Signal {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  std::uint64_t version() const { return version_; }
  void notify();
  // Until version() is another than `seen`, or `until`. Ends by exception when the caller is cancelled.
  awaitable<void> wait(std::uint64_t seen, Deadline until);

 private:
  std::uint64_t version_ = 1;
  std::set<boost::asio::steady_timer*> waiting_;
};

}  // namespace cumulet::chat
