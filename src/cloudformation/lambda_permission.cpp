#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
namespace cumulet::cloudformation {
namespace {

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& id = desired.name;
  json::object input{{"StatementId", id}};
  for (const auto& [name, value] : desired.properties.members) input[name] = as_text(value).value_or("");
  CUMULET_CHECK(p.aws.call("lambda", "AddPermission", input));
  return Created{.physical_id = id, .attributes = {{"Id", id}}, .applied = to_json(desired.properties).as_object()};
}

std::string function_of(const StackResource& current) {
  const json::value* name = current.properties.if_contains("FunctionName");
  return name && name->is_string() ? std::string(name->as_string()) : "";
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(
      discard(p.aws.call("lambda", "RemovePermission",
                         {{"FunctionName", function_of(current)}, {"StatementId", current.physical_id}})),
      {"ResourceNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  const auto answer = p.aws.call("lambda", "GetPolicy", {{"FunctionName", function_of(current)}});
  if (!answer.ok()) return found(discard(answer), {"ResourceNotFoundException"});
  const json::value* policy = json::find(*answer, "Policy");
  return policy && policy->is_string() &&
         policy->as_string().find("\"" + current.physical_id + "\"") != std::string::npos;
}

}  // namespace

const ResourceType kLambdaPermission{.name = "AWS::Lambda::Permission",
                                     .properties = {"Action", "FunctionName", "Principal", "SourceAccount", "SourceArn",
                                                    "EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType"},
                                     .ignored = {},
                                     .required = {"Action", "FunctionName", "Principal"},
                                     .replacing = {},
                                     .name_property = "",
                                     .name_length = 100,
                                     .attributes = {"Id"},
                                     .create = create,
                                     .update = nullptr,
                                     .remove = remove,
                                     .exists = exists};

}  // namespace cumulet::cloudformation
