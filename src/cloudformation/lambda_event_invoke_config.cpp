#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html
namespace cumulet::cloudformation {
namespace {

json::object address(const std::string& function, const std::string& qualifier) {
  return {{"FunctionName", function}, {"Qualifier", qualifier}};
}

Result<void> put(Provisioning& p, const Desired& desired) {
  json::object input = address(property_text(desired.properties, "FunctionName"),
                               property_text(desired.properties, "Qualifier", "$LATEST"));
  for (const char* name : {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"}) {
    const Node* value = desired.properties.find(name);
    if (!value) continue;
    CUMULET_TRY(input[name], property_number(*value, name));
  }
  if (const Node* destinations = desired.properties.find("DestinationConfig"))
    input["DestinationConfig"] = to_json(*destinations);
  return discard(p.aws.call("lambda", "PutFunctionEventInvokeConfig", input));
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  if (desired.is_there)
    return aws_error("AlreadyExists", "the function " + property_text(desired.properties, "FunctionName") +
                                          " has an event invoke configuration already");
  CUMULET_CHECK(put(p, desired));
  return Created{.physical_id = desired.name, .attributes = {}, .applied = to_json(desired.properties).as_object()};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!current.incomplete && current.properties == to_json(desired.properties).as_object()) return {};
  return put(p, desired);
}

json::object address_of(const StackResource& current) {
  const auto text = [&](std::string_view name, std::string fallback) {
    const json::value* v = current.properties.if_contains(name);
    return v && v->is_string() ? std::string(v->as_string()) : std::move(fallback);
  };
  return address(text("FunctionName", ""), text("Qualifier", "$LATEST"));
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("lambda", "DeleteFunctionEventInvokeConfig", address_of(current))),
                     {"ResourceNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("lambda", "GetFunctionEventInvokeConfig", address_of(current))),
               {"ResourceNotFoundException"});
}

}  // namespace

const ResourceType kLambdaEventInvokeConfig{
    .name = "AWS::Lambda::EventInvokeConfig",
    .properties = {"FunctionName", "Qualifier", "MaximumEventAgeInSeconds", "MaximumRetryAttempts",
                   "DestinationConfig"},
    .ignored = {},
    .required = {"FunctionName", "Qualifier"},
    .replacing = {"FunctionName", "Qualifier"},
    .name_property = "",
    .attributes = {},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists,
    .new_name = [](Provisioning& p, const Desired& desired) { return generated_name(p, desired.logical_id, 100); }};

}  // namespace cumulet::cloudformation
