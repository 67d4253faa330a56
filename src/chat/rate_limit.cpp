#include "chat/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace cumulet::chat {
namespace {
constexpr std::size_t kRemembered = 10'000;  // chats; a full bucket need not be kept
}

double RateLimit::take(Bucket& bucket, double per_second, double burst, TimePoint now) {
  const double passed = std::max(0.0, static_cast<double>((now - bucket.at).count()) / 1000);
  bucket.tokens = std::min(burst, bucket.tokens + passed * per_second);
  bucket.at = now;
  if (bucket.tokens < 1) return (1 - bucket.tokens) / per_second;
  bucket.tokens -= 1;
  return 0;
}

std::optional<Seconds> RateLimit::take(std::int64_t chat, TimePoint now) {
  if (chats_.size() > kRemembered)
    std::erase_if(chats_, [now](const auto& one) { return now - one.second.at > Seconds{2 * kBurst}; });
  Bucket& own = chats_.try_emplace(chat, Bucket{kBurst, now}).first->second;
  const auto wait_for = [](double seconds) {
    return Seconds{std::max<std::int64_t>(1, std::llround(std::ceil(seconds)))};
  };
  if (const double wait = take(own, 1, kBurst, now); wait > 0) return wait_for(wait);
  if (const double wait = take(all_, kPerSecond, kPerSecond, now); wait > 0) {
    own.tokens += 1;
    return wait_for(wait);
  }
  return std::nullopt;
}

}  // namespace cumulet::chat
