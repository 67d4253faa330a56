#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Identity and Access Management, API version 2010-05-08: roles and the policies they carry.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
namespace cumulet::iam {

struct Tag {
  std::string key;
  std::string value;
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
};

struct CreateRoleRequest {
  std::optional<std::string> path;
  std::string role_name;
  std::string assume_role_policy_document;
  std::optional<std::string> description;
  std::optional<int> max_session_duration;
  std::optional<std::vector<Tag>> tags;
};

struct RoleResponse {
  Role role;
};

struct RoleNameRequest {
  std::string role_name;
};

struct ListRolesRequest {
  std::optional<std::string> path_prefix;
  std::optional<std::string> marker;
  std::optional<int> max_items;
};

struct ListRolesResponse {
  std::vector<Role> roles;
  bool is_truncated = false;
  std::optional<std::string> marker;
};

struct UpdateRoleRequest {
  std::string role_name;
  std::optional<std::string> description;
  std::optional<int> max_session_duration;
};

struct UpdateAssumeRolePolicyRequest {
  std::string role_name;
  std::string policy_document;
};

struct AttachedPolicyRequest {  // AttachRolePolicy, DetachRolePolicy
  std::string role_name;
  std::string policy_arn;
};

struct AttachedPolicy {
  std::string policy_name;
  std::string policy_arn;
};

struct ListOfRoleRequest {  // ListAttachedRolePolicies, ListRolePolicies, ListRoleTags, ListInstanceProfilesForRole
  std::string role_name;
  std::optional<std::string> path_prefix;
  std::optional<std::string> marker;
  std::optional<int> max_items;
};

struct ListAttachedRolePoliciesResponse {
  std::vector<AttachedPolicy> attached_policies;
  bool is_truncated = false;
  std::optional<std::string> marker;
};

struct PutRolePolicyRequest {
  std::string role_name;
  std::string policy_name;
  std::string policy_document;
};

struct RolePolicyRequest {  // GetRolePolicy, DeleteRolePolicy
  std::string role_name;
  std::string policy_name;
};

struct GetRolePolicyResponse {
  std::string role_name;
  std::string policy_name;
  std::string policy_document;
};

struct ListRolePoliciesResponse {
  std::vector<std::string> policy_names;
  bool is_truncated = false;
  std::optional<std::string> marker;
};

struct TagRoleRequest {
  std::string role_name;
  std::vector<Tag> tags;
};

struct UntagRoleRequest {
  std::string role_name;
  std::vector<std::string> tag_keys;
};

struct ListRoleTagsResponse {
  std::vector<Tag> tags;
  bool is_truncated = false;
  std::optional<std::string> marker;
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
};

struct CreatePolicyRequest {
  std::string policy_name;
  std::optional<std::string> path;
  std::string policy_document;
  std::optional<std::string> description;
};

struct PolicyResponse {
  Policy policy;
};

struct PolicyArnRequest {
  std::string policy_arn;
};

struct GetPolicyVersionRequest {
  std::string policy_arn;
  std::string version_id;
};

struct PolicyVersion {
  std::string document;
  std::string version_id;
  bool is_default_version = true;
  TimePoint create_date;
};

struct GetPolicyVersionResponse {
  PolicyVersion policy_version;
};

struct ListPoliciesRequest {
  std::optional<std::string> scope;
  std::optional<bool> only_attached;
  std::optional<std::string> path_prefix;
  std::optional<std::string> marker;
  std::optional<int> max_items;
};

struct ListPoliciesResponse {
  std::vector<Policy> policies;
  bool is_truncated = false;
  std::optional<std::string> marker;
};

struct InstanceProfile {
  std::string arn;
};

struct ListInstanceProfilesResponse {  // always empty: there are no instances here
  std::vector<InstanceProfile> instance_profiles;
  bool is_truncated = false;
};

}  // namespace cumulet::iam

