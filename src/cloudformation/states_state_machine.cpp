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

std::string new_name(Provisioning& p, const Desired& desired) {
  return desired.logical_id.substr(0, 60) + "-" + random_upper_alnum(12, p.random);
}

Result<bool> is_there(Provisioning& p, const std::string& arn) {
  const auto answer = p.aws.call("states", "DescribeStateMachine", {{"stateMachineArn", arn}});
  if (!answer.ok()) return found(discard(answer), {"StateMachineDoesNotExist"});
  return member_text(*answer, "status") != "DELETING";
}

Result<std::optional<std::string>> find(Provisioning& p, const Desired& desired) {
  const Environment& e = p.environment;
  std::string arn = "arn:" + e.partition + ":states:" + e.region + ":" + e.account_id + ":stateMachine:" + desired.name;
  CUMULET_TRY(const bool there, is_there(p, arn));
  return there ? std::optional(std::move(arn)) : std::nullopt;
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& name = desired.name;
  // Of an equal one that is there already Step Functions gives the ARN; CloudFormation does not take that over.
  if (desired.is_there) return aws_error("StateMachineAlreadyExists", name + " already exists");
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

Result<bool> exists(Provisioning& p, const StackResource& current) { return is_there(p, current.physical_id); }

}  // namespace

const ResourceType kStateMachine{
    .name = "AWS::StepFunctions::StateMachine",
    .properties = {"StateMachineName", "StateMachineType", "DefinitionString", "Definition", "DefinitionUri",
                   "DefinitionS3Location", "DefinitionSubstitutions", "RoleArn", "LoggingConfiguration"},
    .ignored = {"Tags", "TracingConfiguration", "EncryptionConfiguration"},
    .required = {"RoleArn"},
    .replacing = {"StateMachineName", "StateMachineType"},
    .name_property = "StateMachineName",
    .name_length = 80,
    .attributes = {"Arn", "Name"},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists,
    .find = find,
    .new_name = new_name};

}  // namespace cumulet::cloudformation
