#include <algorithm>
#include <array>

#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
namespace cumulet::cloudformation {
namespace {

using std::chrono::milliseconds;

constexpr std::array kCodeProperties{std::string_view("Code"), std::string_view("Architectures")};

Result<json::object> environment(const Node& node) {
  json::object variables;
  if (const Node* given = node.find("Variables")) {
    for (const auto& [name, value] : given->members) {
      const auto text = as_text(value);
      if (!text) return template_error(value.line, "the variable " + name + " must be text");
      variables[name] = *text;
    }
  }
  return json::object{{"Variables", std::move(variables)}};
}

// The members that CreateFunction and UpdateFunctionConfiguration share.
Result<json::object> configuration(const Desired& desired) {
  json::object out;
  for (const auto& [name, value] : desired.properties.members) {
    if (name == "Timeout" || name == "MemorySize") {
      CUMULET_TRY(out[name], property_number(value, name));
    } else if (name == "EphemeralStorage") {
      const Node* size = value.find("Size");
      const auto number = size ? as_integer(*size) : std::nullopt;
      if (!number) return template_error(value.line, "EphemeralStorage needs a Size in MB");
      out[name] = json::object{{"Size", *number}};
    } else if (name == "Environment") {
      CUMULET_TRY(out[name], environment(value));
    } else if (name == "Role" || name == "Handler" || name == "Runtime" || name == "Description" ||
               name == "KmsKeyArn") {
      out[name] = as_text(value).value_or("");
    } else if (name == "Layers" || name == "ImageConfig" || name == "VpcConfig" || name == "DeadLetterConfig" ||
               name == "TracingConfig" || name == "FileSystemConfigs" || name == "LoggingConfig" ||
               name == "SnapStart") {
      out[name] = to_json(value);
    }
  }
  return out;
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& name = desired.name;
  CUMULET_TRY(json::object input, configuration(desired));
  json::object applied = to_json(desired.properties).as_object();
  input["FunctionName"] = name;
  input["Code"] = applied["Code"];
  for (const char* property : {"Architectures", "PackageType"})
    if (const auto* value = applied.if_contains(property)) input[property] = *value;
  if (auto given = property_tags(desired.properties); !given.empty()) input["Tags"] = std::move(given);
  CUMULET_TRY(const json::value answer, p.aws.call("lambda", "CreateFunction", input));
  applied.erase("ReservedConcurrentExecutions");
  return Created{
      .physical_id = name, .attributes = {{"Arn", member_text(answer, "FunctionArn")}}, .applied = std::move(applied)};
}

// Until the function is Active and its last update Successful, two minutes at most.
Result<void> wait_until_ready(Provisioning& p, const std::string& function) {
  for (milliseconds waited{0}, step{5}; waited < milliseconds{120'000}; waited += step) {
    CUMULET_TRY(const json::value answer,
                p.aws.call("lambda", "GetFunctionConfiguration", {{"FunctionName", function}}));
    const auto text = [&](std::string_view name) { return member_text(answer, name); };
    if (text("State") == "Failed") return aws_error(text("StateReasonCode"), text("StateReason"));
    if (text("LastUpdateStatus") == "Failed")
      return aws_error(text("LastUpdateStatusReasonCode"), text("LastUpdateStatusReason"));
    if (text("State") != "Pending" && text("LastUpdateStatus") != "InProgress") return {};
    p.pause(step);
    step = std::min(step * 2, milliseconds{1000});
  }
  return aws_error("Timeout", "the function did not become active within two minutes");
}

Result<void> update_code(Provisioning& p, const json::object& wanted, const std::string& function) {
  json::object input = wanted.at("Code").as_object();
  if (const auto* architectures = wanted.if_contains("Architectures")) input["Architectures"] = *architectures;
  input["FunctionName"] = function;
  CUMULET_CHECK(p.aws.call("lambda", "UpdateFunctionCode", input));
  return wait_until_ready(p, function);
}

// Properties whose absence means AWS's default must be told so when they vanish from the template.
void add_defaults(json::object& input, const json::object& before) {
  static const json::object kDefaults{{"Timeout", 3},
                                      {"MemorySize", 128},
                                      {"Description", ""},
                                      {"Environment", json::object{{"Variables", json::object{}}}},
                                      {"EphemeralStorage", json::object{{"Size", 512}}},
                                      {"Layers", json::array{}},
                                      {"DeadLetterConfig", json::object{{"TargetArn", ""}}},
                                      {"TracingConfig", json::object{{"Mode", "PassThrough"}}}};
  for (const auto& [name, value] : kDefaults)
    if (before.contains(name) && !input.contains(name)) input[name] = value;
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  const std::string& function = current.physical_id;
  const json::object wanted = to_json(desired.properties).as_object();
  CUMULET_CHECK(wait_until_ready(p, function));
  if (std::ranges::any_of(kCodeProperties, [&](auto name) { return property_changed(current, wanted, name); }))
    CUMULET_CHECK(update_code(p, wanted, function));

  CUMULET_TRY(json::object input, configuration(desired));
  bool changed = false;
  for (const auto& [name, value] : input) changed = changed || property_changed(current, wanted, name);
  const std::size_t given = input.size();
  add_defaults(input, current.properties);
  if (changed || input.size() != given) {
    input["FunctionName"] = function;
    CUMULET_CHECK(p.aws.call("lambda", "UpdateFunctionConfiguration", input));
    CUMULET_CHECK(wait_until_ready(p, function));
  }

  if (property_changed(current, wanted, "Tags") && desired.properties.find("Tags"))
    CUMULET_CHECK(p.aws.call("lambda", "TagResource",
                             {{"Resource", current.attributes["Arn"]}, {"Tags", property_tags(desired.properties)}}));
  if (property_changed(current, wanted, "ReservedConcurrentExecutions")) {
    if (const Node* reserved = desired.properties.find("ReservedConcurrentExecutions")) {
      CUMULET_TRY(const std::int64_t number, property_number(*reserved, "ReservedConcurrentExecutions"));
      CUMULET_CHECK(p.aws.call("lambda", "PutFunctionConcurrency",
                               {{"FunctionName", function}, {"ReservedConcurrentExecutions", number}}));
    } else if (current.properties.contains("ReservedConcurrentExecutions")) {
      CUMULET_CHECK(p.aws.call("lambda", "DeleteFunctionConcurrency", {{"FunctionName", function}}));
    }
  }
  return {};
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("lambda", "DeleteFunction", {{"FunctionName", current.physical_id}})),
                     {"ResourceNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("lambda", "GetFunctionConfiguration", {{"FunctionName", current.physical_id}})),
               {"ResourceNotFoundException"});
}

}  // namespace

const ResourceType kLambdaFunction{.name = "AWS::Lambda::Function",
                                   .properties = {"FunctionName",
                                                  "Runtime",
                                                  "Role",
                                                  "Handler",
                                                  "Code",
                                                  "Description",
                                                  "Timeout",
                                                  "MemorySize",
                                                  "Environment",
                                                  "EphemeralStorage",
                                                  "Architectures",
                                                  "PackageType",
                                                  "ImageConfig",
                                                  "Layers",
                                                  "VpcConfig",
                                                  "DeadLetterConfig",
                                                  "TracingConfig",
                                                  "KmsKeyArn",
                                                  "FileSystemConfigs",
                                                  "LoggingConfig",
                                                  "SnapStart",
                                                  "ReservedConcurrentExecutions",
                                                  "Tags"},
                                   .ignored = {"RecursiveLoop", "RuntimeManagementConfig", "CodeSigningConfigArn"},
                                   .required = {"Code", "Role"},
                                   .replacing = {"FunctionName", "PackageType"},
                                   .name_property = "FunctionName",
                                   .name_length = 64,
                                   .attributes = {"Arn"},
                                   .create = create,
                                   .update = update,
                                   .remove = remove,
                                   .exists = exists};

}  // namespace cumulet::cloudformation
