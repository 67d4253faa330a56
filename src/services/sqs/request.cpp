#include "services/sqs/request.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::string_view kAllowed = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

std::string_view last_segment(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url.substr(url.rfind('/') + 1);
}

Result<void> check_for_standard(const MessageToSend& fields) {
  if (fields.message_deduplication_id)
    return invalid_parameter(*fields.message_deduplication_id, "MessageDeduplicationId",
                             "The request includes a parameter that is not valid for this queue type.");
  if (fields.delay_seconds && (*fields.delay_seconds < 0 || *fields.delay_seconds > 900))
    return invalid_parameter(std::to_string(*fields.delay_seconds), "DelaySeconds",
                             "DelaySeconds must be >= 0 and <= 900.");
  return {};
}

Result<void> check_for_fifo(const Queue& queue, const MessageToSend& fields) {
  if (fields.delay_seconds.value_or(0) != 0)
    return invalid_parameter(std::to_string(*fields.delay_seconds), "DelaySeconds",
                             "The request include parameter that is not valid for this queue type.");
  if (!fields.message_group_id || fields.message_group_id->empty()) return missing_parameter("MessageGroupId");
  if (!fields.message_deduplication_id && !queue.attributes()->content_based_deduplication)
    return Error{kInvalidParameterValue,
                 "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                 "explicitly"};
  return {};
}

}  // namespace

Result<void> check_fifo_id(const std::string& value, std::string_view parameter) {
  const bool is_good = !value.empty() && value.size() <= 128 &&
                       std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (is_good) return {};
  return invalid_parameter(
      value, parameter,
      std::string(parameter) + " can only include alphanumeric and punctuation characters. 1 to 128 in length.");
}

