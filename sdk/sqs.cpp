#include "sdk/sqs.hpp"

#include "base/encoding.hpp"
#include "sdk/errors.hpp"

namespace cumulet::sdk {
namespace {

void append_sized(std::string& out, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
  out += bytes;
}

ReceivedMessage received(const json::value& message) {
  ReceivedMessage out;
  out.message_id = json::text_at(message, "MessageId");
  out.receipt_handle = json::text_at(message, "ReceiptHandle");
  out.body = json::text_at(message, "Body");
  if (const auto* all = json::find(message, "Attributes"); all && all->is_object())
    for (const auto& [name, value] : all->get_object())
      if (value.is_string()) out.attributes[name] = value.get_string();
  if (const auto* all = json::find(message, "MessageAttributes"); all && all->is_object())
    for (const auto& [name, value] : all->get_object())
      if (const auto* text = json::find(value, "StringValue"); text && text->is_string())
        out.message_attributes[name] = text->get_string();
  return out;
}

}  // namespace

std::string md5_of_attributes(const std::map<std::string, std::string>& attributes) {
  std::string canonical;
  for (const auto& [name, value] : attributes) {  // in the order of their names
    append_sized(canonical, name);
    append_sized(canonical, "String");
    canonical += '\1';  // a text, not bytes
    append_sized(canonical, value);
  }
  return hex_encode(md5(canonical));
}

Result<std::string> Sqs::queue_url(std::string_view name) {
  CUMULET_TRY(const auto answer, client_.call("sqs", "GetQueueUrl", json::object{{"QueueName", name}}));
  std::string url = json::text_at(answer, "QueueUrl");
  if (url.empty()) return Error{kBadResponse, "GetQueueUrl gave no QueueUrl"};
  return url;
}

Result<std::string> Sqs::send(std::string_view queue_url, const OutgoingMessage& message) {
  json::object input{{"QueueUrl", queue_url}, {"MessageBody", message.body}};
  json::object attributes;
  for (const auto& [name, value] : message.attributes)
    attributes[name] = json::object{{"DataType", "String"}, {"StringValue", value}};
  if (!attributes.empty()) input["MessageAttributes"] = std::move(attributes);
  if (message.delay.count() > 0) input["DelaySeconds"] = message.delay.count();
  if (!message.group_id.empty()) input["MessageGroupId"] = message.group_id;
  if (!message.deduplication_id.empty()) input["MessageDeduplicationId"] = message.deduplication_id;
  CUMULET_TRY(const auto answer, client_.call("sqs", "SendMessage", input));
  const std::string id = json::text_at(answer, "MessageId");
  if (id.empty()) return Error{kBadResponse, "SendMessage gave no MessageId"};
  const std::string body = json::text_at(answer, "MD5OfMessageBody");
  const std::string attributes_md5 = json::text_at(answer, "MD5OfMessageAttributes");
  if ((!body.empty() && body != hex_encode(md5(message.body))) ||
      (!attributes_md5.empty() && attributes_md5 != md5_of_attributes(message.attributes)))
    return Error{kIntegrity, "the queue took another message than was sent: its MD5s differ (message " + id + ")"};
  return id;
}

Result<std::vector<ReceivedMessage>> Sqs::receive(std::string_view queue_url, const ReceiveOptions& options) {
  json::object input{{"QueueUrl", queue_url},
                     {"MaxNumberOfMessages", options.most},
                     {"WaitTimeSeconds", options.wait.count()},
                     {"AttributeNames", json::array{"All"}},
                     {"MessageAttributeNames", json::array{"All"}}};
  if (options.visibility_timeout) input["VisibilityTimeout"] = options.visibility_timeout->count();
  CUMULET_TRY(const auto answer, client_.call("sqs", "ReceiveMessage", input));
  std::vector<ReceivedMessage> out;
  const auto* messages = json::find(answer, "Messages");
  if (messages && messages->is_array())
    for (const auto& message : messages->get_array()) out.push_back(received(message));
  return out;
}

Result<void> Sqs::remove(std::string_view queue_url, std::string_view receipt_handle) {
  const json::object input{{"QueueUrl", queue_url}, {"ReceiptHandle", receipt_handle}};
  CUMULET_TRY(const auto answer, client_.call("sqs", "DeleteMessage", input));
  (void)answer;
  return {};
}

Result<void> Sqs::change_visibility(std::string_view queue_url, std::string_view receipt_handle, Seconds timeout) {
  const json::object input{
      {"QueueUrl", queue_url}, {"ReceiptHandle", receipt_handle}, {"VisibilityTimeout", timeout.count()}};
  CUMULET_TRY(const auto answer, client_.call("sqs", "ChangeMessageVisibility", input));
  (void)answer;
  return {};
}

}  // namespace cumulet::sdk
