#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
namespace cumulet::cloudformation {
namespace {

Result<void> put(Provisioning& p, const Desired& desired, const std::string& name, bool overwrites) {
  json::object input{{"Name", name}, {"Overwrite", overwrites}};
  for (const char* property : {"Type", "Value", "Description", "AllowedPattern", "Tier", "DataType"})
    if (const Node* value = desired.properties.find(property)) input[property] = as_text(*value).value_or("");
  return discard(p.aws.call("ssm", "PutParameter", input));
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  CUMULET_CHECK(put(p, desired, desired.name, false));
  return Created{.physical_id = desired.name,
                 .attributes = {{"Type", property_text(desired.properties, "Type")},
                                {"Value", property_text(desired.properties, "Value")}},
                 .applied = to_json(desired.properties).as_object()};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!current.incomplete && current.properties == to_json(desired.properties).as_object()) return {};
  CUMULET_CHECK(put(p, desired, current.physical_id, true));
  current.attributes["Type"] = property_text(desired.properties, "Type");
  current.attributes["Value"] = property_text(desired.properties, "Value");
  return {};
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("ssm", "DeleteParameter", {{"Name", current.physical_id}})),
                     {"ParameterNotFound"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("ssm", "GetParameter", {{"Name", current.physical_id}})), {"ParameterNotFound"});
}

// CFN-LogicalId-RANDOM12.
std::string new_name(Provisioning& p, const Desired& desired) {
  return "CFN-" + desired.logical_id + "-" + random_upper_alnum(12, p.random);
}

}  // namespace

const ResourceType kSsmParameter{
    .name = "AWS::SSM::Parameter",
    .properties = {"Name", "Type", "Value", "Description", "AllowedPattern", "Tier", "DataType"},
    .ignored = {"Tags", "Policies"},
    .required = {"Type", "Value"},
    .replacing = {"Name", "DataType"},
    .name_property = "Name",
    .name_length = 1011,
    .attributes = {"Type", "Value"},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists,
    .new_name = new_name};

}  // namespace cumulet::cloudformation
