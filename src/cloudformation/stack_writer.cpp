#include "cloudformation/stack_writer.hpp"

#include <algorithm>

#include "cloudformation/sam.hpp"

namespace cumulet::cloudformation {

StackWriter::StackWriter(Surroundings& surroundings, Stack s)
    : stack(std::move(s)), s_(surroundings), environment_(surroundings.environment) {
  environment_.stack_name = stack.name;
  environment_.stack_id = stack.id;
}

Result<void> StackWriter::set_status(const std::string& status, const std::string& reason) {
  StackResource itself{.logical_id = stack.name,
                       .type = "AWS::CloudFormation::Stack",
                       .name = {},
                       .physical_id = stack.id,
                       .attributes = {},
                       .properties = {},
                       .depends_on = {}};
  note(itself, status, reason);
  stack.status = status;
  stack.status_reason = reason;
  return save();
}

void StackWriter::note(StackResource& resource, const std::string& status, const std::string& reason) {
  resource.status = status;
  resource.status_reason = reason;
  if (stack.events.size() >= kMaxEvents) stack.events.erase(stack.events.begin());
  stack.events.push_back({.timestamp = iso8601_millis(s_.clock.now()),
                          .logical_id = resource.logical_id,
                          .physical_id = resource.physical_id,
                          .type = resource.type,
                          .status = status,
                          .reason = reason});
}

void StackWriter::report(Action action, const StackResource& resource, std::string detail) {
  if (!s_.on_step) return;
  s_.on_step({.action = action,
              .logical_id = resource.logical_id,
              .type = resource.type,
              .physical_id = resource.physical_id,
              .detail = std::move(detail)});
}

Result<void> StackWriter::save() {
  stack.updated_at = iso8601(s_.clock.now());
  auto saved = s_.store.save(stack);
  lost_ = lost_ || !saved.ok();
  return saved;
}

Provisioning StackWriter::provisioning(Buckets buckets) {
  return {.aws = s_.aws,
          .environment = environment_,
          .random = s_.random,
          .pause = s_.pause,
          .empty_buckets = buckets == Buckets::empty};
}

Result<void> StackWriter::remove(StackResource& resource, Buckets buckets) {
  const ResourceType* type = resource_type(resource.type);
  if (!type) return template_error(0, "the type " + resource.type + " is not understood");
  if (resource.touch == Touch::refused) return {};
  Provisioning p = provisioning(buckets);
  if (resource.physical_id.empty()) {  // AWS's answer was not heard, or it was an error
    const Desired desired{
        .logical_id = resource.logical_id, .properties = from_json(resource.properties), .name = resource.name};
    CUMULET_TRY(const auto found, find_resource(*type, p, desired));
    if (!found) return {};
    resource.physical_id = *found;
  }
  return type->remove(p, resource);
}

Result<std::optional<Error>> StackWriter::clean_up() {
  std::optional<Error> first;
  std::vector<StackResource> left;
  while (!stack.replaced.empty()) {
    StackResource old = stack.replaced.back();
    note(old, "DELETE_IN_PROGRESS");
    const auto outcome = remove(old);
    stack.replaced.pop_back();
    if (outcome.ok()) {
      note(old, "DELETE_COMPLETE");
      report(Action::deleted, old);
    } else {
      const std::string why = "cannot delete " + old.physical_id + ": " + described(outcome.error());
      note(old, "DELETE_FAILED", described(outcome.error()));
      if (!first) first = resource_error(old.logical_id, 0, why);
      left.push_back(std::move(old));
    }
    // What is left has to be in the record at every moment.
    const std::size_t remaining = stack.replaced.size();
    stack.replaced.insert(stack.replaced.end(), left.rbegin(), left.rend());
    const auto saved = save();
    stack.replaced.resize(remaining);
    if (!saved.ok()) return saved.error();
  }
  std::ranges::reverse(left);
  stack.replaced = std::move(left);
  return first;
}

Result<std::set<std::string>> find_gone(Surroundings& surroundings, const Stack& stack) {
  StackWriter writer(surroundings, stack);
  Provisioning p = writer.provisioning();
  std::set<std::string> out;
  for (const StackResource& r : stack.resources) {
    const ResourceType* type = resource_type(r.type);
    if (!type) continue;
    if (r.physical_id.empty()) {  // its making was cut off, and so was its deletion
      out.insert(r.logical_id);
      continue;
    }
    const auto there = type->exists(p, r);
    if (!there) return resource_error(r.logical_id, 0, described(there.error()));
    if (!*there) out.insert(r.logical_id);
  }
  return out;
}

}  // namespace cumulet::cloudformation
