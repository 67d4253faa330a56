#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

// What STS needs of other services; bound in src/server.
namespace cumulet::sts {

// Port: the role behind an ARN, bound to IAM in src/server. Thread-safe, may block (called on a worker).
struct AssumableRole {
  std::string name;
  std::string id;
  Seconds max_session{3600};
};
using RoleDirectory = std::function<std::optional<AssumableRole>(std::string_view role_arn)>;

}  // namespace cumulet::sts
