#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"
#include "services/sqs/model_queue.hpp"

// Messages, one at a time.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
namespace cumulet::sqs {

using wire::join;
using wire::member;
using wire::structure;

// A message attribute as it is kept and handed to other services.
struct MessageAttribute {
  std::string data_type;
  std::optional<std::string> string_value;
  std::optional<std::string> binary_value;  // raw bytes
  bool operator==(const MessageAttribute&) const = default;
};
using MessageAttributes = std::map<std::string, MessageAttribute>;

// The same on the wire, of messages and of the system.
struct MessageAttributeValue {
  std::optional<std::string> string_value;
  std::optional<wire::Blob> binary_value;
  std::optional<std::vector<std::string>> string_list_values;  // refused, as SQS refuses them
  std::optional<std::vector<wire::Blob>> binary_list_values;
  std::optional<std::string> data_type;

  static wire::Shape shape() {
    return structure(
        "MessageAttributeValue",
        {
            member<&MessageAttributeValue::string_value>("StringValue"),
            member<&MessageAttributeValue::binary_value>("BinaryValue"),
            member<&MessageAttributeValue::string_list_values>("StringListValues").as("StringListValue").flattened(),
            member<&MessageAttributeValue::binary_list_values>("BinaryListValues").as("BinaryListValue").flattened(),
            member<&MessageAttributeValue::data_type>("DataType"),
        });
  }
};
using AttributeValues = std::map<std::string, MessageAttributeValue>;

// What SendMessage and an entry of SendMessageBatch say of a message.
struct MessageToSend {
  std::optional<std::string> message_body;
  std::optional<int> delay_seconds;
  AttributeValues message_attributes;
  AttributeValues message_system_attributes;
  std::optional<std::string> message_deduplication_id;
  std::optional<std::string> message_group_id;
};

// MessageToSend stands first in its heirs, so that a pointer to one is a pointer to it.
inline wire::MemberList message_to_send() {
  using M = MessageToSend;
  return {
      member<&M::message_body>("MessageBody"),
      member<&M::delay_seconds>("DelaySeconds"),
      member<&M::message_attributes>("MessageAttributes").as("MessageAttribute").flattened().keys("Name", "Value"),
      member<&M::message_system_attributes>("MessageSystemAttributes")
          .as("MessageSystemAttribute")
          .flattened()
          .keys("Name", "Value"),
      member<&M::message_deduplication_id>("MessageDeduplicationId"),
      member<&M::message_group_id>("MessageGroupId"),
  };
}

struct SendMessageRequest : MessageToSend {
  std::optional<std::string> queue_url;

  static wire::Shape shape() {
    return structure("SendMessageRequest",
                     join({member<&SendMessageRequest::queue_url>("QueueUrl")}, message_to_send()));
  }
};

// What SQS answers of a message that it has.
struct SentMessage {
  std::string md5_of_message_body;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<std::string> md5_of_message_system_attributes;
  std::string message_id;
  std::optional<std::string> sequence_number;
};

// SentMessage stands first in its heirs.
inline wire::MemberList sent_message() {
  using M = SentMessage;
  return {
      member<&M::md5_of_message_body>("MD5OfMessageBody"),
      member<&M::md5_of_message_attributes>("MD5OfMessageAttributes"),
      member<&M::md5_of_message_system_attributes>("MD5OfMessageSystemAttributes"),
      member<&M::message_id>("MessageId"),
      member<&M::sequence_number>("SequenceNumber"),
  };
}

struct SendMessageResult : SentMessage {
  static wire::Shape shape() { return structure("SendMessageResult", sent_message()); }
};

struct ReceiveMessageRequest {
  std::optional<std::string> queue_url;
  std::vector<std::string> attribute_names;
  std::vector<std::string> message_system_attribute_names;
  std::vector<std::string> message_attribute_names;
  std::optional<int> max_number_of_messages;
  std::optional<int> visibility_timeout;
  std::optional<int> wait_time_seconds;
  std::optional<std::string> receive_request_attempt_id;

  static wire::Shape shape() {
    return structure(
        "ReceiveMessageRequest",
        {
            member<&ReceiveMessageRequest::queue_url>("QueueUrl"),
            member<&ReceiveMessageRequest::attribute_names>("AttributeNames").as("AttributeName").flattened(),
            member<&ReceiveMessageRequest::message_system_attribute_names>("MessageSystemAttributeNames")
                .as("MessageSystemAttributeName")
                .flattened(),
            member<&ReceiveMessageRequest::message_attribute_names>("MessageAttributeNames")
                .as("MessageAttributeName")
                .flattened(),
            member<&ReceiveMessageRequest::max_number_of_messages>("MaxNumberOfMessages"),
            member<&ReceiveMessageRequest::visibility_timeout>("VisibilityTimeout"),
            member<&ReceiveMessageRequest::wait_time_seconds>("WaitTimeSeconds"),
            member<&ReceiveMessageRequest::receive_request_attempt_id>("ReceiveRequestAttemptId"),
        });
  }
};

struct Message {
  std::string message_id;
  std::string receipt_handle;
  std::string md5_of_body;
  std::string body;
  std::optional<StringMap> attributes;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<AttributeValues> message_attributes;

  static wire::Shape shape() {
    return structure("Message",
                     {
                         member<&Message::message_id>("MessageId"),
                         member<&Message::receipt_handle>("ReceiptHandle"),
                         member<&Message::md5_of_body>("MD5OfBody"),
                         member<&Message::body>("Body"),
                         member<&Message::attributes>("Attributes").as("Attribute").flattened().keys("Name", "Value"),
                         member<&Message::md5_of_message_attributes>("MD5OfMessageAttributes"),
                         member<&Message::message_attributes>("MessageAttributes")
                             .as("MessageAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                     });
  }
};

struct ReceiveMessageResult {
  std::optional<std::vector<Message>> messages;  // absent when there are none

  static wire::Shape shape() {
    return structure("ReceiveMessageResult",
                     {member<&ReceiveMessageResult::messages>("Messages").as("Message").flattened()});
  }
};

struct DeleteMessageRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> receipt_handle;

  static wire::Shape shape() {
    return structure("DeleteMessageRequest", {member<&DeleteMessageRequest::queue_url>("QueueUrl"),
                                              member<&DeleteMessageRequest::receipt_handle>("ReceiptHandle")});
  }
};

// What ChangeMessageVisibility and an entry of its batch say.
struct VisibilityChange {
  std::optional<std::string> receipt_handle;
  std::optional<int> visibility_timeout;
};

// VisibilityChange stands first in its heirs.
inline wire::MemberList visibility_change() {
  return {
      member<&VisibilityChange::receipt_handle>("ReceiptHandle"),
      member<&VisibilityChange::visibility_timeout>("VisibilityTimeout"),
  };
}

struct ChangeMessageVisibilityRequest : VisibilityChange {
  std::optional<std::string> queue_url;

  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityRequest",
                     join({member<&ChangeMessageVisibilityRequest::queue_url>("QueueUrl")}, visibility_change()));
  }
};

}  // namespace cumulet::sqs
