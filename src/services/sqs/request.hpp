#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/wire/operation.hpp"
#include "base/arn.hpp"
#include "services/sqs/engine.hpp"
#include "services/sqs/message.hpp"

// From what a call says to what it means.
namespace cumulet::sqs {

// "/000000000000/name", possibly with a slash at the end.
bool is_queue_path(std::string_view path);

bool is_query(const wire::CallContext& context);

// "http://host/000000000000/name" (any host, any account), or the name alone; Query calls may be sent to the queue's
// URL instead of naming it. Empty: none is named.
std::string queue_name_of(const wire::CallContext& context, const std::optional<std::string>& queue_url);
// MissingParameter, QueueDoesNotExist.
Result<QueueRef> resolve(const Engine& engine, const wire::CallContext& context,
                         const std::optional<std::string>& queue_url);
Error no_such_queue(const wire::CallContext& context);
std::string queue_url(std::string_view endpoint, std::string_view name);

// An id that a call gives to FIFO: a message group, a deduplication id, a receive attempt. 1 to 128 characters; else
// InvalidParameterValue.
Result<void> check_fifo_id(const std::string& value, std::string_view parameter);

// A message about to be sent, checked but for its size.
struct Draft {
  std::shared_ptr<StoredMessage> message;  // without row, sequence number
  std::optional<Seconds> delay;
  std::optional<std::string> md5_of_system_attributes;
};

struct Sender {
  std::string id;
  std::string trace_header;  // of the request
  static Sender of(const wire::CallContext& context);
};
// `fields` has a body that is not empty. Errors: InvalidParameterValue, MissingParameter, InvalidMessageContents.
Result<Draft> draft(Engine& engine, const Queue& queue, const Sender& sender, MessageToSend fields);
// What is answered once it was sent.
void tell(const Draft& sent, SentMessage& answer);
// InvalidParameterValue when body and attributes are longer than `limit`.
Result<void> check_size(const StoredMessage& message, int limit);
Error too_long(int limit);

// A handle that this queue issued; ReceiptHandleIsInvalid, MissingParameter.
Result<ReceiptHandle> read_handle(const Engine& engine, const Queue& queue, const std::optional<std::string>& text);
// The message to delete, none where it is gone (SQS reports success). FIFO refuses handles that are expired or
// superseded.
Result<std::optional<std::int64_t>> to_delete(const Engine& engine, const Queue& queue,
                                              const std::optional<std::string>& text);
Result<void> change_visibility(const Engine& engine, Queue& queue, const std::optional<std::string>& handle,
                               const std::optional<int>& timeout);

// System attributes of a received message, all of them.
StringMap system_attributes(const Delivery& delivery);

}  // namespace cumulet::sqs
