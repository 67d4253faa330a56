#include "base/encoding.hpp"
#include "cmd/cumulet/deploy/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html
namespace cumulet::deploy {
namespace {

struct Address {
  std::string path;
  Pairs query;
};

Address address(const std::string& function, const std::string& qualifier) {
  return {"/2019-09-25/functions/" + percent_encode(function) + "/event-invoke-config", {{"Qualifier", qualifier}}};
}

Result<void> put(Provisioning& p, const Desired& desired) {
  json::object input;
  for (const char* name : {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"}) {
    const Node* value = desired.properties.find(name);
    if (!value) continue;
    const auto number = as_integer(*value);
    if (!number) return template_error(value->line, std::string(name) + " must be a whole number");
    input[name] = *number;
  }
  if (const Node* destinations = desired.properties.find("DestinationConfig"))
    input["DestinationConfig"] = to_json(*destinations);
  const Address a = address(property_text(desired.properties, "FunctionName"),
                            property_text(desired.properties, "Qualifier", "$LATEST"));
  return discard(p.api.lambda("PUT", a.path, input, a.query));
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  CUMULET_CHECK(put(p, desired));
  return Created{.physical_id = generated_name(p, desired.logical_id, 100),
                 .attributes = {},
                 .applied = to_json(desired.properties).as_object()};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!current.incomplete && current.properties == to_json(desired.properties).as_object()) return {};
  return put(p, desired);
}

Address address_of(const StackResource& current) {
  const auto text = [&](std::string_view name, std::string fallback) {
    const json::value* v = current.properties.if_contains(name);
    return v && v->is_string() ? std::string(v->as_string()) : std::move(fallback);
  };
  return address(text("FunctionName", ""), text("Qualifier", "$LATEST"));
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  const Address a = address_of(current);
  return unless_gone(discard(p.api.lambda("DELETE", a.path, nullptr, a.query)), {"ResourceNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  const Address a = address_of(current);
  return found(discard(p.api.lambda("GET", a.path, nullptr, a.query)), {"ResourceNotFoundException"});
}

}  // namespace

const ResourceType kLambdaEventInvokeConfig{.name = "AWS::Lambda::EventInvokeConfig",
                                            .properties = {"FunctionName", "Qualifier", "MaximumEventAgeInSeconds",
                                                           "MaximumRetryAttempts", "DestinationConfig"},
                                            .ignored = {},
                                            .required = {"FunctionName", "Qualifier"},
                                            .replacing = {"FunctionName", "Qualifier"},
                                            .name_property = "",
                                            .attributes = {},
                                            .create = create,
                                            .update = update,
                                            .remove = remove,
                                            .exists = exists};

}  // namespace cumulet::deploy
