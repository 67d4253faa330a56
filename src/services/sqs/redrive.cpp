#include "services/sqs/redrive.hpp"

#include <charconv>

#include "base/arn.hpp"
#include "base/json.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

Error invalid(std::string_view text, std::string_view reason) {
  return invalid_parameter(text, "RedrivePolicy", reason);
}

std::optional<std::int64_t> count_of(const json::value& value) {
  if (const auto* n = value.if_int64()) return *n;
  const auto* text = value.if_string();
  if (text == nullptr) return std::nullopt;
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), n);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return n;
}

Error unsupported_format() {
  return Error{kInvalidAttributeValue,
               "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow "
               "policy, as it’s in an unsupported format."};
}

Error invalid_allow(std::string_view text, std::string_view reason) {
  return invalid_parameter(text, "RedriveAllowPolicy",
                           "Amazon SQS can't create the redrive allow policy. " + std::string(reason));
}

}  // namespace

Result<RedrivePolicy> parse_redrive(std::string_view text) {
  const auto document = json::parse(text);
  if (!document.ok() || !document->is_object())
    return Error{kInvalidAttributeValue,
                 "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map."};
  const json::value* count = json::find(*document, "maxReceiveCount");
  if (count == nullptr || count->is_null())
    return invalid(text, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const json::value* target = json::find(*document, "deadLetterTargetArn");
  if (target == nullptr || target->is_null())
    return invalid(text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (document->get_object().size() > 2)
    return invalid(text, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  const auto n = count_of(*count);
  if (!n || *n < 1 || *n > 1000)
    return invalid(text,
                   "Invalid value for maxReceiveCount: " + (n ? std::to_string(*n) : std::string(json::text(*count))) +
                       ", valid values are from 1 to 1000 both inclusive.");
  const auto arn = target->is_string() ? Arn::parse(std::string_view(target->get_string())) : std::nullopt;
  if (!arn) return invalid(text, "Invalid value for deadLetterTargetArn.");
  if (arn->service != "sqs") return invalid(text, "Only SQS queues are valid resources for deadLetterTargetArn.");
  return RedrivePolicy{arn->text(), static_cast<int>(*n)};
}

Result<void> check_redrive(std::string_view text, std::string_view source_arn, bool is_fifo,
                           const FindAttributes& find) {
  CUMULET_TRY(const RedrivePolicy policy, parse_redrive(text));
  const auto source = Arn::parse(source_arn);
  const auto target = Arn::parse(policy.dead_letter_target_arn);
  if (is_fifo_name(target->resource) != is_fifo)
    return invalid(text, "Dead-letter queue must be same type of queue as the source.");
  if (source && source->region != target->region)
    return invalid(text, "Dead-letter target owner should be in the same region as the source.");
  const QueueAttributes* attributes = find(policy.dead_letter_target_arn);
  if (attributes == nullptr) return invalid(text, "Dead letter target does not exist.");
  if (!attributes->redrive_allow.allows(source_arn))
    return invalid(text, "Queue " + policy.dead_letter_target_arn + " does not allow this queue as a source.");
  return {};
}

Result<RedriveAllowPolicy> parse_redrive_allow(std::string_view text) {
  using Permission = RedriveAllowPolicy::Permission;
  const auto document = json::parse(text);
  if (!document.ok() || !document->is_object()) return unsupported_format();
  RedriveAllowPolicy policy;
  const json::value* arns = nullptr;
  bool has_permission = false;
  for (const auto& [key, value] : document->get_object()) {
    if (key == "sourceQueueArns") {
      arns = &value;
      continue;
    }
    if (key != "redrivePermission" || !value.is_string()) return unsupported_format();
    const std::string_view permission(value.get_string());
    if (permission == "allowAll")
      policy.permission = Permission::allow_all;
    else if (permission == "denyAll")
      policy.permission = Permission::deny_all;
    else if (permission == "byQueue")
      policy.permission = Permission::by_queue;
    else
      return unsupported_format();
    has_permission = true;
  }
  if (!has_permission) return unsupported_format();
  if (arns != nullptr) {
    if (!arns->is_array()) return unsupported_format();
    for (const json::value& arn : arns->get_array()) {
      if (!arn.is_string()) return unsupported_format();
      policy.source_queue_arns.emplace_back(arn.get_string());
    }
  }
  if (policy.permission != Permission::by_queue && arns != nullptr)
    return invalid_allow(text, "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
  if (policy.permission == Permission::by_queue && policy.source_queue_arns.empty())
    return invalid_allow(text,
                         "When you specify the byQueue permission type, you must also specify one or more "
                         "sourceQueueArns values.");
  if (policy.source_queue_arns.size() > 10)
    return invalid_allow(text, "The maximum number of source queue ARNs you can specify is 10.");
  return policy;
}

}  // namespace cumulet::sqs
