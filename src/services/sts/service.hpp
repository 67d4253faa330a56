#pragma once
#include <functional>
#include <optional>
#include <string>

#include "aws/wire/operation.hpp"
#include "services/sts/keys.hpp"
#include "services/sts/model.hpp"

namespace cumulet::sts {

inline constexpr ErrorKind kAccessDenied{"AccessDenied", 403};
inline constexpr ErrorKind kValidationError{"ValidationError", 400};
inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValue", 400};
inline constexpr ErrorKind kMalformedPolicyDocument{"MalformedPolicyDocument", 400};

// Port: the role behind an ARN, bound to IAM in src/server. Thread-safe, may block (called on a worker).
struct AssumableRole {
  std::string name;
  std::string id;
  Seconds max_session{3600};
};
using RoleDirectory = std::function<std::optional<AssumableRole>(std::string_view role_arn)>;

class Sts {
 public:
  Sts(storage::Database& database, Keys& keys, RoleDirectory roles)
      : database_(database), keys_(keys), roles_(std::move(roles)) {}

  Result<GetCallerIdentityResponse> get_caller_identity(const wire::CallContext&, const wire::Empty&);
  Result<AssumeRoleResponse> assume_role(const wire::CallContext&, const AssumeRoleRequest&);
  Result<GetSessionTokenResponse> get_session_token(const wire::CallContext&, const GetSessionTokenRequest&);
  Result<GetAccessKeyInfoResponse> get_access_key_info(const wire::CallContext&, const GetAccessKeyInfoRequest&);

 private:
  Result<Credentials> keep(const SessionKey& key);

  storage::Database& database_;
  Keys& keys_;
  RoleDirectory roles_;
};

// `sts` must outlive the descriptor.
wire::ServiceDescriptor describe(Sts& sts);

}  // namespace cumulet::sts
