#include <algorithm>
#include <set>

#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
namespace cumulet::cloudformation {
namespace {

// A policy document as text; a template may write it as an object or as text.
std::string document(const json::value& v) { return v.is_string() ? std::string(v.as_string()) : json::text(v); }

std::set<std::string> managed_arns(const json::object& properties) {
  std::set<std::string> out;
  if (const auto* arns = properties.if_contains("ManagedPolicyArns"); arns && arns->is_array())
    for (const json::value& arn : arns->as_array())
      if (arn.is_string()) out.insert(std::string(arn.as_string()));
  return out;
}

Result<std::map<std::string, std::string>> inline_policies(const Node& properties) {
  std::map<std::string, std::string> out;
  const Node* policies = properties.find("Policies");
  if (!policies) return out;
  for (const Node& policy : policies->items) {
    const Node* body = policy.find("PolicyDocument");
    const std::string name = property_text(policy, "PolicyName");
    if (name.empty() || !body) return template_error(policy.line, "a policy needs PolicyName and PolicyDocument");
    out[name] = document(to_json(*body));
  }
  return out;
}

std::set<std::string> inline_names(const json::object& properties) {
  std::set<std::string> out;
  if (const auto* policies = properties.if_contains("Policies"); policies && policies->is_array())
    for (const json::value& policy : policies->as_array())
      if (const auto* name = json::find(policy, "PolicyName"); name && name->is_string())
        out.insert(std::string(name->as_string()));
  return out;
}

json::value member_value(std::string_view property, const Node& value) {
  if (const auto number = as_integer(value); number && property == "MaxSessionDuration") return *number;
  return json::value(as_text(value).value_or(""));
}

// Operations of IAM on one role.
class Role {
 public:
  Role(Provisioning& p, std::string name) : p_(p), name_(std::move(name)) {}
  Result<void> call(std::string_view operation, json::object input = {}) const {
    input["RoleName"] = name_;
    return discard(p_.aws.call("iam", operation, input));
  }

 private:
  Provisioning& p_;
  std::string name_;
};

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& name = desired.name;
  json::object applied = to_json(desired.properties).as_object();
  json::object input{{"RoleName", name}, {"AssumeRolePolicyDocument", document(applied["AssumeRolePolicyDocument"])}};
  for (const char* property : {"Path", "Description", "MaxSessionDuration", "PermissionsBoundary"})
    if (const Node* value = desired.properties.find(property)) input[property] = member_value(property, *value);
  CUMULET_TRY(const json::value answer, p.aws.call("iam", "CreateRole", input));
  const json::value* role = json::find(answer, "Role");
  const json::value made = role ? *role : json::value(json::object{});
  applied.erase("ManagedPolicyArns");
  applied.erase("Policies");
  return Created{.physical_id = name,
                 .attributes = {{"Arn", member_text(made, "Arn")}, {"RoleId", member_text(made, "RoleId")}},
                 .applied = std::move(applied)};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  const json::object wanted = to_json(desired.properties).as_object();
  const Role role(p, current.physical_id);
  if (property_changed(current, wanted, "AssumeRolePolicyDocument"))
    CUMULET_CHECK(
        role.call("UpdateAssumeRolePolicy", {{"PolicyDocument", document(wanted.at("AssumeRolePolicyDocument"))}}));
  if (property_changed(current, wanted, "Description") || property_changed(current, wanted, "MaxSessionDuration")) {
    json::object input;
    for (const char* property : {"Description", "MaxSessionDuration"})
      if (const Node* value = desired.properties.find(property)) input[property] = member_value(property, *value);
    if (!input.empty() || !current.incomplete) CUMULET_CHECK(role.call("UpdateRole", std::move(input)));
  }
  const auto arns_before = managed_arns(current.properties);
  const auto arns_after = managed_arns(wanted);
  for (const std::string& arn : arns_after)
    if (current.incomplete || !arns_before.contains(arn))
      CUMULET_CHECK(role.call("AttachRolePolicy", {{"PolicyArn", arn}}));
  for (const std::string& arn : arns_before)
    if (!arns_after.contains(arn))
      CUMULET_CHECK(unless_gone(role.call("DetachRolePolicy", {{"PolicyArn", arn}}), {"NoSuchEntity"}));
  if (!property_changed(current, wanted, "Policies")) return {};
  CUMULET_TRY(const auto policies, inline_policies(desired.properties));
  for (const auto& [name, body] : policies)
    CUMULET_CHECK(role.call("PutRolePolicy", {{"PolicyName", name}, {"PolicyDocument", body}}));
  for (const std::string& name : inline_names(current.properties))
    if (!policies.contains(name))
      CUMULET_CHECK(unless_gone(role.call("DeleteRolePolicy", {{"PolicyName", name}}), {"NoSuchEntity"}));
  return {};
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  const Role role(p, current.physical_id);
  for (const std::string& arn : managed_arns(current.properties))
    CUMULET_CHECK(unless_gone(role.call("DetachRolePolicy", {{"PolicyArn", arn}}), {"NoSuchEntity"}));
  for (const std::string& name : inline_names(current.properties))
    CUMULET_CHECK(unless_gone(role.call("DeleteRolePolicy", {{"PolicyName", name}}), {"NoSuchEntity"}));
  return unless_gone(role.call("DeleteRole"), {"NoSuchEntity"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(Role(p, current.physical_id).call("GetRole"), {"NoSuchEntity"});
}

}  // namespace

const ResourceType kIamRole{.name = "AWS::IAM::Role",
                            .properties = {"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns",
                                           "MaxSessionDuration", "Path", "PermissionsBoundary", "Policies", "RoleName"},
                            .ignored = {"Tags"},
                            .required = {"AssumeRolePolicyDocument"},
                            .replacing = {"RoleName", "Path"},
                            .name_property = "RoleName",
                            .name_length = 64,
                            .attributes = {"Arn", "RoleId"},
                            .create = create,
                            .update = update,
                            .remove = remove,
                            .exists = exists};

}  // namespace cumulet::cloudformation
