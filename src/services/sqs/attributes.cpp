#include "services/sqs/attributes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/arn.hpp"
#include "base/text.hpp"
#include "services/sqs/errors.hpp"
#include "services/sqs/policy.hpp"
#include "services/sqs/redrive.hpp"

namespace cumulet::sqs {
namespace {

struct Range {
  std::string_view name;
  std::int64_t low, high, initial;
};
constexpr std::array<Range, 6> kNumbers = {{
    {"VisibilityTimeout", 0, 43'200, 30},
    {"DelaySeconds", 0, 900, 0},
    {"ReceiveMessageWaitTimeSeconds", 0, 20, 0},
    {"MessageRetentionPeriod", 60, 1'209'600, 345'600},
    {"MaximumMessageSize", 1'024, kMessageBytes, kMessageBytes},
    {"KmsDataKeyReusePeriodSeconds", 60, 86'400, 300},
}};
constexpr std::array<std::string_view, 3> kBooleans = {"FifoQueue", "ContentBasedDeduplication",
                                                       "SqsManagedSseEnabled"};
constexpr std::array<std::string_view, 6> kTexts = {"Policy",         "RedrivePolicy",      "RedriveAllowPolicy",
                                                    "KmsMasterKeyId", "DeduplicationScope", "FifoThroughputLimit"};
// What the queue itself tells; not to be set.
constexpr std::array<std::string_view, 6> kTold = {"QueueArn",
                                                   "CreatedTimestamp",
                                                   "LastModifiedTimestamp",
                                                   "ApproximateNumberOfMessages",
                                                   "ApproximateNumberOfMessagesNotVisible",
                                                   "ApproximateNumberOfMessagesDelayed"};

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

const Range* number(std::string_view name) {
  const auto found = std::find_if(kNumbers.begin(), kNumbers.end(), [&](const Range& r) { return r.name == name; });
  return found == kNumbers.end() ? nullptr : &*found;
}

bool is_settable(std::string_view name) {
  return number(name) != nullptr || holds(kBooleans, name) || holds(kTexts, name);
}

Error unknown(std::string_view name) {
  return Error{kInvalidAttributeName, "Unknown Attribute " + std::string(name) + "."};
}
Error bad_value(std::string_view name, std::string_view reason = {}) {
  std::string text = "Invalid value for the parameter " + std::string(name) + ".";
  if (!reason.empty()) (text += " Reason: ") += reason;
  return Error{kInvalidAttributeValue, std::move(text)};
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string value_or(const StringMap& values, std::string_view name, std::string_view fallback) {
  const auto found = values.find(std::string(name));
  return std::string(found == values.end() ? fallback : std::string_view(found->second));
}

// One attribute on its own; booleans become lower case.
Result<void> check_one(const std::string& name, std::string& value, bool is_fifo) {
  if (!is_settable(name)) return unknown(name);
  if (const Range* range = number(name)) {
    const auto n = to_integer(value);
    if (!n || *n < range->low || *n > range->high) return bad_value(name);
    return {};
  }
  if (holds(kBooleans, name)) {
    if (name != "SqsManagedSseEnabled" && !is_fifo) return unknown(name);
    value = lower(value);
    if (value != "true" && value != "false") return bad_value(name);
    return {};
  }
  if (name == "DeduplicationScope" || name == "FifoThroughputLimit") {
    if (!is_fifo)
      return Error{kInvalidAttributeName, "You can specify the " + name + " only when FifoQueue is set to true."};
    const bool is_scope = name == "DeduplicationScope";
    if (value != (is_scope ? "queue" : "perQueue") && value != (is_scope ? "messageGroup" : "perMessageGroupId"))
      return bad_value(name);
  }
  return {};
}

// What attributes say together.
Result<void> check_together(const StringMap& values, const StringMap& changes, std::string_view arn, bool is_fifo,
                            const FindAttributes& find) {
  if (value_or(values, "FifoThroughputLimit", "perQueue") == "perMessageGroupId" &&
      value_or(values, "DeduplicationScope", "queue") != "messageGroup")
    return bad_value("FifoThroughputLimit",
                     "The perMessageGroupId value is allowed only when the value for DeduplicationScope is "
                     "messageGroup.");
  if (!value_or(values, "KmsMasterKeyId", "").empty() && value_or(values, "SqsManagedSseEnabled", "false") == "true")
    return Error{kInvalidAttributeName,
                 "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or "
                 "SQS SSE."};
  if (const auto policy = changes.find("Policy"); policy != changes.end() && !policy->second.empty())
    CUMULET_CHECK(check_policy(policy->second));
  if (const auto allow = changes.find("RedriveAllowPolicy"); allow != changes.end() && !allow->second.empty()) {
    const auto parsed = parse_redrive_allow(allow->second);
    if (!parsed.ok()) return parsed.error();
  }
  if (const auto redrive = changes.find("RedrivePolicy"); redrive != changes.end() && !redrive->second.empty())
    CUMULET_CHECK(check_redrive(redrive->second, arn, is_fifo, find));
  return {};
}

constexpr std::string_view kStandardName =
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
constexpr std::string_view kFifoName =
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo "
    "suffix and be 1 to 80 in length.";

bool has_name_characters(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<bool> check_name(std::string_view name, const StringMap& wanted) {
  const auto fifo = wanted.find("FifoQueue");
  const bool wants_fifo = fifo != wanted.end() && lower(fifo->second) == "true";
  const bool is_named_fifo = is_fifo_name(name);
  const std::string_view stem = is_named_fifo ? name.substr(0, name.size() - 5) : name;
  if (name.size() > 80 || !has_name_characters(stem) || is_named_fifo != wants_fifo)
    return Error{kInvalidParameterValue, std::string(wants_fifo ? kFifoName : kStandardName)};
  return wants_fifo;
}

}  // namespace

bool is_fifo_name(std::string_view name) { return name.ends_with(".fifo"); }

bool RedriveAllowPolicy::allows(std::string_view source_arn) const {
  if (permission != Permission::by_queue) return permission == Permission::allow_all;
  return holds(source_queue_arns, source_arn);
}

QueueAttributes QueueAttributes::of(StringMap values, bool is_fifo) {
  QueueAttributes a;
  a.is_fifo = is_fifo;
  const auto numeric = [&values](std::string_view name) {
    const auto found = values.find(std::string(name));
    const std::int64_t initial = number(name)->initial;
    return found == values.end() ? initial : to_integer(found->second).value_or(initial);
  };
  a.visibility_timeout = Seconds{numeric("VisibilityTimeout")};
  a.delay = Seconds{numeric("DelaySeconds")};
  a.receive_wait = Seconds{numeric("ReceiveMessageWaitTimeSeconds")};
  a.retention = Seconds{numeric("MessageRetentionPeriod")};
  a.maximum_message_size = static_cast<int>(numeric("MaximumMessageSize"));
  a.content_based_deduplication = value_or(values, "ContentBasedDeduplication", "false") == "true";
  a.deduplication_scope = value_or(values, "DeduplicationScope", "queue") == "messageGroup"
                              ? DeduplicationScope::message_group
                              : DeduplicationScope::queue;
  if (const auto found = values.find("RedrivePolicy"); found != values.end())
    if (auto parsed = parse_redrive(found->second); parsed.ok()) a.redrive = std::move(parsed).value();
  if (const auto found = values.find("RedriveAllowPolicy"); found != values.end())
    if (auto parsed = parse_redrive_allow(found->second); parsed.ok()) a.redrive_allow = std::move(parsed).value();
  a.policy = value_or(values, "Policy", "");
  a.values = std::move(values);
  return a;
}

Result<QueueAttributes> checked_new_queue(std::string_view name, std::string_view arn, const StringMap& wanted,
                                          const FindAttributes& find) {
  // What SQS says where FifoQueue is set to false.
  if (const auto fifo = wanted.find("FifoQueue"); fifo != wanted.end() && lower(fifo->second) == "false")
    return unknown("FifoQueue");
  CUMULET_TRY(const bool is_fifo, check_name(name, wanted));
  StringMap values = wanted;
  for (auto& [key, value] : values) {
    if (value.empty() && holds(kTexts, key)) continue;
    CUMULET_CHECK(check_one(key, value, is_fifo));
  }
  std::erase_if(values, [](const auto& entry) { return entry.second.empty(); });
  if (values.contains("KmsMasterKeyId")) values.try_emplace("SqsManagedSseEnabled", "false");
  CUMULET_CHECK(check_together(values, values, arn, is_fifo, find));
  return QueueAttributes::of(std::move(values), is_fifo);
}

Result<QueueAttributes> checked_change(const QueueAttributes& old, std::string_view arn, const StringMap& changes,
                                       const FindAttributes& find) {
  StringMap values = old.values;
  StringMap checked = changes;
  for (auto& [key, value] : checked) {
    if (value.empty() && holds(kTexts, key)) {
      values.erase(key);
      continue;
    }
    CUMULET_CHECK(check_one(key, value, old.is_fifo));
    if (key == "FifoQueue" && value != "true") return bad_value("FifoQueue", "Modifying queue type is not supported.");
    values[key] = value;
  }
  // A key turns SQS's own encryption off and the other way round, unless the call asks for both.
  if (checked.contains("KmsMasterKeyId") && !checked.contains("SqsManagedSseEnabled") &&
      values.contains("KmsMasterKeyId"))
    values["SqsManagedSseEnabled"] = "false";
  if (value_or(checked, "SqsManagedSseEnabled", "") == "true" && !checked.contains("KmsMasterKeyId"))
    values.erase("KmsMasterKeyId");
  CUMULET_CHECK(check_together(values, checked, arn, old.is_fifo, find));
  return QueueAttributes::of(std::move(values), old.is_fifo);
}

Result<void> check_same(const QueueAttributes& existing, const StringMap& wanted) {
  const QueueState nothing;
  for (const auto& [name, value] : wanted) {
    if (value.empty()) continue;
    const auto has = rendered(existing, nothing, {name});
    if (!has.ok()) return has.error();
    const std::string current = value_or(*has, name, "");
    if (current == value || (holds(kBooleans, name) && current == lower(value))) continue;
    return Error{kQueueNameExists,
                 "A queue already exists with the same name and a different value for attribute " + name};
  }
  return {};
}

Result<StringMap> rendered(const QueueAttributes& attributes, const QueueState& state,
                           const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (name != "All" && !is_settable(name) && !holds(kTold, name)) return unknown(name);
  const bool wants_all = holds(names, "All");
  StringMap out;
  const auto tell = [&](std::string_view name, std::string value) {
    if ((wants_all || holds(names, name)) && !value.empty()) out[std::string(name)] = std::move(value);
  };
  const auto seconds = [](TimePoint t) { return std::to_string(to_millis(t) / 1000); };
  tell("QueueArn", state.arn);
  tell("CreatedTimestamp", seconds(state.created));
  tell("LastModifiedTimestamp", seconds(state.modified));
  tell("ApproximateNumberOfMessages", std::to_string(state.counts.visible));
  tell("ApproximateNumberOfMessagesNotVisible", std::to_string(state.counts.in_flight));
  tell("ApproximateNumberOfMessagesDelayed", std::to_string(state.counts.delayed));
  const bool has_key = attributes.values.contains("KmsMasterKeyId");
  for (const Range& range : kNumbers) {
    if (range.name == "KmsDataKeyReusePeriodSeconds" && !has_key) continue;
    tell(range.name, value_or(attributes.values, range.name, std::to_string(range.initial)));
  }
  for (const auto name : kTexts) tell(name, value_or(attributes.values, name, ""));
  tell("SqsManagedSseEnabled", value_or(attributes.values, "SqsManagedSseEnabled", has_key ? "false" : "true"));
  if (attributes.is_fifo) {
    tell("FifoQueue", "true");
    tell("ContentBasedDeduplication", value_or(attributes.values, "ContentBasedDeduplication", "false"));
    tell("DeduplicationScope", value_or(attributes.values, "DeduplicationScope", "queue"));
    tell("FifoThroughputLimit", value_or(attributes.values, "FifoThroughputLimit", "perQueue"));
  }
  return out;
}

}  // namespace cumulet::sqs
