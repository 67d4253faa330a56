#include "services/lambda/queue_batch.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace cumulet::lambda {

json::object queue_record(const QueueMessage& message, std::string_view queue_arn, std::string_view region) {
  constexpr std::string_view kOrder[] = {
      "ApproximateReceiveCount", "AWSTraceHeader", "SentTimestamp",          "SequenceNumber",
      "MessageGroupId",          "SenderId",       "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp"};
  json::object attributes;
  for (const auto name : kOrder)
    if (const auto found = message.attributes.find(std::string(name)); found != message.attributes.end())
      attributes[name] = found->second;
  for (const auto& [name, value] : message.attributes)
    if (!attributes.contains(name)) attributes[name] = value;

  json::object message_attributes;
  for (const auto& [name, value] : message.message_attributes) {
    json::object attribute;
    if (value.string_value) attribute["stringValue"] = *value.string_value;
    if (value.binary_value) attribute["binaryValue"] = base64_encode(*value.binary_value);
    attribute["stringListValues"] = json::array{};
    attribute["binaryListValues"] = json::array{};
    attribute["dataType"] = value.data_type;
    message_attributes[name] = std::move(attribute);
  }

  json::object record;
  record["messageId"] = message.message_id;
  record["receiptHandle"] = message.receipt_handle;
  record["body"] = message.body;
  record["attributes"] = std::move(attributes);
  record["messageAttributes"] = std::move(message_attributes);
  record["md5OfBody"] = message.md5_of_body;
  if (!message.md5_of_message_attributes.empty()) record["md5OfMessageAttributes"] = message.md5_of_message_attributes;
  record["eventSource"] = "aws:sqs";
  record["eventSourceARN"] = queue_arn;
  record["awsRegion"] = region;
  return record;
}

std::vector<QueueRecord> queue_records(std::vector<QueueMessage> messages, const EventFilter& filter,
                                       std::string_view queue_arn, std::string_view region) {
  std::vector<QueueRecord> records;
  records.reserve(messages.size());
  for (QueueMessage& message : messages) {
    const json::value record = queue_record(message, queue_arn, region);
    std::string text = filter.passes(record) ? json::text(record) : std::string();
    message.body = {};
    records.push_back({std::move(message), std::move(text)});
  }
  return records;
}

std::string queue_event(const std::vector<std::string>& records) {
  std::size_t size = kQueueEventFrame;
  for (const auto& record : records) size += record.size() + 1;
  std::string out;
  out.reserve(size);
  out += "{\"Records\":[";
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i) out += ',';
    out += records[i];
  }
  out += "]}";
  return out;
}

std::optional<std::set<std::string, std::less<>>> failed_messages(std::string_view answer,
                                                                  const std::set<std::string, std::less<>>& batch) {
  std::set<std::string, std::less<>> failed;
  if (answer.empty()) return failed;
  const auto document = json::parse(answer);
  if (!document.ok()) return std::nullopt;
  if (document->is_null()) return failed;
  if (!document->is_object()) {  // "" and [] say nothing
    const bool is_empty = (document->is_string() && document->as_string().empty()) ||
                          (document->is_array() && document->as_array().empty());
    return is_empty ? std::optional(failed) : std::nullopt;
  }
  const json::value* list = json::find(*document, "batchItemFailures");
  if (!list || list->is_null()) return failed;
  if (!list->is_array()) return std::nullopt;
  for (const json::value& item : list->as_array()) {
    const json::value* id = json::find(item, "itemIdentifier");
    if (!id || !id->is_string()) return std::nullopt;
    std::string text(id->as_string());
    if (!batch.contains(text)) return std::nullopt;
    failed.insert(std::move(text));
  }
  return failed;
}

}  // namespace cumulet::lambda
