#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Identity and Access Management, API version 2010-05-08: roles and the policies they carry.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
namespace cumulet::iam {

using wire::member;
using wire::structure;

struct Tag {
  std::string key;
  std::string value;

  static wire::Shape shape() {
    return structure("Tag", {member<&Tag::key>("Key").required().range(1, 128),
                             member<&Tag::value>("Value").required().range(0, 256)});
  }
};

struct Role {
  std::string path;
  std::string role_name;
  std::string role_id;
  std::string arn;
  TimePoint create_date;
  std::string assume_role_policy_document;  // URL-encoded on the wire
  std::optional<std::string> description;
  std::optional<int> max_session_duration;  // CreateRole does not say it
  std::optional<std::vector<Tag>> tags;
  std::optional<wire::Empty> role_last_used;  // GetRole: always empty here

  static wire::Shape shape() {
    return structure("Role", {
                                 member<&Role::path>("Path"),
                                 member<&Role::role_name>("RoleName"),
                                 member<&Role::role_id>("RoleId"),
                                 member<&Role::arn>("Arn"),
                                 member<&Role::create_date>("CreateDate"),
                                 member<&Role::assume_role_policy_document>("AssumeRolePolicyDocument"),
                                 member<&Role::description>("Description"),
                                 member<&Role::max_session_duration>("MaxSessionDuration"),
                                 member<&Role::tags>("Tags"),
                                 member<&Role::role_last_used>("RoleLastUsed"),
                             });
  }
};

struct CreateRoleRequest {
  std::optional<std::string> path;
  std::string role_name;
  std::string assume_role_policy_document;
  std::optional<std::string> description;
  std::optional<int> max_session_duration;
  std::optional<std::vector<Tag>> tags;

  static wire::Shape shape() {
    return structure("CreateRoleRequest",
                     {
                         member<&CreateRoleRequest::path>("Path").range(1, 512),
                         member<&CreateRoleRequest::role_name>("RoleName").required().range(1, 64),
                         member<&CreateRoleRequest::assume_role_policy_document>("AssumeRolePolicyDocument")
                             .required()
                             .range(1, 131072),
                         member<&CreateRoleRequest::description>("Description").range(0, 1000),
                         member<&CreateRoleRequest::max_session_duration>("MaxSessionDuration").range(3600, 43200),
                         member<&CreateRoleRequest::tags>("Tags").range(0, 50),
                     });
  }
};

struct RoleResponse {
  Role role;

  static wire::Shape shape() { return structure("RoleResponse", {member<&RoleResponse::role>("Role")}); }
};

struct RoleNameRequest {
  std::string role_name;

  static wire::Shape shape() {
    return structure("RoleNameRequest", {member<&RoleNameRequest::role_name>("RoleName").required().range(1, 64)});
  }
};

struct ListRolesRequest {
  std::optional<std::string> path_prefix;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    return structure("ListRolesRequest", {
                                             member<&ListRolesRequest::path_prefix>("PathPrefix").range(1, 512),
                                             member<&ListRolesRequest::marker>("Marker"),
                                             member<&ListRolesRequest::max_items>("MaxItems").range(1, 1000),
                                         });
  }
};

struct ListRolesResponse {
  std::vector<Role> roles;
  bool is_truncated = false;
  std::optional<std::string> marker;

  static wire::Shape shape() {
    return structure("ListRolesResponse", {
                                              member<&ListRolesResponse::roles>("Roles"),
                                              member<&ListRolesResponse::is_truncated>("IsTruncated"),
                                              member<&ListRolesResponse::marker>("Marker"),
                                          });
  }
};

struct UpdateRoleRequest {
  std::string role_name;
  std::optional<std::string> description;
  std::optional<int> max_session_duration;

  static wire::Shape shape() {
    return structure("UpdateRoleRequest",
                     {
                         member<&UpdateRoleRequest::role_name>("RoleName").required().range(1, 64),
                         member<&UpdateRoleRequest::description>("Description").range(0, 1000),
                         member<&UpdateRoleRequest::max_session_duration>("MaxSessionDuration").range(3600, 43200),
                     });
  }
};

struct UpdateAssumeRolePolicyRequest {
  std::string role_name;
  std::string policy_document;

  static wire::Shape shape() {
    return structure(
        "UpdateAssumeRolePolicyRequest",
        {
            member<&UpdateAssumeRolePolicyRequest::role_name>("RoleName").required().range(1, 64),
            member<&UpdateAssumeRolePolicyRequest::policy_document>("PolicyDocument").required().range(1, 131072),
        });
  }
};

struct AttachedPolicyRequest {  // AttachRolePolicy, DetachRolePolicy
  std::string role_name;
  std::string policy_arn;

  static wire::Shape shape() {
    return structure("AttachedPolicyRequest",
                     {
                         member<&AttachedPolicyRequest::role_name>("RoleName").required().range(1, 64),
                         member<&AttachedPolicyRequest::policy_arn>("PolicyArn").required().range(20, 2048),
                     });
  }
};

