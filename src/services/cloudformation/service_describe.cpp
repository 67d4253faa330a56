#include <algorithm>

#include "base/encoding.hpp"
#include "services/cloudformation/service.hpp"
#include "services/cloudformation/statuses.hpp"

namespace cumulet::cloudformation::service {
namespace {

constexpr std::size_t kEventsAPage = 100;
constexpr std::size_t kStacksAPage = 100;

Text text_or_none(const std::string& text) { return text.empty() ? Text{} : Text{text}; }

TimePoint time_of(const std::string& text) { return parse_iso8601(text).value_or(TimePoint{}); }

// When something last happened to a resource, by the stack's events.
TimePoint last_event(const StackRow& row, const std::string& logical_id) {
  for (auto e = row.stack.events.rbegin(); e != row.stack.events.rend(); ++e)
    if (e->logical_id == logical_id && e->type != "AWS::CloudFormation::Stack") return time_of(e->timestamp);
  return row.details.created;
}

DescribedStack described_stack(const StackRow& row) {
  const StackDetails& d = row.shown();
  DescribedStack out;
  out.stack_id = row.stack.id;
  out.stack_name = row.stack.name;
  out.change_set_id = d.change_set_id;
  out.description = d.description;
  if (!d.parameters.empty()) out.parameters = d.parameters;
  out.creation_time = d.created;
  out.deletion_time = d.deleted;
  out.last_updated_time = d.updated;
  out.rollback_configuration = d.rollback_configuration.value_or(RollbackConfiguration{});
  out.stack_status = row.stack.status;
  out.stack_status_reason = text_or_none(row.stack.status_reason);
  out.disable_rollback = d.on_failure == "DO_NOTHING";
  out.notification_arns = d.notification_arns;
  out.timeout_in_minutes = d.timeout_in_minutes;
  if (!d.capabilities.empty()) out.capabilities = d.capabilities;
  std::vector<StackOutput> outputs;
  for (const auto& [key, value] : row.stack.outputs) {
    StackOutput one;
    one.output_key = key;
    one.output_value = value.is_string() ? std::string(value.as_string()) : json::text(value);
    const auto described = std::ranges::find(d.outputs, one.output_key, &StackOutput::output_key);
    if (described != d.outputs.end()) one.description = described->description;
    for (const auto& [name, output] : row.stack.exports)
      if (output.is_string() && output.as_string() == key) one.export_name = std::string(name);
    outputs.push_back(std::move(one));
  }
  if (!outputs.empty()) out.outputs = std::move(outputs);
  out.role_arn = d.role_arn;
  out.tags = d.tags;
  out.enable_termination_protection = d.is_protected;
  return out;
}

std::string event_id(const StackEvent& event, const Stack& stack, std::size_t number) {
  if (event.type == "AWS::CloudFormation::Stack" && event.logical_id == stack.name) {
    const std::string hash = hex_encode(sha256(stack.id + event.timestamp + event.status + std::to_string(number)));
    return hash.substr(0, 8) + "-" + hash.substr(8, 4) + "-" + hash.substr(12, 4) + "-" + hash.substr(16, 4) + "-" +
           hash.substr(20, 12);
  }
  return event.logical_id + "-" + event.status + "-" + event.timestamp;
}

// A page of `all`, whose token is where the next begins.
template <class T>
Result<Text> cut(std::vector<T>& all, const Text& token, std::size_t most) {
  std::size_t from = 0;
  if (token) {
    const auto text = base64_decode(*token);
    if (!text || text->empty() || text->size() > 9 ||
        !std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; }))
      return template_error(0, "Invalid NextToken");
    from = std::stoul(*text);
  }
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(from, all.size())));
  if (all.size() <= most) return Text{};
  all.resize(most);
  return Text{base64_encode(std::to_string(from + most))};
}

}  // namespace

