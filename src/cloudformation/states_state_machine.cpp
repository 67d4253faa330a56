#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
// package.hpp has already brought the definition, however it was written, into DefinitionString.
namespace cumulet::cloudformation {
namespace {

// {Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn}}], IncludeExecutionData, Level} in the API's spelling.
Result<json::object> logging(const Node& node) {
  json::object out;
  for (const auto& [name, value] : node.members) {
    if (name == "Level") {
      out["level"] = as_text(value).value_or("");
    } else if (name == "IncludeExecutionData") {
      const auto yes = as_boolean(value);
      if (!yes) return template_error(value.line, "IncludeExecutionData must be true or false");
      out["includeExecutionData"] = *yes;
    } else if (name == "Destinations") {
      json::array destinations;
      for (const Node& item : value.items) {
        const Node* group = item.find("CloudWatchLogsLogGroup");
        if (!group) return template_error(item.line, "a logging destination needs CloudWatchLogsLogGroup");
        destinations.push_back(json::object{
            {"cloudWatchLogsLogGroup", json::object{{"logGroupArn", property_text(*group, "LogGroupArn")}}}});
      }
      out["destinations"] = std::move(destinations);
    } else {
      return template_error(value.line, "LoggingConfiguration: Encountered unsupported property " + name);
    }
  }
  return out;
}

Result<json::object> common_input(const Desired& desired) {
  json::object input{{"definition", property_text(desired.properties, "DefinitionString")},
                     {"roleArn", property_text(desired.properties, "RoleArn")}};
  if (const Node* node = desired.properties.find("LoggingConfiguration")) {
    CUMULET_TRY(input["loggingConfiguration"], logging(*node));
  }
  return input;
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  std::string name = property_text(desired.properties, "StateMachineName");
  if (name.empty()) name = desired.logical_id.substr(0, 60) + "-" + random_upper_alnum(12, p.random);
  CUMULET_TRY(json::object input, common_input(desired));
  input["name"] = name;
  if (desired.properties.find("StateMachineType"))
    input["type"] = property_text(desired.properties, "StateMachineType");
  CUMULET_TRY(const json::value answer, p.aws.call("states", "CreateStateMachine", input));
  const json::value* arn = json::find(answer, "stateMachineArn");
  if (!arn || !arn->is_string())
    return aws_error("InternalFailure", "CreateStateMachine answered without stateMachineArn");
  const std::string text(arn->as_string());
  return Created{.physical_id = text,
                 .attributes = {{"Arn", text}, {"Name", name}},
                 .applied = to_json(desired.properties).as_object()};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!current.incomplete && current.properties == to_json(desired.properties).as_object()) return {};
  CUMULET_TRY(json::object input, common_input(desired));
  if (!input.contains("loggingConfiguration") && current.properties.contains("LoggingConfiguration"))
    input["loggingConfiguration"] = json::object{{"level", "OFF"}};
  input["stateMachineArn"] = current.physical_id;
  return discard(p.aws.call("states", "UpdateStateMachine", input));
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("states", "DeleteStateMachine", {{"stateMachineArn", current.physical_id}})),
                     {"StateMachineDoesNotExist"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  const auto answer = p.aws.call("states", "DescribeStateMachine", {{"stateMachineArn", current.physical_id}});
  if (!answer.ok()) return found(discard(answer), {"StateMachineDoesNotExist"});
  const json::value* status = json::find(*answer, "status");
  return !status || *status != json::value("DELETING");
}

}  // namespace

const ResourceType kStateMachine{
    .name = "AWS::StepFunctions::StateMachine",
    .properties = {"StateMachineName", "StateMachineType", "DefinitionString", "Definition", "DefinitionUri",
                   "DefinitionS3Location", "DefinitionSubstitutions", "RoleArn", "LoggingConfiguration"},
    .ignored = {"Tags", "TracingConfiguration", "EncryptionConfiguration"},
    .required = {"RoleArn"},
    .replacing = {"StateMachineName", "StateMachineType"},
    .name_property = "StateMachineName",
    .attributes = {"Arn", "Name"},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists};

}  // namespace cumulet::cloudformation
