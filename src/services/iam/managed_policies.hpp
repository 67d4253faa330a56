#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::iam {

struct ManagedPolicy {
  std::string_view name;
  std::string_view path;  // "/", "/service-role/", "/job-function/"
};

// Whether it can be a policy's ARN at all: of an account, or AWS's own. Error: ValidationError.
Result<void> check_policy_arn(std::string_view arn);

// The AWS-managed policy behind arn:aws:iam::aws:policy/..., when it is one we know.
std::optional<ManagedPolicy> managed_policy(std::string_view arn);
std::span<const ManagedPolicy> managed_policies();

}  // namespace cumulet::iam
