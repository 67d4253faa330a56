#pragma once
#include <optional>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/iam/errors.hpp"
#include "services/iam/model.hpp"
#include "storage/database.hpp"

namespace cumulet::iam {

struct Dependencies {
  storage::Database& database;
  const Clock& clock;
  Random& random;
};

// Roles and policies of the one account. IAM is global: the region of a call does not matter. Plain methods run on
// workers.
class Iam {
 public:
  explicit Iam(Dependencies with) : database_(with.database), clock_(with.clock), random_(with.random) {}
  Result<void> load();  // the tables; at start. Blocking

  // For other services' ports: the role behind "arn:aws:iam::ACCOUNT:role/path/NAME". Blocks on a read.
  std::optional<Role> role_of_arn(std::string_view arn);

  Result<RoleResponse> create_role(const wire::CallContext&, const CreateRoleRequest&);
  Result<RoleResponse> get_role(const wire::CallContext&, const RoleNameRequest&);
  Result<ListRolesResponse> list_roles(const wire::CallContext&, const ListRolesRequest&);
  Result<wire::Empty> delete_role(const wire::CallContext&, const RoleNameRequest&);
  Result<wire::Empty> update_role(const wire::CallContext&, const UpdateRoleRequest&);
  Result<wire::Empty> update_assume_role_policy(const wire::CallContext&, const UpdateAssumeRolePolicyRequest&);

  Result<wire::Empty> attach_role_policy(const wire::CallContext&, const AttachedPolicyRequest&);
  Result<wire::Empty> detach_role_policy(const wire::CallContext&, const AttachedPolicyRequest&);
  Result<ListAttachedRolePoliciesResponse> list_attached_role_policies(const wire::CallContext&,
                                                                       const ListOfRoleRequest&);

  Result<wire::Empty> put_role_policy(const wire::CallContext&, const PutRolePolicyRequest&);
  Result<GetRolePolicyResponse> get_role_policy(const wire::CallContext&, const RolePolicyRequest&);
  Result<wire::Empty> delete_role_policy(const wire::CallContext&, const RolePolicyRequest&);
  Result<ListRolePoliciesResponse> list_role_policies(const wire::CallContext&, const ListOfRoleRequest&);

  Result<wire::Empty> tag_role(const wire::CallContext&, const TagRoleRequest&);
  Result<wire::Empty> untag_role(const wire::CallContext&, const UntagRoleRequest&);
  Result<ListRoleTagsResponse> list_role_tags(const wire::CallContext&, const ListOfRoleRequest&);
  Result<ListInstanceProfilesResponse> list_instance_profiles_for_role(const wire::CallContext&,
                                                                       const ListOfRoleRequest&);

  Result<PolicyResponse> create_policy(const wire::CallContext&, const CreatePolicyRequest&);
  Result<PolicyResponse> get_policy(const wire::CallContext&, const PolicyArnRequest&);
  Result<GetPolicyVersionResponse> get_policy_version(const wire::CallContext&, const GetPolicyVersionRequest&);
  Result<wire::Empty> delete_policy(const wire::CallContext&, const PolicyArnRequest&);
  Result<ListPoliciesResponse> list_policies(const wire::CallContext&, const ListPoliciesRequest&);

 private:
  // Runs `job` in a write transaction once the role is known to exist.
  Result<wire::Empty> change_role(const std::string& role_name, std::function<Result<void>(storage::Transaction&)> job,
                                  storage::Room room = storage::Room::ordinary);

  storage::Database& database_;
  const Clock& clock_;
  Random& random_;
};

// `iam` must outlive the descriptor.
wire::ServiceDescriptor describe(Iam& iam);

}  // namespace cumulet::iam