Result<DescribeStacksOutput> CloudFormation::describe_stacks(const wire::CallContext& context,
                                                             const StacksInput& input) {
  DescribeStacksOutput out;
  if (input.stack_name) {
    CUMULET_TRY(const StackRow row, stack_of(context, *input.stack_name, no_such_stack(*input.stack_name).message()));
    out.stacks.push_back(described_stack(row));
    return out;
  }
  CUMULET_TRY(const auto rows, rows_.list(context.region, StackRows::Which::live));
  for (const StackRow& row : rows) out.stacks.push_back(described_stack(row));
  CUMULET_TRY(out.next_token, cut(out.stacks, input.next_token, kStacksAPage));
  return out;
}

Result<ListStacksOutput> CloudFormation::list_stacks(const wire::CallContext& context, const ListStacksInput& input) {
  CUMULET_TRY(const auto rows, rows_.list(context.region, StackRows::Which::all));
  ListStacksOutput out;
  for (const StackRow& row : rows) {
    if (const auto& wanted = input.stack_status_filter;
        wanted && !wanted->empty() && std::ranges::find(*wanted, row.stack.status) == wanted->end())
      continue;
    StackSummary one;
    one.stack_id = row.stack.id;
    one.stack_name = row.stack.name;
    one.template_description = row.shown().description;
    one.creation_time = row.details.created;
    one.last_updated_time = row.shown().updated;
    one.deletion_time = row.details.deleted;
    one.stack_status = row.stack.status;
    one.stack_status_reason = text_or_none(row.stack.status_reason);
    out.stack_summaries.push_back(std::move(one));
  }
  CUMULET_TRY(out.next_token, cut(out.stack_summaries, input.next_token, kStacksAPage));
  return out;
}

Result<DescribeStackEventsOutput> CloudFormation::describe_stack_events(const wire::CallContext& context,
                                                                        const StacksInput& input) {
  if (!input.stack_name) return template_error(0, "StackName must be specified");
  CUMULET_TRY(const StackRow row,
              stack_of(context, *input.stack_name, "Stack [" + *input.stack_name + "] does not exist"));
  DescribeStackEventsOutput out;
  const auto& events = row.stack.events;
  for (std::size_t i = events.size(); i-- > 0;) {
    DescribedEvent one;
    one.stack_id = row.stack.id;
    one.event_id = event_id(events[i], row.stack, i);
    one.stack_name = row.stack.name;
    one.logical_resource_id = events[i].logical_id;
    one.physical_resource_id = events[i].physical_id;
    one.resource_type = events[i].type;
    one.timestamp = time_of(events[i].timestamp);
    one.resource_status = events[i].status;
    one.resource_status_reason = text_or_none(events[i].reason);
    one.client_request_token = row.shown().client_request_token;
    out.stack_events.push_back(std::move(one));
  }
  CUMULET_TRY(out.next_token, cut(out.stack_events, input.next_token, kEventsAPage));
  return out;
}

Result<DescribeStackResourceOutput> CloudFormation::describe_stack_resource(const wire::CallContext& context,
                                                                            const DescribeStackResourceInput& input) {
  CUMULET_TRY(const StackRow row,
              stack_of(context, input.stack_name, "Stack '" + input.stack_name + "' does not exist"));
  const StackResource* found = row.stack.find(input.logical_resource_id);
  if (!found)
    return template_error(0, "Resource " + input.logical_resource_id + " does not exist for stack " + row.stack.name);
  DescribeStackResourceOutput out;
  StackResourceDetail& r = out.stack_resource_detail;
  r.stack_name = row.stack.name;
  r.stack_id = row.stack.id;
  r.logical_resource_id = found->logical_id;
  r.physical_resource_id = text_or_none(found->physical_id);
  r.resource_type = found->type;
  r.last_updated_timestamp = last_event(row, found->logical_id);
  r.resource_status = found->status;
  r.resource_status_reason = text_or_none(found->status_reason);
  r.metadata = "{}";
  return out;
}

