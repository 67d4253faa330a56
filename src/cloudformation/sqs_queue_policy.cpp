#include <algorithm>

#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html
namespace cumulet::cloudformation {
namespace {

Result<void> unless_queue_gone(Result<void> result) {
  return unless_gone(std::move(result), {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"});
}

Result<bool> queue_found(Result<void> result) {
  return found(std::move(result), {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"});
}

// An empty text takes the policy away.
Result<void> set_policy(Provisioning& p, const std::string& queue_url, const std::string& policy) {
  return discard(p.aws.call("sqs", "SetQueueAttributes",
                            json::object{{"QueueUrl", queue_url}, {"Attributes", json::object{{"Policy", policy}}}}));
}

std::vector<std::string> queues_of(const json::object& properties) {
  std::vector<std::string> out;
  if (const auto* list = properties.if_contains("Queues"); list && list->is_array())
    for (const json::value& url : list->as_array())
      if (url.is_string()) out.emplace_back(url.as_string());
  return out;
}

Result<void> put(Provisioning& p, const json::object& properties) {
  const std::string policy = json::text(properties.at("PolicyDocument"));
  for (const std::string& url : queues_of(properties)) CUMULET_CHECK(set_policy(p, url, policy));
  return {};
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  json::object properties = to_json(desired.properties).as_object();
  if (queues_of(properties).empty())
    return template_error(desired.properties.line, "Queues must be a list of queue URLs");
  CUMULET_CHECK(put(p, properties));
  const std::string& id = desired.name;
  return Created{.physical_id = id, .attributes = {{"Id", id}}, .applied = std::move(properties)};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  const json::object wanted = to_json(desired.properties).as_object();
  if (!current.incomplete && current.properties == wanted) return {};
  const auto now = queues_of(wanted);
  for (const std::string& url : queues_of(current.properties))
    if (std::ranges::find(now, url) == now.end()) CUMULET_CHECK(unless_queue_gone(set_policy(p, url, "")));
  return put(p, wanted);
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  for (const std::string& url : queues_of(current.properties)) CUMULET_CHECK(unless_queue_gone(set_policy(p, url, "")));
  return {};
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  for (const std::string& url : queues_of(current.properties)) {
    const auto answer = p.aws.call("sqs", "GetQueueAttributes",
                                   json::object{{"QueueUrl", url}, {"AttributeNames", json::array{"Policy"}}});
    if (!answer.ok()) return queue_found(discard(answer));
    const json::value* attributes = json::find(*answer, "Attributes");
    if (!attributes || !json::find(*attributes, "Policy")) return false;
  }
  return true;
}

}  // namespace

const ResourceType kQueuePolicy{.name = "AWS::SQS::QueuePolicy",
                                .properties = {"Queues", "PolicyDocument"},
                                .ignored = {},
                                .required = {"Queues", "PolicyDocument"},
                                .replacing = {},
                                .name_property = "",
                                .name_length = 100,
                                .attributes = {"Id"},
                                .create = create,
                                .update = update,
                                .remove = remove,
                                .exists = exists};

}  // namespace cumulet::cloudformation
