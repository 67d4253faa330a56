#include <algorithm>
#include <array>

#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
namespace cumulet::cloudformation {
namespace {

constexpr std::size_t kLongestName = 80;
constexpr std::chrono::seconds kLongestWait{70};
constexpr std::string_view kFifoSuffix = ".fifo";

// The attribute of a property that vanished from the template.
struct Attribute {
  std::string_view name, without;
};
constexpr std::array kAttributes{Attribute{"ContentBasedDeduplication", "false"},
                                 Attribute{"DeduplicationScope", "queue"},
                                 Attribute{"DelaySeconds", "0"},
                                 Attribute{"FifoThroughputLimit", "perQueue"},
                                 Attribute{"KmsDataKeyReusePeriodSeconds", "300"},
                                 Attribute{"KmsMasterKeyId", ""},
                                 Attribute{"MaximumMessageSize", "1048576"},
                                 Attribute{"MessageRetentionPeriod", "345600"},
                                 Attribute{"ReceiveMessageWaitTimeSeconds", "0"},
                                 Attribute{"RedriveAllowPolicy", ""},
                                 Attribute{"RedrivePolicy", ""},
                                 Attribute{"SqsManagedSseEnabled", "true"},
                                 Attribute{"VisibilityTimeout", "30"}};

// Of a document its JSON text.
std::string attribute_text(const Node& value) { return as_text(value).value_or(json::text(to_json(value))); }

bool is_fifo(const Node& properties) {
  const Node* fifo = properties.find("FifoQueue");
  return fifo && as_boolean(*fifo).value_or(false);
}

Result<void> unless_queue_gone(Result<void> result) {
  return unless_gone(std::move(result), {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"});
}

Result<bool> queue_found(Result<void> result) {
  return found(std::move(result), {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"});
}

std::string new_name(Provisioning& p, const Desired& desired) {
  const std::string_view suffix = is_fifo(desired.properties) ? kFifoSuffix : "";
  return generated_name(p, desired.logical_id, kLongestName - suffix.size()) + std::string(suffix);
}

Result<std::optional<std::string>> find(Provisioning& p, const Desired& desired) {
  const auto answer = p.aws.call("sqs", "GetQueueUrl", json::object{{"QueueName", desired.name}});
  CUMULET_TRY(const bool there, queue_found(discard(answer)));
  return there ? std::optional(member_text(*answer, "QueueUrl")) : std::nullopt;
}

// The name of a queue that was deleted (by a rollback, say) is free after 60 seconds.
Result<json::value> create_when_free(Provisioning& p, const json::object& input) {
  for (std::chrono::seconds waited{0};; ++waited) {
    auto answer = p.aws.call("sqs", "CreateQueue", input);
    if (answer.ok() || waited >= kLongestWait || !error_code(answer.error()).ends_with("QueueDeletedRecently"))
      return answer;
    p.pause(std::chrono::seconds{1});
  }
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& name = desired.name;
  // SQS answers with the URL of a queue that is there already; CloudFormation does not take such a queue over.
  if (desired.is_there) return aws_error("QueueAlreadyExists", name + " already exists");
  json::object attributes;
  if (is_fifo(desired.properties)) attributes["FifoQueue"] = "true";
  for (const Attribute& attribute : kAttributes)
    if (const Node* value = desired.properties.find(attribute.name))
      attributes[attribute.name] = attribute_text(*value);
  json::object input{{"QueueName", name}, {"Attributes", std::move(attributes)}};
  if (auto given = property_tags(desired.properties); !given.empty()) input["tags"] = std::move(given);
  CUMULET_TRY(const json::value answer, create_when_free(p, input));
  const json::value* url = json::find(answer, "QueueUrl");
  if (!url || !url->is_string()) return aws_error("InternalFailure", "CreateQueue answered without a QueueUrl");
  const Environment& e = p.environment;
  const std::string text(url->as_string());
  return Created{.physical_id = text,
                 .attributes = {{"Arn", "arn:" + e.partition + ":sqs:" + e.region + ":" + e.account_id + ":" + name},
                                {"QueueName", name},
                                {"QueueUrl", text}},
                 .applied = to_json(desired.properties).as_object()};
}

Result<void> update_tags(Provisioning& p, const Desired& desired, const StackResource& current) {
  const json::object now = property_tags(desired.properties);
  json::array lost = lost_tags(current, now);
  const json::value url(current.physical_id);
  if (!lost.empty())
    CUMULET_CHECK(p.aws.call("sqs", "UntagQueue", json::object{{"QueueUrl", url}, {"TagKeys", std::move(lost)}}));
  if (!now.empty()) CUMULET_CHECK(p.aws.call("sqs", "TagQueue", json::object{{"QueueUrl", url}, {"Tags", now}}));
  return {};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  const json::object wanted = to_json(desired.properties).as_object();
  json::object attributes;
  for (const Attribute& attribute : kAttributes) {
    if (!property_changed(current, wanted, attribute.name)) continue;
    const Node* value = desired.properties.find(attribute.name);
    if (value)
      attributes[attribute.name] = attribute_text(*value);
    else if (current.properties.contains(attribute.name))
      attributes[attribute.name] = std::string(attribute.without);
  }
  if (!attributes.empty())
    CUMULET_CHECK(p.aws.call("sqs", "SetQueueAttributes",
                             json::object{{"QueueUrl", current.physical_id}, {"Attributes", std::move(attributes)}}));
  return property_changed(current, wanted, "Tags") ? update_tags(p, desired, current) : Result<void>{};
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_queue_gone(discard(p.aws.call("sqs", "DeleteQueue", json::object{{"QueueUrl", current.physical_id}})));
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return queue_found(discard(p.aws.call("sqs", "GetQueueAttributes", json::object{{"QueueUrl", current.physical_id}})));
}

}  // namespace

const ResourceType kQueue{
    .name = "AWS::SQS::Queue",
    .properties = {"QueueName", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds",
                   "FifoThroughputLimit", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize",
                   "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy",
                   "SqsManagedSseEnabled", "Tags", "VisibilityTimeout"},
    .ignored = {},
    .required = {},
    .replacing = {"QueueName", "FifoQueue"},
    .name_property = "QueueName",
    .name_length = kLongestName,
    .attributes = {"Arn", "QueueName", "QueueUrl"},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists,
    .find = find,
    .new_name = new_name};

}  // namespace cumulet::cloudformation