struct AttachedPolicy {
  std::string policy_name;
  std::string policy_arn;

  static wire::Shape shape() {
    return structure("AttachedPolicy", {
                                           member<&AttachedPolicy::policy_name>("PolicyName"),
                                           member<&AttachedPolicy::policy_arn>("PolicyArn"),
                                       });
  }
};

struct ListOfRoleRequest {  // ListAttachedRolePolicies, ListRolePolicies, ListRoleTags, ListInstanceProfilesForRole
  std::string role_name;
  std::optional<std::string> path_prefix;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    return structure("ListOfRoleRequest", {
                                              member<&ListOfRoleRequest::role_name>("RoleName").required().range(1, 64),
                                              member<&ListOfRoleRequest::path_prefix>("PathPrefix").range(1, 512),
                                              member<&ListOfRoleRequest::marker>("Marker"),
                                              member<&ListOfRoleRequest::max_items>("MaxItems").range(1, 1000),
                                          });
  }
};

struct ListAttachedRolePoliciesResponse {
  std::vector<AttachedPolicy> attached_policies;
  bool is_truncated = false;
  std::optional<std::string> marker;

  static wire::Shape shape() {
    return structure("ListAttachedRolePoliciesResponse",
                     {
                         member<&ListAttachedRolePoliciesResponse::attached_policies>("AttachedPolicies"),
                         member<&ListAttachedRolePoliciesResponse::is_truncated>("IsTruncated"),
                         member<&ListAttachedRolePoliciesResponse::marker>("Marker"),
                     });
  }
};

struct PutRolePolicyRequest {
  std::string role_name;
  std::string policy_name;
  std::string policy_document;

  static wire::Shape shape() {
    return structure("PutRolePolicyRequest",
                     {
                         member<&PutRolePolicyRequest::role_name>("RoleName").required().range(1, 64),
                         member<&PutRolePolicyRequest::policy_name>("PolicyName").required().range(1, 128),
                         member<&PutRolePolicyRequest::policy_document>("PolicyDocument").required().range(1, 131072),
                     });
  }
};

struct RolePolicyRequest {  // GetRolePolicy, DeleteRolePolicy
  std::string role_name;
  std::string policy_name;

  static wire::Shape shape() {
    return structure("RolePolicyRequest",
                     {
                         member<&RolePolicyRequest::role_name>("RoleName").required().range(1, 64),
                         member<&RolePolicyRequest::policy_name>("PolicyName").required().range(1, 128),
                     });
  }
};

struct GetRolePolicyResponse {
  std::string role_name;
  std::string policy_name;
  std::string policy_document;

  static wire::Shape shape() {
    return structure("GetRolePolicyResponse", {
                                                  member<&GetRolePolicyResponse::role_name>("RoleName"),
                                                  member<&GetRolePolicyResponse::policy_name>("PolicyName"),
                                                  member<&GetRolePolicyResponse::policy_document>("PolicyDocument"),
                                              });
  }
};

struct ListRolePoliciesResponse {
  std::vector<std::string> policy_names;
  bool is_truncated = false;
  std::optional<std::string> marker;

  static wire::Shape shape() {
    return structure("ListRolePoliciesResponse", {
                                                     member<&ListRolePoliciesResponse::policy_names>("PolicyNames"),
                                                     member<&ListRolePoliciesResponse::is_truncated>("IsTruncated"),
                                                     member<&ListRolePoliciesResponse::marker>("Marker"),
                                                 });
  }
};

struct TagRoleRequest {
  std::string role_name;
  std::vector<Tag> tags;

  static wire::Shape shape() {
    return structure("TagRoleRequest", {
                                           member<&TagRoleRequest::role_name>("RoleName").required().range(1, 64),
                                           member<&TagRoleRequest::tags>("Tags").required().range(0, 50),
                                       });
  }
};

struct UntagRoleRequest {
  std::string role_name;
  std::vector<std::string> tag_keys;

  static wire::Shape shape() {
    return structure("UntagRoleRequest", {
                                             member<&UntagRoleRequest::role_name>("RoleName").required().range(1, 64),
                                             member<&UntagRoleRequest::tag_keys>("TagKeys").required().range(0, 50),
                                         });
  }
};

struct ListRoleTagsResponse {
  std::vector<Tag> tags;
  bool is_truncated = false;
  std::optional<std::string> marker;

  static wire::Shape shape() {
    return structure("ListRoleTagsResponse", {
                                                 member<&ListRoleTagsResponse::tags>("Tags"),
                                                 member<&ListRoleTagsResponse::is_truncated>("IsTruncated"),
                                                 member<&ListRoleTagsResponse::marker>("Marker"),
                                             });
  }
};

