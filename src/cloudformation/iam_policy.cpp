#include <algorithm>

#include "cloudformation/resource_type.hpp"

// A policy that stands in roles, and one that is attached to them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
namespace cumulet::cloudformation {
namespace {

std::vector<std::string> roles_of(const json::object& properties) {
  std::vector<std::string> out;
  if (const auto* list = properties.if_contains("Roles"); list && list->is_array())
    for (const json::value& role : list->as_array())
      if (role.is_string()) out.emplace_back(role.as_string());
  return out;
}

std::string document_of(const json::object& properties) {
  const json::value* document = properties.if_contains("PolicyDocument");
  if (!document) return "";
  return document->is_string() ? std::string(document->as_string()) : json::text(*document);
}

bool has(const std::vector<std::string>& list, const std::string& name) {
  return std::ranges::find(list, name) != list.end();
}

// ---- AWS::IAM::Policy; its physical id is one of CloudFormation's own, the policy's name stays a property

std::string policy_name(const json::object& properties) { return member_text(json::value(properties), "PolicyName"); }

Result<void> put(Provisioning& p, const json::object& properties) {
  for (const std::string& role : roles_of(properties))
    CUMULET_CHECK(p.aws.call(
        "iam", "PutRolePolicy",
        {{"RoleName", role}, {"PolicyName", policy_name(properties)}, {"PolicyDocument", document_of(properties)}}));
  return {};
}

Result<Created> create_policy(Provisioning& p, const Desired& desired) {
  json::object properties = to_json(desired.properties).as_object();
  if (roles_of(properties).empty())
    return template_error(desired.properties.line, "At least one of [Groups,Roles,Users] must be non-empty.");
  CUMULET_CHECK(put(p, properties));
  return Created{.physical_id = desired.name, .attributes = {{"Id", desired.name}}, .applied = std::move(properties)};
}

Result<void> take_off(Provisioning& p, const std::string& role, const std::string& name) {
  return unless_gone(discard(p.aws.call("iam", "DeleteRolePolicy", {{"RoleName", role}, {"PolicyName", name}})),
                     {"NoSuchEntity"});
}

Result<void> update_policy(Provisioning& p, const Desired& desired, StackResource& current) {
  const json::object wanted = to_json(desired.properties).as_object();
  if (!current.incomplete && current.properties == wanted) return {};
  CUMULET_CHECK(put(p, wanted));
  const auto now = roles_of(wanted);
  const std::string name_before = policy_name(current.properties);
  for (const std::string& role : roles_of(current.properties))
    if (!has(now, role) || name_before != policy_name(wanted)) CUMULET_CHECK(take_off(p, role, name_before));
  return {};
}

Result<void> remove_policy(Provisioning& p, const StackResource& current) {
  for (const std::string& role : roles_of(current.properties))
    CUMULET_CHECK(take_off(p, role, policy_name(current.properties)));
  return {};
}

Result<bool> policy_exists(Provisioning& p, const StackResource& current) {
  for (const std::string& role : roles_of(current.properties)) {
    CUMULET_TRY(const bool there,
                found(discard(p.aws.call("iam", "GetRolePolicy",
                                         {{"RoleName", role}, {"PolicyName", policy_name(current.properties)}})),
                      {"NoSuchEntity"}));
    if (!there) return false;
  }
  return true;
}

// ---- AWS::IAM::ManagedPolicy; Ref gives the ARN

std::string managed_arn(Provisioning& p, const std::string& name, const json::object& properties) {
  const std::string path = member_text(json::value(properties), "Path");
  return "arn:" + p.environment.partition + ":iam::" + p.environment.account_id + ":policy" +
         (path.empty() ? "/" : path) + name;
}

Result<Created> create_managed(Provisioning& p, const Desired& desired) {
  const json::object properties = to_json(desired.properties).as_object();
  json::object input{{"PolicyName", desired.name}, {"PolicyDocument", document_of(properties)}};
  for (const char* property : {"Path", "Description"})
    if (const json::value* value = properties.if_contains(property)) input[property] = *value;
  CUMULET_CHECK(p.aws.call("iam", "CreatePolicy", input));
  const std::string arn = managed_arn(p, desired.name, properties);
  json::object applied = properties;
  applied.erase("Roles");
  return Created{.physical_id = arn, .attributes = {{"PolicyArn", arn}}, .applied = std::move(applied)};
}

Result<void> detach(Provisioning& p, const std::string& role, const std::string& arn) {
  return unless_gone(discard(p.aws.call("iam", "DetachRolePolicy", {{"RoleName", role}, {"PolicyArn", arn}})),
                     {"NoSuchEntity"});
}

Result<void> update_managed(Provisioning& p, const Desired& desired, StackResource& current) {
  const auto now = roles_of(to_json(desired.properties).as_object());
  const auto before = roles_of(current.properties);
  for (const std::string& role : now)
    if (current.incomplete || !has(before, role))
      CUMULET_CHECK(p.aws.call("iam", "AttachRolePolicy", {{"RoleName", role}, {"PolicyArn", current.physical_id}}));
  for (const std::string& role : before)
    if (!has(now, role)) CUMULET_CHECK(detach(p, role, current.physical_id));
  return {};
}

Result<void> remove_managed(Provisioning& p, const StackResource& current) {
  for (const std::string& role : roles_of(current.properties)) CUMULET_CHECK(detach(p, role, current.physical_id));
  return unless_gone(discard(p.aws.call("iam", "DeletePolicy", {{"PolicyArn", current.physical_id}})),
                     {"NoSuchEntity"});
}

Result<bool> managed_exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("iam", "GetPolicy", {{"PolicyArn", current.physical_id}})), {"NoSuchEntity"});
}

Result<std::optional<std::string>> find_managed(Provisioning& p, const Desired& desired) {
  const std::string arn = managed_arn(p, desired.name, to_json(desired.properties).as_object());
  CUMULET_TRY(const bool there, found(discard(p.aws.call("iam", "GetPolicy", {{"PolicyArn", arn}})), {"NoSuchEntity"}));
  return there ? std::optional(arn) : std::nullopt;
}

}  // namespace

const ResourceType kIamPolicy{.name = "AWS::IAM::Policy",
                              .properties = {"PolicyDocument", "PolicyName", "Roles"},
                              .ignored = {},
                              .required = {"PolicyDocument", "PolicyName"},
                              .replacing = {},
                              .name_property = "",
                              .name_length = 128,
                              .attributes = {"Id"},
                              .create = create_policy,
                              .update = update_policy,
                              .remove = remove_policy,
                              .exists = policy_exists};

// Another document makes another policy: the engine keeps one version of each.
const ResourceType kIamManagedPolicy{
    .name = "AWS::IAM::ManagedPolicy",
    .properties = {"PolicyDocument", "ManagedPolicyName", "Path", "Description", "Roles"},
    .ignored = {},
    .required = {"PolicyDocument"},
    .replacing = {"ManagedPolicyName", "Path", "Description", "PolicyDocument"},
    .name_property = "ManagedPolicyName",
    .name_length = 128,
    .attributes = {"PolicyArn"},
    .create = create_managed,
    .update = update_managed,
    .remove = remove_managed,
    .exists = managed_exists,
    .find = find_managed};

}  // namespace cumulet::cloudformation
