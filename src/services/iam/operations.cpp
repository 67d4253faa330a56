#include "services/iam/service.hpp"

namespace cumulet::iam {

wire::ServiceDescriptor describe(Iam& iam) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "iam";
  service.api_version = "2010-05-08";
  service.xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/";
  service.protocols = {wire::Protocol::query};
  service.validation_error = &kValidationError;
  auto& rows = service.operations;
  rows.push_back(operation("CreateRole", iam, &Iam::create_role));
  rows.push_back(operation("GetRole", iam, &Iam::get_role));
  rows.push_back(operation("ListRoles", iam, &Iam::list_roles));
  rows.push_back(operation("DeleteRole", iam, &Iam::delete_role));
  rows.push_back(operation("UpdateRole", iam, &Iam::update_role));
  rows.push_back(operation("UpdateAssumeRolePolicy", iam, &Iam::update_assume_role_policy));
  rows.push_back(operation("AttachRolePolicy", iam, &Iam::attach_role_policy));
  rows.push_back(operation("DetachRolePolicy", iam, &Iam::detach_role_policy));
  rows.push_back(operation("ListAttachedRolePolicies", iam, &Iam::list_attached_role_policies));
  rows.push_back(operation("PutRolePolicy", iam, &Iam::put_role_policy));
  rows.push_back(operation("GetRolePolicy", iam, &Iam::get_role_policy));
  rows.push_back(operation("DeleteRolePolicy", iam, &Iam::delete_role_policy));
  rows.push_back(operation("ListRolePolicies", iam, &Iam::list_role_policies));
  rows.push_back(operation("TagRole", iam, &Iam::tag_role));
  rows.push_back(operation("UntagRole", iam, &Iam::untag_role));
  rows.push_back(operation("ListRoleTags", iam, &Iam::list_role_tags));
  rows.push_back(operation("ListInstanceProfilesForRole", iam, &Iam::list_instance_profiles_for_role));
  rows.push_back(operation("CreatePolicy", iam, &Iam::create_policy));
  rows.push_back(operation("GetPolicy", iam, &Iam::get_policy));
  rows.push_back(operation("GetPolicyVersion", iam, &Iam::get_policy_version));
  rows.push_back(operation("DeletePolicy", iam, &Iam::delete_policy));
  rows.push_back(operation("ListPolicies", iam, &Iam::list_policies));
  return service;
}

}  // namespace cumulet::iam
