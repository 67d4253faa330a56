#include "cloudformation/stack.hpp"

#include <algorithm>

namespace cumulet::cloudformation {
namespace {

json::object resource_json(const StackResource& r) {
  json::object attributes;
  for (const auto& [name, value] : r.attributes) attributes[name] = value;
  json::array depends_on;
  for (const std::string& id : r.depends_on) depends_on.emplace_back(id);
  return {{"LogicalId", r.logical_id},   {"Type", r.type},
          {"PhysicalId", r.physical_id}, {"Attributes", std::move(attributes)},
          {"Properties", r.properties},  {"DependsOn", std::move(depends_on)},
          {"Retain", r.retain},          {"Incomplete", r.incomplete}};
}

std::string text(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_string() ? std::string(member->as_string()) : "";
}

json::object object(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_object() ? member->as_object() : json::object{};
}

bool flag(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_bool() && member->as_bool();
}

std::vector<StackResource> resources(const json::value& v, std::string_view name) {
  std::vector<StackResource> out;
  const json::value* list = json::find(v, name);
  if (!list || !list->is_array()) return out;
  for (const json::value& item : list->as_array()) {
    StackResource r{.logical_id = text(item, "LogicalId"),
                    .type = text(item, "Type"),
                    .physical_id = text(item, "PhysicalId"),
                    .attributes = {},
                    .properties = object(item, "Properties"),
                    .depends_on = {},
                    .retain = flag(item, "Retain"),
                    .incomplete = flag(item, "Incomplete")};
    for (const auto& [key, value] : object(item, "Attributes"))
      if (value.is_string()) r.attributes[std::string(key)] = value.as_string();
    if (const json::value* ids = json::find(item, "DependsOn"); ids && ids->is_array())
      for (const json::value& id : ids->as_array())
        if (id.is_string()) r.depends_on.insert(std::string(id.as_string()));
    out.push_back(std::move(r));
  }
  return out;
}

json::array resources_json(const std::vector<StackResource>& list) {
  json::array out;
  for (const StackResource& r : list) out.push_back(resource_json(r));
  return out;
}

}  // namespace

StackResource* Stack::find(std::string_view logical_id) {
  return const_cast<StackResource*>(std::as_const(*this).find(logical_id));
}

const StackResource* Stack::find(std::string_view logical_id) const {
  const auto it = std::ranges::find(resources, logical_id, &StackResource::logical_id);
  return it == resources.end() ? nullptr : &*it;
}

json::value to_json(const Stack& stack) {
  return json::object{{"Version", 1},
                      {"StackName", stack.name},
                      {"StackId", stack.id},
                      {"Status", stack.status},
                      {"UpdatedAt", stack.updated_at},
                      {"Parameters", stack.parameters},
                      {"Outputs", stack.outputs},
                      {"Resources", resources_json(stack.resources)},
                      {"Replaced", resources_json(stack.replaced)}};
}

Result<Stack> stack_from_json(const json::value& value) {
  if (const json::value* version = json::find(value, "Version"); !version || *version != json::value(1))
    return template_error(0, "the record of the stack was written by another version of cumulet");
  return Stack{.name = text(value, "StackName"),
               .id = text(value, "StackId"),
               .status = text(value, "Status"),
               .updated_at = text(value, "UpdatedAt"),
               .parameters = object(value, "Parameters"),
               .outputs = object(value, "Outputs"),
               .resources = resources(value, "Resources"),
               .replaced = resources(value, "Replaced")};
}

}  // namespace cumulet::cloudformation
