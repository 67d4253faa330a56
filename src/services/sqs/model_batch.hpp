#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/sqs/model_message.hpp"

// Messages, up to ten at a time: each entry succeeds or fails on its own.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
namespace cumulet::sqs {

struct SendMessageBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> message_body;
  std::optional<int> delay_seconds;
  AttributeValues message_attributes;
  AttributeValues message_system_attributes;
  std::optional<std::string> message_deduplication_id;
  std::optional<std::string> message_group_id;
};

struct SendMessageBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<SendMessageBatchRequestEntry>> entries;
};

struct SendMessageBatchResultEntry {
  std::string id;
  std::string message_id;
  std::string md5_of_message_body;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<std::string> md5_of_message_system_attributes;
  std::optional<std::string> sequence_number;
};

struct BatchResultErrorEntry {
  std::string id;
  bool sender_fault = true;
  std::string code;
  std::string message;
};

struct SendMessageBatchResult {
  std::optional<std::vector<SendMessageBatchResultEntry>> successful;  // absent when empty
  std::optional<std::vector<BatchResultErrorEntry>> failed;
};

struct DeleteMessageBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> receipt_handle;
};

struct DeleteMessageBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<DeleteMessageBatchRequestEntry>> entries;
};

struct ChangeMessageVisibilityBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> receipt_handle;
  std::optional<int> visibility_timeout;
};

struct ChangeMessageVisibilityBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<ChangeMessageVisibilityBatchRequestEntry>> entries;
};

struct BatchResultEntry {
  std::string id;
};

// Of DeleteMessageBatch and ChangeMessageVisibilityBatch, which name their entries differently in Query.
struct DeleteMessageBatchResult {
  std::optional<std::vector<BatchResultEntry>> successful;  // absent when empty
  std::optional<std::vector<BatchResultErrorEntry>> failed;
};
struct ChangeMessageVisibilityBatchResult {
  std::optional<std::vector<BatchResultEntry>> successful;
  std::optional<std::vector<BatchResultErrorEntry>> failed;
};

}  // namespace cumulet::sqs

namespace cumulet::wire {

template <>
struct Describe<sqs::SendMessageBatchRequestEntry> {
  using T = sqs::SendMessageBatchRequestEntry;
  static Shape shape() {
    return structure("SendMessageBatchRequestEntry",
                     {
                         member<&T::id>("Id"),
                         member<&T::message_body>("MessageBody"),
                         member<&T::delay_seconds>("DelaySeconds"),
                         member<&T::message_attributes>("MessageAttributes")
                             .as("MessageAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                         member<&T::message_system_attributes>("MessageSystemAttributes")
                             .as("MessageSystemAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                         member<&T::message_deduplication_id>("MessageDeduplicationId"),
                         member<&T::message_group_id>("MessageGroupId"),
                     });
  }
};

template <>
struct Describe<sqs::SendMessageBatchRequest> {
  using T = sqs::SendMessageBatchRequest;
  static Shape shape() {
    return structure("SendMessageBatchRequest",
                     {
                         member<&T::queue_url>("QueueUrl"),
                         member<&T::entries>("Entries").as("SendMessageBatchRequestEntry").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::SendMessageBatchResultEntry> {
  using T = sqs::SendMessageBatchResultEntry;
  static Shape shape() {
    return structure("SendMessageBatchResultEntry",
                     {
                         member<&T::id>("Id"),
                         member<&T::message_id>("MessageId"),
                         member<&T::md5_of_message_body>("MD5OfMessageBody"),
                         member<&T::md5_of_message_attributes>("MD5OfMessageAttributes"),
                         member<&T::md5_of_message_system_attributes>("MD5OfMessageSystemAttributes"),
                         member<&T::sequence_number>("SequenceNumber"),
                     });
  }
};

template <>
struct Describe<sqs::BatchResultErrorEntry> {
  using T = sqs::BatchResultErrorEntry;
  static Shape shape() {
    return structure("BatchResultErrorEntry", {
                                                  member<&T::id>("Id"),
                                                  member<&T::sender_fault>("SenderFault"),
                                                  member<&T::code>("Code"),
                                                  member<&T::message>("Message"),
                                              });
  }
};

template <>
struct Describe<sqs::SendMessageBatchResult> {
  using T = sqs::SendMessageBatchResult;
  static Shape shape() {
    return structure("SendMessageBatchResult",
                     {
                         member<&T::successful>("Successful").as("SendMessageBatchResultEntry").flattened(),
                         member<&T::failed>("Failed").as("BatchResultErrorEntry").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::DeleteMessageBatchRequestEntry> {
  using T = sqs::DeleteMessageBatchRequestEntry;
  static Shape shape() {
    return structure("DeleteMessageBatchRequestEntry",
                     {member<&T::id>("Id"), member<&T::receipt_handle>("ReceiptHandle")});
  }
};

template <>
struct Describe<sqs::DeleteMessageBatchRequest> {
  using T = sqs::DeleteMessageBatchRequest;
  static Shape shape() {
    return structure("DeleteMessageBatchRequest",
                     {
                         member<&T::queue_url>("QueueUrl"),
                         member<&T::entries>("Entries").as("DeleteMessageBatchRequestEntry").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::ChangeMessageVisibilityBatchRequestEntry> {
  using T = sqs::ChangeMessageVisibilityBatchRequestEntry;
  static Shape shape() {
    return structure("ChangeMessageVisibilityBatchRequestEntry",
                     {
                         member<&T::id>("Id"),
                         member<&T::receipt_handle>("ReceiptHandle"),
                         member<&T::visibility_timeout>("VisibilityTimeout"),
                     });
  }
};

template <>
struct Describe<sqs::ChangeMessageVisibilityBatchRequest> {
  using T = sqs::ChangeMessageVisibilityBatchRequest;
  static Shape shape() {
    return structure("ChangeMessageVisibilityBatchRequest",
                     {
                         member<&T::queue_url>("QueueUrl"),
                         member<&T::entries>("Entries").as("ChangeMessageVisibilityBatchRequestEntry").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::BatchResultEntry> {
  static Shape shape() { return structure("BatchResultEntry", {member<&sqs::BatchResultEntry::id>("Id")}); }
};

template <>
struct Describe<sqs::DeleteMessageBatchResult> {
  using T = sqs::DeleteMessageBatchResult;
  static Shape shape() {
    return structure("DeleteMessageBatchResult",
                     {
                         member<&T::successful>("Successful").as("DeleteMessageBatchResultEntry").flattened(),
                         member<&T::failed>("Failed").as("BatchResultErrorEntry").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::ChangeMessageVisibilityBatchResult> {
  using T = sqs::ChangeMessageVisibilityBatchResult;
  static Shape shape() {
    return structure("ChangeMessageVisibilityBatchResult",
                     {
                         member<&T::successful>("Successful").as("ChangeMessageVisibilityBatchResultEntry").flattened(),
                         member<&T::failed>("Failed").as("BatchResultErrorEntry").flattened(),
                     });
  }
};

}  // namespace cumulet::wire
