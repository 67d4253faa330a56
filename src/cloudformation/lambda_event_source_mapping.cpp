#include <algorithm>

#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
namespace cumulet::cloudformation {
namespace {

using std::chrono::milliseconds;

// What Create- and UpdateEventSourceMapping share.
Result<json::object> configuration(const Desired& desired) {
  json::object out;
  for (const auto& [name, value] : desired.properties.members) {
    if (name == "BatchSize" || name == "MaximumBatchingWindowInSeconds") {
      CUMULET_TRY(out[name], property_number(value, name));
    } else if (name == "Enabled") {
      const auto flag = as_boolean(value);
      if (!flag) return template_error(value.line, "Enabled must be true or false");
      out[name] = *flag;
    } else if (name == "ScalingConfig") {
      json::object config;
      if (const Node* most = value.find("MaximumConcurrency")) {
        CUMULET_TRY(config["MaximumConcurrency"], property_number(*most, "MaximumConcurrency"));
      }
      out[name] = std::move(config);
    } else if (name == "FunctionName") {
      out[name] = as_text(value).value_or("");
    } else if (name == "FilterCriteria" || name == "FunctionResponseTypes") {
      out[name] = to_json(value);
    }
  }
  return out;
}

// Until it is settled, two minutes at most.
Result<void> wait_until_settled(Provisioning& p, const std::string& uuid) {
  for (milliseconds waited{0}, step{5}; waited < milliseconds{120'000}; waited += step) {
    CUMULET_TRY(const json::value answer, p.aws.call("lambda", "GetEventSourceMapping", {{"UUID", uuid}}));
    const std::string text = member_text(answer, "State");
    if (text != "Creating" && text != "Enabling" && text != "Disabling" && text != "Updating") return {};
    p.pause(step);
    step = std::min(step * 2, milliseconds{1000});
  }
  return aws_error("Timeout", "the event source mapping did not settle within two minutes");
}

Result<void> update_tags(Provisioning& p, const Desired& desired, StackResource& current) {
  const std::string arn = current.attributes["EventSourceMappingArn"];
  json::object now = property_tags(desired.properties);
  json::array lost = lost_tags(current, now);
  if (!lost.empty())
    CUMULET_CHECK(p.aws.call("lambda", "UntagResource", {{"Resource", arn}, {"TagKeys", std::move(lost)}}));
  if (!now.empty()) CUMULET_CHECK(p.aws.call("lambda", "TagResource", {{"Resource", arn}, {"Tags", std::move(now)}}));
  return {};
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  CUMULET_TRY(json::object input, configuration(desired));
  input["EventSourceArn"] = property_text(desired.properties, "EventSourceArn");
  if (auto given = property_tags(desired.properties); !given.empty()) input["Tags"] = std::move(given);
  CUMULET_TRY(const json::value answer, p.aws.call("lambda", "CreateEventSourceMapping", input));
  const std::string uuid = member_text(answer, "UUID");
  CUMULET_CHECK(wait_until_settled(p, uuid));
  return Created{.physical_id = uuid,
                 .attributes = {{"Id", uuid}, {"EventSourceMappingArn", member_text(answer, "EventSourceMappingArn")}},
                 .applied = to_json(desired.properties).as_object()};
}

// Properties whose absence means AWS's default must be told so when they vanish from the template.
void add_defaults(json::object& input, const json::object& before) {
  static const json::object kDefaults{{"BatchSize", 10},
                                      {"MaximumBatchingWindowInSeconds", 0},
                                      {"Enabled", true},
                                      {"FilterCriteria", json::object{}},
                                      {"FunctionResponseTypes", json::array{}},
                                      {"ScalingConfig", json::object{}}};
  for (const auto& [name, value] : kDefaults)
    if (before.contains(name) && !input.contains(name)) input[name] = value;
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  const json::object wanted = to_json(desired.properties).as_object();
  if (property_changed(current, wanted, "Tags")) CUMULET_CHECK(update_tags(p, desired, current));
  CUMULET_TRY(json::object input, configuration(desired));
  const bool changed =
      std::ranges::any_of(input, [&](const auto& item) { return property_changed(current, wanted, item.key()); });
  const std::size_t given = input.size();
  add_defaults(input, current.properties);
  if (!changed && input.size() == given) return {};
  input["UUID"] = current.physical_id;
  CUMULET_CHECK(p.aws.call("lambda", "UpdateEventSourceMapping", input));
  return wait_until_settled(p, current.physical_id);
}

// A function has one mapping of a source.
Result<std::optional<std::string>> find(Provisioning& p, const Desired& desired) {
  CUMULET_TRY(const json::value answer,
              p.aws.call("lambda", "ListEventSourceMappings",
                         {{"FunctionName", property_text(desired.properties, "FunctionName")},
                          {"EventSourceArn", property_text(desired.properties, "EventSourceArn")}}));
  const json::value* mappings = json::find(answer, "EventSourceMappings");
  if (!mappings || !mappings->is_array() || mappings->as_array().empty()) return std::optional<std::string>();
  return std::optional(member_text(mappings->as_array().front(), "UUID"));
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("lambda", "DeleteEventSourceMapping", {{"UUID", current.physical_id}})),
                     {"ResourceNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("lambda", "GetEventSourceMapping", {{"UUID", current.physical_id}})),
               {"ResourceNotFoundException"});
}

}  // namespace

const ResourceType kEventSourceMapping{
    .name = "AWS::Lambda::EventSourceMapping",
    .properties = {"BatchSize", "Enabled", "EventSourceArn", "FilterCriteria", "FunctionName", "FunctionResponseTypes",
                   "MaximumBatchingWindowInSeconds", "ScalingConfig", "Tags"},
    .ignored = {"MetricsConfig", "KmsKeyArn"},
    .required = {"FunctionName", "EventSourceArn"},
    .replacing = {"EventSourceArn"},
    .name_property = "",
    .attributes = {"Id", "EventSourceMappingArn"},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists,
    .find = find};

}  // namespace cumulet::cloudformation
