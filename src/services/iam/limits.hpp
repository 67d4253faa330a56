#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "services/iam/service.hpp"

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (sizes in characters without white space)
namespace cumulet::iam {

inline constexpr std::size_t kTrustPolicyLimit = 2048;
inline constexpr std::size_t kInlinePoliciesLimit = 10'240;  // all of a role together
inline constexpr std::size_t kManagedPolicyLimit = 6144;
inline constexpr std::size_t kAttachedPoliciesLimit = 20;  // what AWS raises 10 to on request

// `member` as IAM calls it: "roleName".
inline Result<void> check_name(std::string_view member, std::string_view name) {
  const bool is_name = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+=,.@_-").find(c) != std::string_view::npos;
  });
  if (is_name) return {};
  return Error{kValidationError, "The specified value for " + std::string(member) +
                                     " is invalid. It must contain only alphanumeric characters and/or the following: "
                                     "+=,.@_-"};
}

inline Result<void> check_path_prefix(const std::optional<std::string>& prefix) {
  if (!prefix || prefix->starts_with('/')) return {};
  return Error{kValidationError,
               "The specified value for pathPrefix is invalid. It must begin with the / character and contain only "
               "alphanumeric characters and/or / characters."};
}

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