Result<DescribeStackResourcesOutput> CloudFormation::describe_stack_resources(
    const wire::CallContext& context, const DescribeStackResourcesInput& input) {
  if (!input.stack_name && !input.physical_resource_id)
    return template_error(0, "Either StackName or PhysicalResourceId must be specified.");
  if (input.stack_name && input.physical_resource_id)
    return template_error(0, "Only one of StackName and PhysicalResourceId may be specified.");
  std::vector<StackRow> rows;
  if (input.stack_name) {
    CUMULET_TRY(StackRow row, stack_of(context, *input.stack_name, no_such_stack(*input.stack_name).message()));
    rows.push_back(std::move(row));
  } else {
    CUMULET_TRY(rows, rows_.list(context.region, StackRows::Which::live));
    std::erase_if(rows, [&](const StackRow& row) {
      return std::ranges::find(row.stack.resources, *input.physical_resource_id, &StackResource::physical_id) ==
             row.stack.resources.end();
    });
    if (rows.empty()) return template_error(0, "Stack for " + *input.physical_resource_id + " does not exist");
  }
  DescribeStackResourcesOutput out;
  for (const StackRow& row : rows)
    for (const StackResource& found : row.stack.resources) {
      if (input.logical_resource_id && found.logical_id != *input.logical_resource_id) continue;
      DescribedResource r;
      r.stack_name = row.stack.name;
      r.stack_id = row.stack.id;
      r.logical_resource_id = found.logical_id;
      r.physical_resource_id = text_or_none(found.physical_id);
      r.resource_type = found.type;
      r.timestamp = last_event(row, found.logical_id);
      r.resource_status = found.status;
      r.resource_status_reason = text_or_none(found.status_reason);
      out.stack_resources.push_back(std::move(r));
    }
  return out;
}

Result<ListStackResourcesOutput> CloudFormation::list_stack_resources(const wire::CallContext& context,
                                                                      const ListStackResourcesInput& input) {
  CUMULET_TRY(const StackRow row, stack_of(context, input.stack_name, no_such_stack(input.stack_name).message()));
  ListStackResourcesOutput out;
  for (const StackResource& found : row.stack.resources) {
    StackResourceSummary r;
    r.logical_resource_id = found.logical_id;
    r.physical_resource_id = text_or_none(found.physical_id);
    r.resource_type = found.type;
    r.last_updated_timestamp = last_event(row, found.logical_id);
    r.resource_status = found.status;
    r.resource_status_reason = text_or_none(found.status_reason);
    out.stack_resource_summaries.push_back(std::move(r));
  }
  CUMULET_TRY(out.next_token, cut(out.stack_resource_summaries, input.next_token, kEventsAPage));
  return out;
}

Result<ListExportsOutput> CloudFormation::list_exports(const wire::CallContext& context,
                                                       const ListExportsInput& input) {
  CUMULET_TRY(const auto rows, rows_.list(context.region, StackRows::Which::live));
  ListExportsOutput out;
  for (const StackRow& row : rows)
    for (const auto& [name, output] : row.stack.exports) {
      const json::value* value = output.is_string() ? row.stack.outputs.if_contains(output.as_string()) : nullptr;
      if (value && value->is_string())
        out.exports.push_back({row.stack.id, std::string(name), std::string(value->as_string())});
    }
  std::ranges::sort(out.exports, {}, &OutputExport::name);
  CUMULET_TRY(out.next_token, cut(out.exports, input.next_token, kStacksAPage));
  return out;
}

Result<ListImportsOutput> CloudFormation::list_imports(const wire::CallContext& context,
                                                       const ListImportsInput& input) {
  CUMULET_TRY(const auto rows, rows_.list(context.region, StackRows::Which::live));
  ListImportsOutput out;
  bool is_there = false;
  for (const StackRow& row : rows) {
    is_there = is_there || row.stack.exports.contains(input.export_name);
    if (row.stack.imports.contains(input.export_name)) out.imports.push_back(row.stack.name);
  }
  if (!is_there) return template_error(0, "Export '" + input.export_name + "' does not exist.");
  if (out.imports.empty()) return template_error(0, "Export '" + input.export_name + "' is not imported by any stack.");
  CUMULET_TRY(out.next_token, cut(out.imports, input.next_token, kStacksAPage));
  return out;
}

}  // namespace cumulet::cloudformation::service
