#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "services/sqs/model_batch.hpp"

// A message apart from where it is in its queue: what was sent, and what the system says of it.
namespace cumulet::sqs {

struct StoredMessage {
  std::int64_t id = 0;  // row
  std::string message_id;
  std::string body;
  MessageAttributes attributes;
  std::string sender_id;
  TimePoint sent;
  std::string group_id;          // FIFO, or given for a fair queue
  std::string deduplication_id;  // FIFO
  std::string sequence_number;   // FIFO: 20 digits
  std::string trace_header;      // AWSTraceHeader
  std::string dead_letter_source_arn;
  int earlier_receives = 0;  // from the queues it came from
  std::string md5_of_body;
  std::string md5_of_attributes;  // empty without attributes
};
using StoredMessageRef = std::shared_ptr<const StoredMessage>;

// The digests that SDKs check.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
std::string md5_hex(std::string_view bytes);
std::string md5_of(const MessageAttributes& attributes);  // empty without attributes

// What a message counts against the limits: body, and each attribute's name, type and value.
std::size_t counted_bytes(std::string_view body, const MessageAttributes& attributes);
std::size_t counted_bytes(const AttributeValues& attributes);
// #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF, in UTF-8.
bool has_only_message_characters(std::string_view text);

// Message attributes from the wire, checked: at most ten, names, types, values. InvalidParameterValue.
Result<MessageAttributes> checked_attributes(AttributeValues values);
// Of the system's attributes only AWSTraceHeader may be sent.
Result<MessageAttributes> checked_system_attributes(AttributeValues values);
AttributeValues on_wire(const MessageAttributes& attributes);

// Those that ReceiveMessage asked for by MessageAttributeNames: "All", ".*", "name", "prefix.*" (or "prefix*").
MessageAttributes selected(const MessageAttributes& attributes, const std::vector<std::string>& names);

// A row's text of everything but body and ids; empty when there is nothing to say.
std::string encode_extras(const StoredMessage& message);
void decode_extras(std::string_view text, StoredMessage& message);

}  // namespace cumulet::sqs
