#include "cloudformation/stack.hpp"

#include <algorithm>
#include <array>

namespace cumulet::cloudformation {
namespace {

constexpr std::array kTouches{std::string_view("None"), std::string_view("Created"), std::string_view("Refused"),
                              std::string_view("Updated")};

json::array texts_json(const std::set<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::set<std::string> texts(const json::value& v, std::string_view name) {
  std::set<std::string> out;
  if (const json::value* list = json::find(v, name); list && list->is_array())
    for (const json::value& text : list->as_array())
      if (text.is_string()) out.insert(std::string(text.as_string()));
  return out;
}

json::object resource_json(const StackResource& r) {
  json::object attributes;
  for (const auto& [name, value] : r.attributes) attributes[name] = value;
  return {{"LogicalId", r.logical_id},
          {"Type", r.type},
          {"Name", r.name},
          {"PhysicalId", r.physical_id},
          {"Attributes", std::move(attributes)},
          {"Properties", r.properties},
          {"DependsOn", texts_json(r.depends_on)},
          {"DeletionPolicy", text(r.deletion_policy)},
          {"Incomplete", r.incomplete},
          {"Status", r.status},
          {"StatusReason", r.status_reason},
          {"Touch", kTouches[static_cast<std::size_t>(r.touch)]}};
}

using cloudformation::text;

std::string text(const json::value& v, std::string_view name) { return member_text(v, name); }

json::object object(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_object() ? member->as_object() : json::object{};
}

bool flag(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_bool() && member->as_bool();
}

Touch touch(const std::string& name) {
  const auto it = std::ranges::find(kTouches, name);
  return it == kTouches.end() ? Touch::none : static_cast<Touch>(it - kTouches.begin());
}

StackResource resource(const json::value& item) {
  StackResource r{.logical_id = text(item, "LogicalId"),
                  .type = text(item, "Type"),
                  .name = text(item, "Name"),
                  .physical_id = text(item, "PhysicalId"),
                  .attributes = {},
                  .properties = object(item, "Properties"),
                  .depends_on = texts(item, "DependsOn"),
                  .deletion_policy = deletion_policy(text(item, "DeletionPolicy")),
                  .incomplete = flag(item, "Incomplete"),
                  .status = text(item, "Status"),
                  .status_reason = text(item, "StatusReason"),
                  .touch = touch(text(item, "Touch"))};
  if (flag(item, "Retain")) r.deletion_policy = DeletionPolicy::retain;  // version 1
  for (const auto& [key, value] : object(item, "Attributes"))
    if (value.is_string()) r.attributes[std::string(key)] = value.as_string();
  return r;
}

std::vector<StackResource> resources(const json::value& v, std::string_view name) {
  std::vector<StackResource> out;
  const json::value* list = json::find(v, name);
  if (!list || !list->is_array()) return out;
  for (const json::value& item : list->as_array()) out.push_back(resource(item));
  return out;
}

json::array resources_json(const std::vector<StackResource>& list) {
  json::array out;
  for (const StackResource& r : list) out.push_back(resource_json(r));
  return out;
}

json::array events_json(const std::vector<StackEvent>& events) {
  json::array out;
  for (const StackEvent& e : events)
    out.push_back(json::object{{"Timestamp", e.timestamp},
                               {"LogicalId", e.logical_id},
                               {"PhysicalId", e.physical_id},
                               {"Type", e.type},
                               {"Status", e.status},
                               {"Reason", e.reason}});
  return out;
}

std::vector<StackEvent> events(const json::value& v) {
  std::vector<StackEvent> out;
  const json::value* list = json::find(v, "Events");
  if (!list || !list->is_array()) return out;
  for (const json::value& e : list->as_array())
    out.push_back({.timestamp = text(e, "Timestamp"),
                   .logical_id = text(e, "LogicalId"),
                   .physical_id = text(e, "PhysicalId"),
                   .type = text(e, "Type"),
                   .status = text(e, "Status"),
                   .reason = text(e, "Reason")});
  return out;
}

// Of version 1, which went on from a failure: what it had begun counts as done, its resources say what is incomplete.
std::string status(const json::value& v) {
  const std::string status = text(v, "Status");
  return status == "COMPLETE" || status == "FAILED" || status == "IN_PROGRESS" ? "UPDATE_COMPLETE" : status;
}

}  // namespace

StackResource* Stack::find(std::string_view logical_id) {
  return const_cast<StackResource*>(std::as_const(*this).find(logical_id));
}

const StackResource* Stack::find(std::string_view logical_id) const {
  const auto it = std::ranges::find(resources, logical_id, &StackResource::logical_id);
  return it == resources.end() ? nullptr : &*it;
}

bool is_unfinished(const Stack& stack) { return stack.former.has_value(); }

bool is_rolled_back_creation(const Stack& stack) { return stack.status == "ROLLBACK_COMPLETE"; }

Stack as_before(const Stack& stack) {
  Stack out = stack;
  if (!out.former) return out;
  out.parameters = std::move(out.former->parameters);
  out.outputs = std::move(out.former->outputs);
  out.exports = std::move(out.former->exports);
  out.imports = std::move(out.former->imports);
  out.resources = std::move(out.former->resources);
  out.former.reset();
  return out;
}

json::value to_json(const Stack& stack) {
  json::object out{{"Version", 2},
                   {"StackName", stack.name},
                   {"StackId", stack.id},
                   {"Status", stack.status},
                   {"StatusReason", stack.status_reason},
                   {"UpdatedAt", stack.updated_at},
                   {"Parameters", stack.parameters},
                   {"Outputs", stack.outputs},
                   {"Exports", stack.exports},
                   {"Imports", texts_json(stack.imports)},
                   {"Resources", resources_json(stack.resources)},
                   {"Replaced", resources_json(stack.replaced)},
                   {"Events", events_json(stack.events)}};
  if (stack.former)
    out["Former"] = json::object{{"Parameters", stack.former->parameters},
                                 {"Outputs", stack.former->outputs},
                                 {"Exports", stack.former->exports},
                                 {"Imports", texts_json(stack.former->imports)},
                                 {"Resources", resources_json(stack.former->resources)}};
  return out;
}

Result<Stack> stack_from_json(const json::value& value) {
  const json::value* version = json::find(value, "Version");
  if (!version || (*version != json::value(1) && *version != json::value(2)))
    return template_error(0, "the record of the stack was written by another version of cumulet");
  Stack out{.name = text(value, "StackName"),
            .id = text(value, "StackId"),
            .status = status(value),
            .status_reason = text(value, "StatusReason"),
            .updated_at = text(value, "UpdatedAt"),
            .parameters = object(value, "Parameters"),
            .outputs = object(value, "Outputs"),
            .exports = object(value, "Exports"),
            .imports = texts(value, "Imports"),
            .resources = resources(value, "Resources"),
            .replaced = resources(value, "Replaced"),
            .former = {},
            .events = events(value)};
  if (const json::value* former = json::find(value, "Former"))
    out.former = FormerStack{.parameters = object(*former, "Parameters"),
                             .outputs = object(*former, "Outputs"),
                             .exports = object(*former, "Exports"),
                             .imports = texts(*former, "Imports"),
                             .resources = resources(*former, "Resources")};
  return out;
}

std::vector<std::string> deletion_order(const std::vector<StackResource>& resources) {
  std::vector<std::string> ids;
  std::map<std::string, std::set<std::string>> depends_on;
  for (const StackResource& r : resources) ids.push_back(r.logical_id);
  for (const StackResource& r : resources)
    for (const std::string& on : r.depends_on)
      if (on != r.logical_id && std::ranges::find(ids, on) != ids.end()) depends_on[r.logical_id].insert(on);
  auto order = creation_order(ids, depends_on);
  if (!order.ok()) order = ids;
  std::ranges::reverse(*order);
  return std::move(*order);
}

}  // namespace cumulet::cloudformation
