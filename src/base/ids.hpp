#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cumulet {

// Randomness, a constructor argument where outcomes depend on it. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// The system's generator (getrandom), buffered per thread.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

// Deterministic (splitmix64), for tests.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

SystemRandom& system_random();

std::string uuid4(Random& random = system_random());  // 8-4-4-4-12 lower-case hex
std::string random_hex(std::size_t digits, Random& random = system_random());
std::string random_upper_alnum(std::size_t length,
                               Random& random = system_random());  // A-Z2-7: AWS unique ids, access keys

}  // namespace cumulet
