#include "apps/polybot/worker/event.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/json.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr int kMostAttempts = 1'000'000;

QueueRecord read_record(const json::value& record) {
  QueueRecord out;
  out.message_id = json::text_at(record, "messageId");
  out.receipt_handle = json::text_at(record, "receiptHandle");
  out.body = json::text_at(record, "body");
  out.queue_arn = json::text_at(record, "eventSourceARN");
  if (const auto* all = json::find(record, "attributes"); all && all->is_object())
    for (const auto& [name, value] : all->get_object())
      if (value.is_string()) out.attributes[name] = value.get_string();
  if (const auto* all = json::find(record, "messageAttributes"); all && all->is_object())
    for (const auto& [name, value] : all->get_object())
      if (const auto* text = json::find(value, "stringValue"); text && text->is_string())
        out.message_attributes[name] = text->get_string();
  return out;
}

}  // namespace

int QueueRecord::receive_count() const {
  int out = 1;
  if (const auto found = attributes.find("ApproximateReceiveCount"); found != attributes.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), out);
  return std::max(out, 1);
}

Result<std::vector<QueueRecord>> read_sqs_event(std::string_view payload) {
  const auto event = json::parse(payload, {.depth = kDeepest});
  if (!event.ok()) return Error{kNoSqsEvent, "the event is no JSON: " + event.error().message()};
  const auto* records = json::find(*event, "Records");
  if (!records || !records->is_array())
    return Error{kNoSqsEvent, "the event has no Records: this function is for the messages of an SQS queue"};
  std::vector<QueueRecord> out;
  for (const auto& record : records->get_array())
    if (auto one = read_record(record); !one.message_id.empty()) out.push_back(std::move(one));
  return out;
}

ResultMessage read_result_message(std::string_view body) {
  const auto message = json::parse(body, {.depth = kDeepest});
  if (!message.ok()) return Nothing{};
  if (auto job = json::text_at(*message, "check"); !job.empty()) {
    Check out{std::move(job), 0};
    if (const auto* attempt = json::find(*message, "attempt"); attempt && attempt->is_int64())
      out.attempt = static_cast<int>(std::clamp<std::int64_t>(attempt->get_int64(), 0, kMostAttempts));
    return out;
  }
  const auto* records = json::find(*message, "Records");
  if (!records || !records->is_array()) return Nothing{};
  std::vector<ObjectCreated> out;
  for (const auto& record : records->get_array()) {
    const auto* s3 = json::find(record, "s3");
    const auto* bucket = s3 ? json::find(*s3, "bucket") : nullptr;
    const auto* object = s3 ? json::find(*s3, "object") : nullptr;
    if (!bucket || !object || !json::text_at(record, "eventName").starts_with("ObjectCreated:")) continue;
    auto key = percent_decode(json::text_at(*object, "key"), Plus::space);
    if (key && !key->empty()) out.push_back({json::text_at(*bucket, "name"), std::move(*key)});
  }
  return out;
}

std::string check_message(const Check& check) {
  return "{\"check\":\"" + check.job_id + "\",\"attempt\":" + std::to_string(check.attempt) + "}";
}

}  // namespace cumulet::polybot