struct Policy {
  std::string policy_name;
  std::string policy_id;
  std::string arn;
  std::string path;
  std::string default_version_id;
  int attachment_count = 0;
  int permissions_boundary_usage_count = 0;
  bool is_attachable = true;
  TimePoint create_date;
  TimePoint update_date;

  static wire::Shape shape() {
    return structure("Policy", {
                                   member<&Policy::policy_name>("PolicyName"),
                                   member<&Policy::policy_id>("PolicyId"),
                                   member<&Policy::arn>("Arn"),
                                   member<&Policy::path>("Path"),
                                   member<&Policy::default_version_id>("DefaultVersionId"),
                                   member<&Policy::attachment_count>("AttachmentCount"),
                                   member<&Policy::permissions_boundary_usage_count>("PermissionsBoundaryUsageCount"),
                                   member<&Policy::is_attachable>("IsAttachable"),
                                   member<&Policy::create_date>("CreateDate"),
                                   member<&Policy::update_date>("UpdateDate"),
                               });
  }
};

struct CreatePolicyRequest {
  std::string policy_name;
  std::optional<std::string> path;
  std::string policy_document;
  std::optional<std::string> description;

  static wire::Shape shape() {
    return structure("CreatePolicyRequest",
                     {
                         member<&CreatePolicyRequest::policy_name>("PolicyName").required().range(1, 128),
                         member<&CreatePolicyRequest::path>("Path").range(1, 512),
                         member<&CreatePolicyRequest::policy_document>("PolicyDocument").required().range(1, 131072),
                         member<&CreatePolicyRequest::description>("Description").range(0, 1000),
                     });
  }
};

struct PolicyResponse {
  Policy policy;

  static wire::Shape shape() { return structure("PolicyResponse", {member<&PolicyResponse::policy>("Policy")}); }
};

struct PolicyArnRequest {
  std::string policy_arn;

  static wire::Shape shape() {
    return structure("PolicyArnRequest",
                     {member<&PolicyArnRequest::policy_arn>("PolicyArn").required().range(20, 2048)});
  }
};

struct GetPolicyVersionRequest {
  std::string policy_arn;
  std::string version_id;

  static wire::Shape shape() {
    return structure("GetPolicyVersionRequest",
                     {
                         member<&GetPolicyVersionRequest::policy_arn>("PolicyArn").required().range(20, 2048),
                         member<&GetPolicyVersionRequest::version_id>("VersionId").required(),
                     });
  }
};

struct PolicyVersion {
  std::string document;
  std::string version_id;
  bool is_default_version = true;
  TimePoint create_date;

  static wire::Shape shape() {
    return structure("PolicyVersion", {
                                          member<&PolicyVersion::document>("Document"),
                                          member<&PolicyVersion::version_id>("VersionId"),
                                          member<&PolicyVersion::is_default_version>("IsDefaultVersion"),
                                          member<&PolicyVersion::create_date>("CreateDate"),
                                      });
  }
};

struct GetPolicyVersionResponse {
  PolicyVersion policy_version;

  static wire::Shape shape() {
    return structure("GetPolicyVersionResponse", {member<&GetPolicyVersionResponse::policy_version>("PolicyVersion")});
  }
};

struct ListPoliciesRequest {
  std::optional<std::string> scope;
  std::optional<bool> only_attached;
  std::optional<std::string> path_prefix;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    static constexpr std::string_view kScopes[] = {"All", "AWS", "Local"};
    return structure("ListPoliciesRequest", {
                                                member<&ListPoliciesRequest::scope>("Scope").one_of(kScopes),
                                                member<&ListPoliciesRequest::only_attached>("OnlyAttached"),
                                                member<&ListPoliciesRequest::path_prefix>("PathPrefix").range(1, 512),
                                                member<&ListPoliciesRequest::marker>("Marker"),
                                                member<&ListPoliciesRequest::max_items>("MaxItems").range(1, 1000),
                                            });
  }
};

struct ListPoliciesResponse {
  std::vector<Policy> policies;
  bool is_truncated = false;
  std::optional<std::string> marker;

  static wire::Shape shape() {
    return structure("ListPoliciesResponse", {
                                                 member<&ListPoliciesResponse::policies>("Policies"),
                                                 member<&ListPoliciesResponse::is_truncated>("IsTruncated"),
                                                 member<&ListPoliciesResponse::marker>("Marker"),
                                             });
  }
};

struct InstanceProfile {
  std::string arn;

  static wire::Shape shape() { return structure("InstanceProfile", {member<&InstanceProfile::arn>("Arn")}); }
};

struct ListInstanceProfilesResponse {  // always empty: there are no instances here
  std::vector<InstanceProfile> instance_profiles;
  bool is_truncated = false;

  static wire::Shape shape() {
    return structure("ListInstanceProfilesResponse",
                     {
                         member<&ListInstanceProfilesResponse::instance_profiles>("InstanceProfiles"),
                         member<&ListInstanceProfilesResponse::is_truncated>("IsTruncated"),
                     });
  }
};

}  // namespace cumulet::iam
