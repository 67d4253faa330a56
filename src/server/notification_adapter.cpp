#include "server/notification_adapter.hpp"

#include "base/arn.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/policy.hpp"

namespace cumulet::server {
namespace {

constexpr std::string_view kPrincipal = "s3.amazonaws.com";

// The function an ARN names; null when there is none.
lambda::FunctionRef function_of(const lambda::Lambda& lambda, std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "lambda") return nullptr;
  const auto name = lambda::FunctionName::parse(arn, parsed->region);
  if (!name.ok()) return nullptr;
  return lambda.store().find(name->region, name->name);
}

Result<void> send_to_queue(sqs::Sqs& sqs, storage::Transaction& tx, const std::string& arn, std::string body) {
  if (!sqs.find(arn)) {
    log::warn("an S3 event is dropped: its queue {} does not exist any more", arn);
    return {};
  }
  sqs::OutgoingMessage message;
  message.body = std::move(body);
  Result<void> sent = sqs.send(tx, arn, std::move(message));
  if (sent.ok() || sent.error().status() >= 500) return sent;
  // What the queue will never take is not tried again.
  log::warn("an S3 event is dropped: its queue {} refuses it: {}", arn, sent.error().message());
  return {};
}

}  // namespace

s3::NotificationTargets::Verdict NotifiedTargets::check_function(std::string_view function_arn,
                                                                 std::string_view bucket_arn,
                                                                 std::string_view account) {
  const lambda::FunctionRef function = function_of(lambda_, function_arn);
  if (function == nullptr) return Verdict::does_not_exist;
  return lambda::allows_service(*function, kPrincipal, bucket_arn, account) ? Verdict::ok : Verdict::not_permitted;
}

s3::NotificationTargets::Verdict NotifiedTargets::check_queue(std::string_view queue_arn, std::string_view bucket_arn,
                                                              std::string_view account) {
  const auto facts = sqs_.find(queue_arn);
  if (!facts) return Verdict::does_not_exist;
  const bool is_permitted = !facts->is_fifo && sqs_.allows_service(queue_arn, kPrincipal, bucket_arn, account);
  return is_permitted ? Verdict::ok : Verdict::not_permitted;
}

events::Outbox::Consumer notification_consumer(lambda::Lambda& lambda, sqs::Sqs& sqs) {
  return [&lambda, &sqs](storage::Transaction& tx, const events::Event& event) -> Result<void> {
    const auto document = json::parse(event.payload);
    const json::value* target = document.ok() ? json::find(*document, "TargetArn") : nullptr;
    const json::value* payload = document.ok() ? json::find(*document, "Payload") : nullptr;
    if (target == nullptr || payload == nullptr || !target->is_string()) {
      log::error("an S3 event in the outbox cannot be read; it is dropped");
      return {};
    }
    const std::string arn(target->as_string());
    const auto parsed = Arn::parse(arn);
    if (parsed && parsed->service == "sqs") return send_to_queue(sqs, tx, arn, json::text(*payload));
    if (function_of(lambda, arn) == nullptr) {
      log::warn("an S3 event is dropped: its function {} does not exist any more", arn);
      return {};
    }
    return lambda.events().enqueue(tx, arn, json::text(*payload));
  };
}

}  // namespace cumulet::server