namespace cumulet::wire {

template <>
struct Describe<iam::Tag> {
  static Shape shape() {
    return structure("Tag", {member<&iam::Tag::key>("Key").required().range(1, 128),
                             member<&iam::Tag::value>("Value").required().range(0, 256)});
  }
};

template <>
struct Describe<iam::Role> {
  static Shape shape() {
    using R = iam::Role;
    return structure("Role", {
                                 member<&R::path>("Path"),
                                 member<&R::role_name>("RoleName"),
                                 member<&R::role_id>("RoleId"),
                                 member<&R::arn>("Arn"),
                                 member<&R::create_date>("CreateDate"),
                                 member<&R::assume_role_policy_document>("AssumeRolePolicyDocument"),
                                 member<&R::description>("Description"),
                                 member<&R::max_session_duration>("MaxSessionDuration"),
                                 member<&R::tags>("Tags"),
                                 member<&R::role_last_used>("RoleLastUsed"),
                             });
  }
};

template <>
struct Describe<iam::CreateRoleRequest> {
  static Shape shape() {
    using R = iam::CreateRoleRequest;
    return structure(
        "CreateRoleRequest",
        {
            member<&R::path>("Path").range(1, 512),
            member<&R::role_name>("RoleName").required().range(1, 64),
            member<&R::assume_role_policy_document>("AssumeRolePolicyDocument").required().range(1, 131072),
            member<&R::description>("Description").range(0, 1000),
            member<&R::max_session_duration>("MaxSessionDuration").range(3600, 43200),
            member<&R::tags>("Tags").range(0, 50),
        });
  }
};

template <>
struct Describe<iam::RoleResponse> {
  static Shape shape() { return structure("RoleResponse", {member<&iam::RoleResponse::role>("Role")}); }
};

template <>
struct Describe<iam::RoleNameRequest> {
  static Shape shape() {
    return structure("RoleNameRequest", {member<&iam::RoleNameRequest::role_name>("RoleName").required().range(1, 64)});
  }
};

template <>
struct Describe<iam::ListRolesRequest> {
  static Shape shape() {
    using R = iam::ListRolesRequest;
    return structure("ListRolesRequest", {
                                             member<&R::path_prefix>("PathPrefix").range(1, 512),
                                             member<&R::marker>("Marker"),
                                             member<&R::max_items>("MaxItems").range(1, 1000),
                                         });
  }
};

template <>
struct Describe<iam::ListRolesResponse> {
  static Shape shape() {
    using R = iam::ListRolesResponse;
    return structure("ListRolesResponse", {
                                              member<&R::roles>("Roles"),
                                              member<&R::is_truncated>("IsTruncated"),
                                              member<&R::marker>("Marker"),
                                          });
  }
};

template <>
struct Describe<iam::UpdateRoleRequest> {
  static Shape shape() {
    using R = iam::UpdateRoleRequest;
    return structure("UpdateRoleRequest", {
                                              member<&R::role_name>("RoleName").required().range(1, 64),
                                              member<&R::description>("Description").range(0, 1000),
                                              member<&R::max_session_duration>("MaxSessionDuration").range(3600, 43200),
                                          });
  }
};

template <>
struct Describe<iam::UpdateAssumeRolePolicyRequest> {
  static Shape shape() {
    using R = iam::UpdateAssumeRolePolicyRequest;
    return structure("UpdateAssumeRolePolicyRequest",
                     {
                         member<&R::role_name>("RoleName").required().range(1, 64),
                         member<&R::policy_document>("PolicyDocument").required().range(1, 131072),
                     });
  }
};

template <>
struct Describe<iam::AttachedPolicyRequest> {
  static Shape shape() {
    using R = iam::AttachedPolicyRequest;
    return structure("AttachedPolicyRequest", {
                                                  member<&R::role_name>("RoleName").required().range(1, 64),
                                                  member<&R::policy_arn>("PolicyArn").required().range(20, 2048),
                                              });
  }
};

template <>
struct Describe<iam::AttachedPolicy> {
  static Shape shape() {
    return structure("AttachedPolicy", {
                                           member<&iam::AttachedPolicy::policy_name>("PolicyName"),
                                           member<&iam::AttachedPolicy::policy_arn>("PolicyArn"),
                                       });
  }
};

template <>
struct Describe<iam::ListOfRoleRequest> {
  static Shape shape() {
    using R = iam::ListOfRoleRequest;
    return structure("ListOfRoleRequest", {
                                              member<&R::role_name>("RoleName").required().range(1, 64),
                                              member<&R::path_prefix>("PathPrefix").range(1, 512),
                                              member<&R::marker>("Marker"),
                                              member<&R::max_items>("MaxItems").range(1, 1000),
                                          });
  }
};

template <>
struct Describe<iam::ListAttachedRolePoliciesResponse> {
  static Shape shape() {
    using R = iam::ListAttachedRolePoliciesResponse;
    return structure("ListAttachedRolePoliciesResponse", {
                                                             member<&R::attached_policies>("AttachedPolicies"),
                                                             member<&R::is_truncated>("IsTruncated"),
                                                             member<&R::marker>("Marker"),
                                                         });
  }
};

template <>
struct Describe<iam::PutRolePolicyRequest> {
  static Shape shape() {
    using R = iam::PutRolePolicyRequest;
    return structure("PutRolePolicyRequest",
                     {
                         member<&R::role_name>("RoleName").required().range(1, 64),
                         member<&R::policy_name>("PolicyName").required().range(1, 128),
                         member<&R::policy_document>("PolicyDocument").required().range(1, 131072),
                     });
  }
};

template <>
struct Describe<iam::RolePolicyRequest> {
  static Shape shape() {
    using R = iam::RolePolicyRequest;
    return structure("RolePolicyRequest", {
                                              member<&R::role_name>("RoleName").required().range(1, 64),
                                              member<&R::policy_name>("PolicyName").required().range(1, 128),
                                          });
  }
};

template <>
struct Describe<iam::GetRolePolicyResponse> {
  static Shape shape() {
    using R = iam::GetRolePolicyResponse;
    return structure("GetRolePolicyResponse", {
                                                  member<&R::role_name>("RoleName"),
                                                  member<&R::policy_name>("PolicyName"),
                                                  member<&R::policy_document>("PolicyDocument"),
                                              });
  }
};

template <>
struct Describe<iam::ListRolePoliciesResponse> {
  static Shape shape() {
    using R = iam::ListRolePoliciesResponse;
    return structure("ListRolePoliciesResponse", {
                                                     member<&R::policy_names>("PolicyNames"),
                                                     member<&R::is_truncated>("IsTruncated"),
                                                     member<&R::marker>("Marker"),
                                                 });
  }
};

template <>
struct Describe<iam::TagRoleRequest> {
  static Shape shape() {
    return structure("TagRoleRequest", {
                                           member<&iam::TagRoleRequest::role_name>("RoleName").required().range(1, 64),
                                           member<&iam::TagRoleRequest::tags>("Tags").required().range(0, 50),
                                       });
  }
};

template <>
struct Describe<iam::UntagRoleRequest> {
  static Shape shape() {
    return structure("UntagRoleRequest",
                     {
                         member<&iam::UntagRoleRequest::role_name>("RoleName").required().range(1, 64),
                         member<&iam::UntagRoleRequest::tag_keys>("TagKeys").required().range(0, 50),
                     });
  }
};

template <>
struct Describe<iam::ListRoleTagsResponse> {
  static Shape shape() {
    return structure("ListRoleTagsResponse", {
                                                 member<&iam::ListRoleTagsResponse::tags>("Tags"),
                                                 member<&iam::ListRoleTagsResponse::is_truncated>("IsTruncated"),
                                                 member<&iam::ListRoleTagsResponse::marker>("Marker"),
                                             });
  }
};

template <>
struct Describe<iam::Policy> {
  static Shape shape() {
    using P = iam::Policy;
    return structure("Policy", {
                                   member<&P::policy_name>("PolicyName"),
                                   member<&P::policy_id>("PolicyId"),
                                   member<&P::arn>("Arn"),
                                   member<&P::path>("Path"),
                                   member<&P::default_version_id>("DefaultVersionId"),
                                   member<&P::attachment_count>("AttachmentCount"),
                                   member<&P::permissions_boundary_usage_count>("PermissionsBoundaryUsageCount"),
                                   member<&P::is_attachable>("IsAttachable"),
                                   member<&P::create_date>("CreateDate"),
                                   member<&P::update_date>("UpdateDate"),
                               });
  }
};

template <>
struct Describe<iam::CreatePolicyRequest> {
  static Shape shape() {
    using R = iam::CreatePolicyRequest;
    return structure("CreatePolicyRequest",
                     {
                         member<&R::policy_name>("PolicyName").required().range(1, 128),
                         member<&R::path>("Path").range(1, 512),
                         member<&R::policy_document>("PolicyDocument").required().range(1, 131072),
                         member<&R::description>("Description").range(0, 1000),
                     });
  }
};

template <>
struct Describe<iam::PolicyResponse> {
  static Shape shape() { return structure("PolicyResponse", {member<&iam::PolicyResponse::policy>("Policy")}); }
};

template <>
struct Describe<iam::PolicyArnRequest> {
  static Shape shape() {
    return structure("PolicyArnRequest",
                     {member<&iam::PolicyArnRequest::policy_arn>("PolicyArn").required().range(20, 2048)});
  }
};

template <>
struct Describe<iam::GetPolicyVersionRequest> {
  static Shape shape() {
    using R = iam::GetPolicyVersionRequest;
    return structure("GetPolicyVersionRequest", {
                                                    member<&R::policy_arn>("PolicyArn").required().range(20, 2048),
                                                    member<&R::version_id>("VersionId").required(),
                                                });
  }
};

template <>
struct Describe<iam::PolicyVersion> {
  static Shape shape() {
    using P = iam::PolicyVersion;
    return structure("PolicyVersion", {
                                          member<&P::document>("Document"),
                                          member<&P::version_id>("VersionId"),
                                          member<&P::is_default_version>("IsDefaultVersion"),
                                          member<&P::create_date>("CreateDate"),
                                      });
  }
};

template <>
struct Describe<iam::GetPolicyVersionResponse> {
  static Shape shape() {
    return structure("GetPolicyVersionResponse",
                     {member<&iam::GetPolicyVersionResponse::policy_version>("PolicyVersion")});
  }
};

template <>
struct Describe<iam::ListPoliciesRequest> {
  static Shape shape() {
    static constexpr std::string_view kScopes[] = {"All", "AWS", "Local"};
    using R = iam::ListPoliciesRequest;
    return structure("ListPoliciesRequest", {
                                                member<&R::scope>("Scope").one_of(kScopes),
                                                member<&R::only_attached>("OnlyAttached"),
                                                member<&R::path_prefix>("PathPrefix").range(1, 512),
                                                member<&R::marker>("Marker"),
                                                member<&R::max_items>("MaxItems").range(1, 1000),
                                            });
  }
};

template <>
struct Describe<iam::ListPoliciesResponse> {
  static Shape shape() {
    using R = iam::ListPoliciesResponse;
    return structure("ListPoliciesResponse", {
                                                 member<&R::policies>("Policies"),
                                                 member<&R::is_truncated>("IsTruncated"),
                                                 member<&R::marker>("Marker"),
                                             });
  }
};

template <>
struct Describe<iam::InstanceProfile> {
  static Shape shape() { return structure("InstanceProfile", {member<&iam::InstanceProfile::arn>("Arn")}); }
};

template <>
struct Describe<iam::ListInstanceProfilesResponse> {
  static Shape shape() {
    using R = iam::ListInstanceProfilesResponse;
    return structure("ListInstanceProfilesResponse", {
                                                         member<&R::instance_profiles>("InstanceProfiles"),
                                                         member<&R::is_truncated>("IsTruncated"),
                                                     });
  }
};

}  // namespace cumulet::wire
