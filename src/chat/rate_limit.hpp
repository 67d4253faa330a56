#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "base/time.hpp"

namespace cumulet::chat {

// Telegram's limits of what a bot may send
// (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about one message a second in a
// chat, short bursts let through, and thirty a second in all.
class RateLimit {
 public:
  static constexpr int kBurst = 3;       // messages of a chat at once
  static constexpr int kPerSecond = 30;  // in all chats

  // Counts a message; when it is one too many, it is not counted, and the seconds to wait come back (>= 1).
  std::optional<Seconds> take(std::int64_t chat, TimePoint now);

 private:
  struct Bucket {
    double tokens;
    TimePoint at;
  };
  // Seconds until a token is there; 0: it was taken.
  static double take(Bucket& bucket, double per_second, double burst, TimePoint now);
  std::map<std::int64_t, Bucket> chats_;
  Bucket all_{kPerSecond, {}};
};

}  // namespace cumulet::chat
