#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdk/client.hpp"

// Amazon SQS, over its JSON protocol. What is sent is held against the MD5s that the queue answers with, as AWS's own
// SDKs do. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
namespace cumulet::sdk {

struct OutgoingMessage {
  std::string body;                                    // 1 byte to 1 MiB with the attributes, of XML 1.0's characters
  std::map<std::string, std::string> attributes = {};  // of data type String; values are not empty; at most 10
  Seconds delay{0};                                    // to 900 s
  std::string group_id = {}, deduplication_id = {};    // FIFO queues
};

struct ReceivedMessage {
  std::string message_id, receipt_handle, body;
  std::map<std::string, std::string> attributes;          // ApproximateReceiveCount, SentTimestamp, ...
  std::map<std::string, std::string> message_attributes;  // those of type String or Number
};

struct ReceiveOptions {
  int most = 1;     // to 10
  Seconds wait{0};  // to 20 s
  std::optional<Seconds> visibility_timeout = {};
};

class Sqs {
 public:
  explicit Sqs(Client client) : client_(std::move(client)) {}

  // Error "QueueDoesNotExist" (by its JSON code) when there is no such queue in this account and region.
  Result<std::string> queue_url(std::string_view name);
  // The message's id, once it is safely on the queue. kIntegrity when the queue took other bytes than were sent.
  Result<std::string> send(std::string_view queue_url, const OutgoingMessage& message);
  Result<std::vector<ReceivedMessage>> receive(std::string_view queue_url, const ReceiveOptions& options = {});
  Result<void> remove(std::string_view queue_url, std::string_view receipt_handle);
  Result<void> change_visibility(std::string_view queue_url, std::string_view receipt_handle, Seconds timeout);

 private:
  Client client_;
};

// The MD5 (hex) that SQS gives of message attributes of data type String.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
std::string md5_of_attributes(const std::map<std::string, std::string>& attributes);

}  // namespace cumulet::sdk
