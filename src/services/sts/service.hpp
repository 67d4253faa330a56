#pragma once
#include "aws/wire/operation.hpp"
#include "services/sts/errors.hpp"
#include "services/sts/keys.hpp"
#include "services/sts/model.hpp"
#include "services/sts/ports.hpp"

namespace cumulet::sts {

struct Dependencies {
  storage::Database& database;
  Keys& keys;
  RoleDirectory roles;
};

class Sts {
 public:
  explicit Sts(Dependencies with) : database_(with.database), keys_(with.keys), roles_(std::move(with.roles)) {}

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
