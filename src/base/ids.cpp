#include "base/ids.hpp"

#include <sys/random.h>

#include <array>
#include <cstdlib>

#include "base/arn.hpp"

namespace cumulet {

std::uint64_t SystemRandom::next() {
  thread_local std::array<std::uint64_t, 32> buffer;
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (::getrandom(buffer.data(), sizeof buffer, 0) != static_cast<ssize_t>(sizeof buffer)) std::abort();
    left = buffer.size();
  }
  return buffer[--left];
}

std::uint64_t SeededRandom::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

SystemRandom& system_random() {
  static SystemRandom random;
  return random;
}

std::string random_hex(std::size_t digits, Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(digits, '0');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (i % 16 == 0) bits = random.next();
    out[i] = kHex[bits & 15];
    bits >>= 4;
  }
  return out;
}

std::string uuid4(Random& random) {
  std::string h = random_hex(32, random);
  h[12] = '4';
  h[16] = "89ab"[(h[16] >= 'a' ? h[16] - 'a' + 10 : h[16] - '0') & 3];
  return h.substr(0, 8) + '-' + h.substr(8, 4) + '-' + h.substr(12, 4) + '-' + h.substr(16, 4) + '-' + h.substr(20);
}

std::string random_upper_alnum(std::size_t length, Random& random) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out(length, 'A');
  for (auto& c : out) c = kAlphabet[random.next() & 31];
  return out;
}

std::optional<Arn> Arn::parse(std::string_view text) {
  if (!text.starts_with("arn:")) return std::nullopt;
  Arn arn;
  std::size_t at = 4;
  for (std::string* part : {&arn.partition, &arn.service, &arn.region, &arn.account}) {
    const auto colon = text.find(':', at);
    if (colon == std::string_view::npos) return std::nullopt;
    *part = text.substr(at, colon - at);
    at = colon + 1;
  }
  arn.resource = text.substr(at);
  if (arn.partition.empty() || arn.service.empty() || arn.resource.empty()) return std::nullopt;
  return arn;
}

std::string Arn::text() const {
  return "arn:" + partition + ':' + service + ':' + region + ':' + account + ':' + resource;
}

}  // namespace cumulet
