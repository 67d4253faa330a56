#include "cloudformation/resource_type.hpp"

#include <algorithm>

namespace cumulet::cloudformation {

std::vector<const ResourceType*> resource_types() {
  return {&kS3Bucket,
          &kS3BucketPolicy,
          &kIamRole,
          &kLambdaFunction,
          &kLambdaPermission,
          &kLambdaEventInvokeConfig,
          &kEventSourceMapping,
          &kStateMachine,
          &kLogGroup,
          &kQueue,
          &kQueuePolicy,
          &kIamPolicy,
          &kIamManagedPolicy,
          &kEcrRepository,
          &kSsmParameter,
          &kCdkMetadata,
          &kWaitConditionHandle};
}

const ResourceType* resource_type(std::string_view name) {
  for (const ResourceType* type : resource_types())
    if (type->name == name) return type;
  return nullptr;
}

std::string chosen_name(const ResourceType& type, Provisioning& p, const Desired& desired) {
  std::string given = type.name_property.empty() ? "" : property_text(desired.properties, type.name_property);
  if (!given.empty()) return given;
  if (type.new_name) return type.new_name(p, desired);
  return type.name_length == 0 ? "" : generated_name(p, desired.logical_id, type.name_length);
}

bool may_be_there(const ResourceType& type, const Desired& desired) {
  if (type.name_length == 0) return true;
  return !type.name_property.empty() && !property_text(desired.properties, type.name_property).empty();
}

Result<std::optional<std::string>> find_resource(const ResourceType& type, Provisioning& p, const Desired& desired) {
  if (type.find) return type.find(p, desired);
  const StackResource named{.logical_id = desired.logical_id,
                            .type = std::string(type.name),
                            .name = desired.name,
                            .physical_id = desired.name,
                            .attributes = {},
                            .properties = to_json(desired.properties).as_object(),
                            .depends_on = {}};
  CUMULET_TRY(const bool there, type.exists(p, named));
  return there ? std::optional(desired.name) : std::nullopt;
}

std::string generated_name(Provisioning& p, const std::string& logical_id, std::size_t max) {
  const std::string random = random_upper_alnum(12, p.random);
  const std::string& stack = p.environment.stack_name;
  const std::size_t room = max - random.size() - 2;
  const std::size_t for_stack = std::min(stack.size(), std::max(room / 2, room - std::min(room, logical_id.size())));
  return stack.substr(0, for_stack) + "-" + logical_id.substr(0, room - for_stack) + "-" + random;
}

std::string property_text(const Node& properties, std::string_view name, std::string fallback) {
  const Node* node = properties.find(name);
  return node ? as_text(*node).value_or(std::move(fallback)) : fallback;
}

Result<std::int64_t> property_number(const Node& value, std::string_view name) {
  if (const auto number = as_integer(value)) return *number;
  return template_error(value.line, std::string(name) + " must be a whole number");
}

json::object property_tags(const Node& properties) {
  json::object out;
  if (const Node* list = properties.find("Tags"))
    for (const Node& tag : list->items) out[property_text(tag, "Key")] = property_text(tag, "Value");
  return out;
}

json::array lost_tags(const StackResource& current, const json::object& tags) {
  json::array lost;
  if (const auto* before = current.properties.if_contains("Tags"); before && before->is_array())
    for (const json::value& tag : before->as_array())
      if (const auto* key = json::find(tag, "Key"); key && key->is_string() && !tags.contains(key->as_string()))
        lost.push_back(*key);
  return lost;
}

Result<void> unless_gone(Result<void> result, std::initializer_list<std::string_view> codes) {
  if (!result.ok() && std::ranges::find(codes, error_code(result.error())) != codes.end()) return {};
  return result;
}

Result<bool> found(Result<void> result, std::initializer_list<std::string_view> codes) {
  if (result.ok()) return true;
  if (std::ranges::find(codes, error_code(result.error())) != codes.end()) return false;
  return std::move(result).error();
}

bool property_changed(const StackResource& current, const json::object& desired, std::string_view name) {
  if (current.incomplete) return true;
  const auto* before = current.properties.if_contains(name);
  const auto* after = desired.if_contains(name);
  if (!before || !after) return before != after;
  return *before != *after;
}

}  // namespace cumulet::cloudformation
