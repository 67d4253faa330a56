#include "services/sqs/service.hpp"

#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "services/sqs/errors.hpp"
#include "services/sqs/policy.hpp"
#include "services/sqs/request.hpp"
#include "services/sqs/service_impl.hpp"

// SQS as other services see it.
namespace cumulet::sqs {
namespace {

Error unknown_queue() { return Error{kQueueDoesNotExist, "The specified queue does not exist."}; }

ReceivedMessage received(const Delivery& delivery) {
  const StoredMessage& message = *delivery.message;
  return {message.message_id,        delivery.receipt_handle,     message.body,      message.md5_of_body,
          message.md5_of_attributes, system_attributes(delivery), message.attributes};
}

}  // namespace

Sqs::Sqs(Dependencies dependencies) : impl_(std::make_unique<Impl>(std::move(dependencies))) {}
Sqs::~Sqs() { stop(); }

Result<void> Sqs::load() { return impl_->engine.load(); }

void Sqs::start(std::string endpoint) {
  impl_->endpoint = std::move(endpoint);
  impl_->move_tasks.start();
}

void Sqs::stop() {
  impl_->move_tasks.stop();
  impl_->engine.stop();
}

std::optional<QueueFacts> Sqs::find(std::string_view queue_arn) const {
  const QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) return std::nullopt;
  return QueueFacts{queue->arn(), queue_url(impl_->endpoint, queue->identity().name), queue->is_fifo(),
                    queue->attributes()->visibility_timeout};
}

bool Sqs::allows_service(std::string_view queue_arn, std::string_view service, std::string_view source_arn,
                         std::string_view account) const {
  const QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) return false;
  return policy_allows(queue->attributes()->policy, {service, "sqs:SendMessage", queue_arn, source_arn, account});
}

Result<void> Sqs::send(storage::Transaction& tx, std::string_view queue_arn, OutgoingMessage outgoing) {
  const QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) return unknown_queue();
  MessageToSend fields;
  fields.message_body = std::move(outgoing.body);
  fields.message_attributes = on_wire(outgoing.attributes);
  if (!outgoing.group_id.empty()) fields.message_group_id = std::move(outgoing.group_id);
  if (!outgoing.deduplication_id.empty()) fields.message_deduplication_id = std::move(outgoing.deduplication_id);
  if (queue->is_fifo() && !fields.message_deduplication_id)
    fields.message_deduplication_id = hex_encode(sha256(*fields.message_body));
  const Sender sender{std::string(kAccountId), {}};
  CUMULET_TRY(const Draft ready, draft(impl_->engine, *queue, sender, std::move(fields)));
  CUMULET_CHECK(check_size(*ready.message, queue->attributes()->maximum_message_size));
  return impl_->engine.append(tx, queue, ready.message, ready.delay);
}

awaitable<Result<std::vector<ReceivedMessage>>> Sqs::receive(std::string queue_arn, int max, Seconds wait) {
  QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) co_return unknown_queue();
  ReceiveOptions options;
  options.max = static_cast<std::size_t>(max);
  options.wait = wait;
  Result<std::vector<Delivery>> deliveries = co_await impl_->engine.receive(std::move(queue), std::move(options));
  if (!deliveries.ok()) co_return std::move(deliveries).error();
  std::vector<ReceivedMessage> out;
  for (const Delivery& delivery : *deliveries) out.push_back(received(delivery));
  co_return out;
}

awaitable<Result<void>> Sqs::remove(std::string queue_arn, std::vector<std::string> receipt_handles) {
  QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) co_return unknown_queue();
  std::vector<std::int64_t> messages;
  for (auto& handle : receipt_handles) {
    const std::optional<std::string> text(std::move(handle));
    const auto message = to_delete(impl_->engine, *queue, text);
    if (message.ok() && *message) messages.push_back(**message);
  }
  Result<void> done = co_await impl_->engine.remove(std::move(queue), std::move(messages));
  co_return done;
}

awaitable<Result<void>> Sqs::change_visibility(std::string queue_arn, std::vector<std::string> receipt_handles,
                                               Seconds timeout) {
  const QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) co_return unknown_queue();
  for (const auto& handle : receipt_handles) {
    const Result<void> changed =
        sqs::change_visibility(impl_->engine, *queue, handle, static_cast<int>(timeout.count()));
    if (!changed.ok() && changed.error().is(kMissingParameter)) co_return changed;
  }
  co_return Result<void>();
}

Backlog Sqs::backlog(std::string_view queue_arn) const {
  const QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) return {};
  const Counts counts = queue->counts();
  return {counts.visible, counts.in_flight, counts.delayed};
}

Result<Sqs::Peek> Sqs::peek(std::string_view queue_arn, std::int64_t after, int limit, std::size_t body_bytes) const {
  const QueueRef queue = impl_->engine.find(queue_arn);
  if (queue == nullptr) return unknown_queue();
  return impl_->engine.deps().database.read_value<Peek>([&](storage::Connection& c) -> Result<Peek> {
    Peek out;
    const auto ids = store::message_ids(c, queue->identity().id, after, limit + 1);
    for (const std::int64_t id : ids) {
      if (static_cast<int>(out.messages.size()) == limit) {
        out.next = out.messages.back().id;
        break;
      }
      const auto entry = queue->look_at(id);
      if (!entry) continue;  // deleted or purged just now
      PeekedMessage& one = out.messages.emplace_back();
      one.id = id;
      one.state = entry->state == MessageState::ready       ? "visible"
                  : entry->state == MessageState::in_flight ? "inFlight"
                                                            : "delayed";
      one.receives = entry->receives;
      try {
        const auto message = store::read_message(c, id);
        if (!message) {
          out.messages.pop_back();
          continue;
        }
        one.message_id = message->message_id;
        one.sent = message->sent;
        one.receives += message->earlier_receives;
        one.group_id = message->group_id;
        one.body_bytes = static_cast<std::int64_t>(message->body.size());
        one.body = cut_utf8(message->body, body_bytes);
        one.trace_header = message->trace_header;
      } catch (const storage::DamagedRow&) {
        one.state = "damaged";
      }
    }
    return out;
  });
}

std::vector<std::pair<std::string, Backlog>> Sqs::backlogs() const {
  std::vector<std::pair<std::string, Backlog>> out;
  for (const QueueRef& queue : impl_->engine.queues()) {
    const Counts counts = queue->counts();
    out.emplace_back(queue->arn(), Backlog{counts.visible, counts.in_flight, counts.delayed});
  }
  return out;
}

}  // namespace cumulet::sqs
