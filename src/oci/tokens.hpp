#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace cumulet::oci {

// What a login grants: whose registry, in which region.
struct Grant {
  std::string account, region;
  TimePoint expires;
};

inline constexpr Seconds kLoginLifetime = std::chrono::hours(12);  // as ECR's

// Logins that verify themselves: nothing is stored for each, and they outlive a restart.
class Tokens {
 public:
  explicit Tokens(std::string secret) : secret_(std::move(secret)) {}
  // Letters, digits, '-', '_' and '.': may stand in a header, a URL and a password.
  std::string issue(const Grant& grant) const;
  // nullopt: not one of ours, or expired.
  std::optional<Grant> read(std::string_view token, TimePoint now) const;

 private:
  std::string secret_;
};

}  // namespace cumulet::oci
