#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/sqs/model_message.hpp"

// Messages, up to ten at a time: each entry succeeds or fails on its own.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
namespace cumulet::sqs {

using wire::member;
using wire::structure;

struct SendMessageBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> message_body;
  std::optional<int> delay_seconds;
  AttributeValues message_attributes;
  AttributeValues message_system_attributes;
  std::optional<std::string> message_deduplication_id;
  std::optional<std::string> message_group_id;

  static wire::Shape shape() {
    return structure("SendMessageBatchRequestEntry",
                     {
                         member<&SendMessageBatchRequestEntry::id>("Id"),
                         member<&SendMessageBatchRequestEntry::message_body>("MessageBody"),
                         member<&SendMessageBatchRequestEntry::delay_seconds>("DelaySeconds"),
                         member<&SendMessageBatchRequestEntry::message_attributes>("MessageAttributes")
                             .as("MessageAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                         member<&SendMessageBatchRequestEntry::message_system_attributes>("MessageSystemAttributes")
                             .as("MessageSystemAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                         member<&SendMessageBatchRequestEntry::message_deduplication_id>("MessageDeduplicationId"),
                         member<&SendMessageBatchRequestEntry::message_group_id>("MessageGroupId"),
                     });
  }
};

struct SendMessageBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<SendMessageBatchRequestEntry>> entries;

  static wire::Shape shape() {
    return structure(
        "SendMessageBatchRequest",
        {
            member<&SendMessageBatchRequest::queue_url>("QueueUrl"),
            member<&SendMessageBatchRequest::entries>("Entries").as("SendMessageBatchRequestEntry").flattened(),
        });
  }
};

struct SendMessageBatchResultEntry {
  std::string id;
  std::string message_id;
  std::string md5_of_message_body;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<std::string> md5_of_message_system_attributes;
  std::optional<std::string> sequence_number;

  static wire::Shape shape() {
    return structure(
        "SendMessageBatchResultEntry",
        {
            member<&SendMessageBatchResultEntry::id>("Id"),
            member<&SendMessageBatchResultEntry::message_id>("MessageId"),
            member<&SendMessageBatchResultEntry::md5_of_message_body>("MD5OfMessageBody"),
            member<&SendMessageBatchResultEntry::md5_of_message_attributes>("MD5OfMessageAttributes"),
            member<&SendMessageBatchResultEntry::md5_of_message_system_attributes>("MD5OfMessageSystemAttributes"),
            member<&SendMessageBatchResultEntry::sequence_number>("SequenceNumber"),
        });
  }
};

struct BatchResultErrorEntry {
  std::string id;
  bool sender_fault = true;
  std::string code;
  std::string message;

  static wire::Shape shape() {
    return structure("BatchResultErrorEntry", {
                                                  member<&BatchResultErrorEntry::id>("Id"),
                                                  member<&BatchResultErrorEntry::sender_fault>("SenderFault"),
                                                  member<&BatchResultErrorEntry::code>("Code"),
                                                  member<&BatchResultErrorEntry::message>("Message"),
                                              });
  }
};

struct SendMessageBatchResult {
  std::optional<std::vector<SendMessageBatchResultEntry>> successful;  // absent when empty
  std::optional<std::vector<BatchResultErrorEntry>> failed;

  static wire::Shape shape() {
    return structure(
        "SendMessageBatchResult",
        {
            member<&SendMessageBatchResult::successful>("Successful").as("SendMessageBatchResultEntry").flattened(),
            member<&SendMessageBatchResult::failed>("Failed").as("BatchResultErrorEntry").flattened(),
        });
  }
};

struct DeleteMessageBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> receipt_handle;

  static wire::Shape shape() {
    return structure("DeleteMessageBatchRequestEntry",
                     {member<&DeleteMessageBatchRequestEntry::id>("Id"),
                      member<&DeleteMessageBatchRequestEntry::receipt_handle>("ReceiptHandle")});
  }
};

struct DeleteMessageBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<DeleteMessageBatchRequestEntry>> entries;

  static wire::Shape shape() {
    return structure(
        "DeleteMessageBatchRequest",
        {
            member<&DeleteMessageBatchRequest::queue_url>("QueueUrl"),
            member<&DeleteMessageBatchRequest::entries>("Entries").as("DeleteMessageBatchRequestEntry").flattened(),
        });
  }
};

struct ChangeMessageVisibilityBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> receipt_handle;
  std::optional<int> visibility_timeout;

  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityBatchRequestEntry",
                     {
                         member<&ChangeMessageVisibilityBatchRequestEntry::id>("Id"),
                         member<&ChangeMessageVisibilityBatchRequestEntry::receipt_handle>("ReceiptHandle"),
                         member<&ChangeMessageVisibilityBatchRequestEntry::visibility_timeout>("VisibilityTimeout"),
                     });
  }
};

struct ChangeMessageVisibilityBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<ChangeMessageVisibilityBatchRequestEntry>> entries;

  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityBatchRequest",
                     {
                         member<&ChangeMessageVisibilityBatchRequest::queue_url>("QueueUrl"),
                         member<&ChangeMessageVisibilityBatchRequest::entries>("Entries")
                             .as("ChangeMessageVisibilityBatchRequestEntry")
                             .flattened(),
                     });
  }
};

struct BatchResultEntry {
  std::string id;

  static wire::Shape shape() { return structure("BatchResultEntry", {member<&BatchResultEntry::id>("Id")}); }
};

// Of DeleteMessageBatch and ChangeMessageVisibilityBatch, which name their entries differently in Query.
struct DeleteMessageBatchResult {
  std::optional<std::vector<BatchResultEntry>> successful;  // absent when empty
  std::optional<std::vector<BatchResultErrorEntry>> failed;

  static wire::Shape shape() {
    return structure(
        "DeleteMessageBatchResult",
        {
            member<&DeleteMessageBatchResult::successful>("Successful").as("DeleteMessageBatchResultEntry").flattened(),
            member<&DeleteMessageBatchResult::failed>("Failed").as("BatchResultErrorEntry").flattened(),
        });
  }
};
struct ChangeMessageVisibilityBatchResult {
  std::optional<std::vector<BatchResultEntry>> successful;
  std::optional<std::vector<BatchResultErrorEntry>> failed;

  static wire::Shape shape() {
    return structure(
        "ChangeMessageVisibilityBatchResult",
        {
            member<&ChangeMessageVisibilityBatchResult::successful>("Successful")
                .as("ChangeMessageVisibilityBatchResultEntry")
                .flattened(),
            member<&ChangeMessageVisibilityBatchResult::failed>("Failed").as("BatchResultErrorEntry").flattened(),
        });
  }
};

}  // namespace cumulet::sqs
