#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace cumulet::iam {

struct ManagedPolicy {
  std::string_view name;
  std::string_view path;  // "/", "/service-role/", "/job-function/"
};

// The AWS-managed policy behind arn:aws:iam::aws:policy/..., when it is one we know.
std::optional<ManagedPolicy> managed_policy(std::string_view arn);
std::span<const ManagedPolicy> managed_policies();

}  // namespace cumulet::iam
