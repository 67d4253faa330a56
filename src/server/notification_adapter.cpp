#include "server/notification_adapter.hpp"

#include "base/arn.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/policy.hpp"

namespace cumulet::server {
namespace {

constexpr std::string_view kPrincipal = "s3.amazonaws.com";

struct Named {
  lambda::FunctionRef function;  // null: there is none, or it has no such version or alias
  std::string qualifier{lambda::kLatest};
};

// The function, its version or its alias that an ARN names.
Named function_of(const lambda::Lambda& lambda, std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "lambda") return {};
  const auto name = lambda::FunctionName::parse(arn, parsed->region);
  if (!name.ok()) return {};
  Named named{lambda.store().find(name->region, name->name)};
  if (name->qualifier) named.qualifier = *name->qualifier;
  if (named.function && !named.function->has(named.qualifier)) return {};
  return named;
}

// What becomes of one notification: a row of the journal in the transaction that takes it out of the outbox.
class Delivery {
 public:
  Delivery(storage::Transaction& tx, const events::Event& event, events::Journal& journal)
      : tx_(tx), event_(event), journal_(journal) {}

  Result<void> delivered(std::string detail) const {
    return write("delivered", events::Verdict::fine, std::move(detail));
  }
  Result<void> dropped(std::string why) const {
    log::warn("an S3 event for {} is dropped: {}", event_.target, why);
    return write("dropped", events::Verdict::failed, std::move(why));
  }

 private:
  Result<void> write(std::string_view outcome, events::Verdict verdict, std::string detail) const {
    journal_.write(tx_, {events::Subject::notification, event_.target, std::string(outcome), verdict, std::move(detail),
                         event_.trace});
    return {};
  }
  storage::Transaction& tx_;
  const events::Event& event_;
  events::Journal& journal_;
};

Result<void> send_to_queue(sqs::Sqs& sqs, storage::Transaction& tx, const events::Event& event,
                           const Delivery& delivery) {
  if (!sqs.find(event.target)) return delivery.dropped("the queue does not exist any more");
  sqs::OutgoingMessage message;
  message.body = event.payload;
  Result<void> sent = sqs.send(tx, event.target, std::move(message));
  if (sent.ok()) return delivery.delivered("to a queue");
  if (sent.error().status() >= 500) return sent;
  // What the queue will never take is not tried again.
  return delivery.dropped("the queue refuses it: " + sent.error().message());
}

Result<void> send_to_function(lambda::Lambda& lambda, storage::Transaction& tx, const events::Event& event,
                              const Delivery& delivery) {
  const lambda::FunctionRef function = function_of(lambda, event.target).function;
  if (function == nullptr) return delivery.dropped("the function does not exist any more");
  const std::string request_id = uuid4();
  CUMULET_CHECK(lambda.events().enqueue(tx, event.target, event.payload, request_id, event.trace));
  return delivery.delivered("as " + function->name + '/' + request_id);
}

}  // namespace

s3::NotificationTargets::Verdict NotifiedTargets::check_function(std::string_view function_arn,
                                                                 std::string_view bucket_arn,
                                                                 std::string_view account) {
  const Named named = function_of(lambda_, function_arn);
  if (named.function == nullptr) return Verdict::does_not_exist;
  return lambda::allows_service(*named.function, named.qualifier, kPrincipal, bucket_arn, account)
             ? Verdict::ok
             : Verdict::not_permitted;
}

s3::NotificationTargets::Verdict NotifiedTargets::check_queue(std::string_view queue_arn, std::string_view bucket_arn,
                                                              std::string_view account) {
  const auto facts = sqs_.find(queue_arn);
  if (!facts) return Verdict::does_not_exist;
  const bool is_permitted = !facts->is_fifo && sqs_.allows_service(queue_arn, kPrincipal, bucket_arn, account);
  return is_permitted ? Verdict::ok : Verdict::not_permitted;
}

events::Outbox::Consumer notification_consumer(lambda::Lambda& lambda, sqs::Sqs& sqs, events::Journal& journal) {
  return [&lambda, &sqs, &journal](storage::Transaction& tx, const events::Event& event) -> Result<void> {
    const Delivery delivery(tx, event, journal);
    const auto parsed = Arn::parse(event.target);
    if (parsed && parsed->service == "sqs") return send_to_queue(sqs, tx, event, delivery);
    return send_to_function(lambda, tx, event, delivery);
  };
}

}  // namespace cumulet::server
