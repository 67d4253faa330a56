#include <algorithm>

#include "services/sqs/errors.hpp"
#include "services/sqs/request.hpp"
#include "services/sqs/service_impl.hpp"

namespace cumulet::sqs {
namespace {

Result<ReceiveOptions> receive_options(const ReceiveMessageRequest& request, const QueueAttributes& attributes) {
  ReceiveOptions options;
  const int max = request.max_number_of_messages.value_or(1);
  if (max < 1 || max > 10)
    return invalid_parameter(std::to_string(max), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
  options.max = static_cast<std::size_t>(max);
  options.wait = attributes.receive_wait;
  if (request.wait_time_seconds) {
    const int wait = *request.wait_time_seconds;
    if (wait < 0 || wait > 20)
      return invalid_parameter(std::to_string(wait), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
    options.wait = Seconds{wait};
  }
  if (request.visibility_timeout) {
    const int visibility = *request.visibility_timeout;
    if (visibility < 0 || visibility > 43'200)
      return invalid_parameter(std::to_string(visibility), "VisibilityTimeout",
                               "Must be >= 0 and <= 43200, if provided.");
    options.visibility = Seconds{visibility};
  }
  if (request.receive_request_attempt_id) {
    if (!attributes.is_fifo)
      return invalid_parameter(*request.receive_request_attempt_id, "ReceiveRequestAttemptId",
                               "The request include parameter that is not valid for this queue type.");
    CUMULET_CHECK(check_fifo_id(*request.receive_request_attempt_id, "ReceiveRequestAttemptId"));
    options.attempt = *request.receive_request_attempt_id;
  }
  return options;
}

Message on_wire(const Delivery& delivery, const ReceiveMessageRequest& request) {
  const StoredMessage& message = *delivery.message;
  Message out;
  out.message_id = message.message_id;
  out.receipt_handle = delivery.receipt_handle;
  out.body = message.body;
  out.md5_of_body = message.md5_of_body;
  std::vector<std::string> names = request.attribute_names;
  names.insert(names.end(), request.message_system_attribute_names.begin(),
               request.message_system_attribute_names.end());
  if (!names.empty()) {
    StringMap all = system_attributes(delivery);
    const auto is_wanted = [&names](std::string_view name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!is_wanted("All")) std::erase_if(all, [&](const auto& one) { return !is_wanted(one.first); });
    if (!all.empty()) out.attributes = std::move(all);
  }
  const MessageAttributes wanted = selected(message.attributes, request.message_attribute_names);
  if (!wanted.empty()) {
    out.md5_of_message_attributes = md5_of(wanted);
    out.message_attributes = on_wire(wanted);
  }
  return out;
}

}  // namespace

Sqs::Async<SendMessageResult> Sqs::send_message(const Context& context, SendMessageRequest request) {
  Engine& engine = impl_->engine;
  CUMULET_CO_TRY(const QueueRef queue, resolve(engine, context, request.queue_url));
  if (!request.message_body || request.message_body->empty()) co_return missing_parameter("MessageBody");
  const Sender sender = Sender::of(context);
  CUMULET_CO_TRY(const Draft ready, draft(engine, *queue, sender, std::move(request)));
  CUMULET_CO_CHECK(check_size(*ready.message, queue->attributes()->maximum_message_size));

  storage::Database::Job job = [&engine, queue, ready](storage::Transaction& tx) {
    return engine.append(tx, queue, ready.message, ready.delay);
  };
  const Result<void> sent = co_await engine.deps().database.write(std::move(job));
  if (!sent.ok()) co_return sent.error().is(kQueueDoesNotExist) ? no_such_queue(context) : sent.error();
  SendMessageResult result;
  tell(ready, result);
  co_return result;
}

Sqs::Async<ReceiveMessageResult> Sqs::receive_message(const Context& context, ReceiveMessageRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  CUMULET_CO_TRY(ReceiveOptions options, receive_options(request, *queue->attributes()));
  Result<std::vector<Delivery>> deliveries = co_await impl_->engine.receive(std::move(queue), std::move(options));
  if (!deliveries.ok())
    co_return deliveries.error().is(kQueueDoesNotExist) ? no_such_queue(context) : deliveries.error();
  ReceiveMessageResult result;
  if (!deliveries->empty()) result.messages.emplace();
  for (const Delivery& delivery : *deliveries) result.messages->push_back(on_wire(delivery, request));
  co_return result;
}

Sqs::Async<wire::Empty> Sqs::delete_message(const Context& context, DeleteMessageRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  CUMULET_CO_TRY(const auto message, to_delete(impl_->engine, *queue, request.receipt_handle));
  if (message) {
    std::vector<std::int64_t> messages{*message};
    CUMULET_CO_CHECK(co_await impl_->engine.remove(std::move(queue), std::move(messages)));
  }
  co_return wire::Empty{};
}

Sqs::Async<wire::Empty> Sqs::change_message_visibility(const Context& context, ChangeMessageVisibilityRequest request) {
  CUMULET_CO_TRY(const QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  CUMULET_CO_CHECK(sqs::change_visibility(impl_->engine, *queue, request.receipt_handle, request.visibility_timeout));
  co_return wire::Empty{};
}

}  // namespace cumulet::sqs