bool is_queue_path(std::string_view path) {
  if (path.size() < 15 || path[0] != '/' || path[13] != '/') return false;
  return std::all_of(path.begin() + 1, path.begin() + 13, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_query(const wire::CallContext& context) {
  return context.head != nullptr && !context.head->headers.has("x-amz-target");
}

std::string queue_name_of(const wire::CallContext& context, const std::optional<std::string>& queue_url) {
  if (queue_url) return std::string(last_segment(std::string_view(*queue_url).substr(0, queue_url->find('?'))));
  if (context.head != nullptr && is_queue_path(context.head->raw_path()))
    return std::string(last_segment(context.head->raw_path()));
  return {};
}

Error no_such_queue(const wire::CallContext& context) {
  return Error{kQueueDoesNotExist, is_query(context) ? "The specified queue does not exist for this wsdl version."
                                                     : "The specified queue does not exist."};
}

Result<QueueRef> resolve(const Engine& engine, const wire::CallContext& context,
                         const std::optional<std::string>& queue_url) {
  const std::string name = queue_name_of(context, queue_url);
  if (name.empty() && !queue_url) return missing_parameter("QueueUrl");
  if (QueueRef queue = engine.find(context.region, name)) return queue;
  return no_such_queue(context);
}

std::string queue_url(std::string_view endpoint, std::string_view name) {
  return std::string(endpoint) + '/' + std::string(kAccountId) + '/' + std::string(name);
}

Sender Sender::of(const wire::CallContext& context) {
  Sender sender;
  sender.id = context.caller.user_id.empty() ? std::string(kAccountId) : context.caller.user_id;
  if (context.head != nullptr) sender.trace_header = context.head->headers.get_or("x-amzn-trace-id", "");
  return sender;
}

Result<Draft> draft(Engine& engine, const Queue& queue, const Sender& sender, MessageToSend fields) {
  CUMULET_CHECK(queue.is_fifo() ? check_for_fifo(queue, fields) : check_for_standard(fields));
  if (fields.message_deduplication_id)
    CUMULET_CHECK(check_fifo_id(*fields.message_deduplication_id, "MessageDeduplicationId"));
  if (fields.message_group_id) CUMULET_CHECK(check_fifo_id(*fields.message_group_id, "MessageGroupId"));
  Draft out;
  out.message = std::make_shared<StoredMessage>();
  StoredMessage& message = *out.message;
  CUMULET_TRY(message.attributes, checked_attributes(std::move(fields.message_attributes)));
  CUMULET_TRY(const MessageAttributes system, checked_system_attributes(std::move(fields.message_system_attributes)));
  if (!has_only_message_characters(*fields.message_body))
    return Error{kInvalidMessageContents,
                 "Invalid binary character was found in the message body, the set of allowed characters is " +
                     std::string(kAllowed)};
  message.body = std::move(*fields.message_body);
  message.message_id = uuid4(engine.deps().random);
  message.sender_id = sender.id;
  message.sent = engine.deps().clock.now();
  message.trace_header = sender.trace_header;
  if (const auto trace = system.find("AWSTraceHeader"); trace != system.end())
    message.trace_header = *trace->second.string_value;
  if (!system.empty()) out.md5_of_system_attributes = md5_of(system);
  message.group_id = std::move(fields.message_group_id).value_or("");
  if (queue.is_fifo())
    message.deduplication_id = fields.message_deduplication_id ? std::move(*fields.message_deduplication_id)
                                                               : hex_encode(sha256(message.body));
  message.md5_of_body = md5_hex(message.body);
  message.md5_of_attributes = md5_of(message.attributes);
  if (!queue.is_fifo() && fields.delay_seconds) out.delay = Seconds{*fields.delay_seconds};
  return out;
}

void tell(const Draft& sent, SentMessage& answer) {
  const StoredMessage& message = *sent.message;
  answer.message_id = message.message_id;
  answer.md5_of_message_body = message.md5_of_body;
  if (!message.md5_of_attributes.empty()) answer.md5_of_message_attributes = message.md5_of_attributes;
  answer.md5_of_message_system_attributes = sent.md5_of_system_attributes;
  if (!message.sequence_number.empty()) answer.sequence_number = message.sequence_number;
}

Result<void> check_size(const StoredMessage& message, int limit) {
  if (counted_bytes(message.body, message.attributes) <= static_cast<std::size_t>(limit)) return {};
  return too_long(limit);
}

Error too_long(int limit) {
  return Error{kInvalidParameterValue, "One or more parameters are invalid. Reason: Message must be shorter than " +
                                           std::to_string(limit) + " bytes."};
}

Result<ReceiptHandle> read_handle(const Engine& engine, const Queue& queue, const std::optional<std::string>& text) {
  if (!text || text->empty()) return missing_parameter("ReceiptHandle");
  const auto handle = engine.handles().read(*text);
  if (handle && handle->queue == queue.identity().id) return *handle;
  return Error{kReceiptHandleIsInvalid,
               "The input receipt handle \"" + text->substr(0, 1024) + "\" is not a valid receipt handle."};
}

Result<std::optional<std::int64_t>> to_delete(const Engine& engine, const Queue& queue,
                                              const std::optional<std::string>& text) {
  CUMULET_TRY(const ReceiptHandle handle, read_handle(engine, queue, text));
  const auto standing = queue.standing(handle, engine.handles().run());
  switch (standing) {
    case Queue::Standing::current: return std::optional(handle.message);
    case Queue::Standing::gone: return std::optional<std::int64_t>();
    case Queue::Standing::expired:
    case Queue::Standing::superseded: break;
  }
  // A standard queue deletes by any handle that it once gave for the message.
  if (!queue.is_fifo()) return std::optional(handle.message);
  return invalid_parameter(*text, "ReceiptHandle", "The receipt handle has expired.");
}

Result<void> change_visibility(const Engine& engine, Queue& queue, const std::optional<std::string>& text,
                               const std::optional<int>& timeout) {
  if (!timeout) return missing_parameter("VisibilityTimeout");
  if (*timeout < 0 || *timeout > 43'200)
    return invalid_parameter(std::to_string(*timeout), "VisibilityTimeout", "Must be between 0 and 43200.");
  CUMULET_TRY(const ReceiptHandle handle, read_handle(engine, queue, text));
  const auto standing = queue.standing(handle, engine.handles().run());
  if (standing == Queue::Standing::gone)
    return invalid_parameter(*text, "ReceiptHandle",
                             "Message does not exist or is not available for visibility timeout change.");
  // A standard queue takes any handle that it once gave. A message that is visible again stays so; SQS reports success.
  const bool is_good =
      standing == Queue::Standing::current || (standing == Queue::Standing::superseded && !queue.is_fifo());
  if (is_good) return queue.change_visibility(handle.message, Seconds{*timeout});
  return {};
}

StringMap system_attributes(const Delivery& delivery) {
  const StoredMessage& message = *delivery.message;
  StringMap out;
  out["SenderId"] = message.sender_id;
  out["SentTimestamp"] = std::to_string(to_millis(message.sent));
  out["ApproximateReceiveCount"] = std::to_string(message.earlier_receives + delivery.taken.receives);
  out["ApproximateFirstReceiveTimestamp"] = std::to_string(delivery.taken.first_received);
  const auto tell = [&out](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  tell("SequenceNumber", message.sequence_number);
  tell("MessageDeduplicationId", message.deduplication_id);
  tell("MessageGroupId", message.group_id);
  tell("AWSTraceHeader", message.trace_header);
  tell("DeadLetterQueueSourceArn", message.dead_letter_source_arn);
  return out;
}

}  // namespace cumulet::sqs
