#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "services/iam/service.hpp"

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (sizes in characters without white space)
namespace cumulet::iam {

inline constexpr std::size_t kTrustPolicyLimit = 2048;
inline constexpr std::size_t kInlinePoliciesLimit = 10'240;  // all of a role together
inline constexpr std::size_t kManagedPolicyLimit = 6144;
inline constexpr std::size_t kAttachedPoliciesLimit = 20;  // what AWS raises 10 to on request

// "/" or "/.../" of printable ASCII.
inline Result<void> check_path(const std::optional<std::string>& path) {
  if (!path) return {};
  const bool is_printable = std::ranges::all_of(*path, [](char c) { return c > ' ' && c < '\x7f'; });
  if (path->starts_with('/') && path->ends_with('/') && is_printable) return {};
  return Error{kValidationError,
               "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
               "characters and/or / characters."};
}

}  // namespace cumulet::iam
