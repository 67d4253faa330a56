#pragma once
#include <chrono>

namespace cumulet::chat {

// Whether a bot is there: one that calls getUpdates is. Times are given (steady clock); used on one executor.
class Presence {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // A bot that works on what it was given asks again within this.
  static constexpr std::chrono::seconds kAfterAnswer{20};
  // One whose connection broke while it waited is away, unless it comes back at once.
  static constexpr std::chrono::seconds kAfterLoss{2};

  void poll_began() { ++polling_; }
  void poll_answered(Time now) { poll_ended(now + kAfterAnswer); }
  void poll_lost(Time now) { poll_ended(now + kAfterLoss); }

  bool is_connected(Time now) const { return polling_ > 0 || now < until_; }
  // When is_connected() may turn false on its own; max() when it cannot.
  Time lapses_at(Time now) const { return polling_ > 0 || now >= until_ ? Time::max() : until_; }

 private:
  void poll_ended(Time until) {
    --polling_;
    until_ = until;
  }
  int polling_ = 0;
  Time until_{};
};

}  // namespace cumulet::chat
