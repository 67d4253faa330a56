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

struct SendMessageRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> message_body;
  std::optional<int> delay_seconds;
  AttributeValues message_attributes;
  AttributeValues message_system_attributes;
  std::optional<std::string> message_deduplication_id;
  std::optional<std::string> message_group_id;

  static wire::Shape shape() {
    return structure("SendMessageRequest",
                     {
                         member<&SendMessageRequest::queue_url>("QueueUrl"),
                         member<&SendMessageRequest::message_body>("MessageBody"),
                         member<&SendMessageRequest::delay_seconds>("DelaySeconds"),
                         member<&SendMessageRequest::message_attributes>("MessageAttributes")
                             .as("MessageAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                         member<&SendMessageRequest::message_system_attributes>("MessageSystemAttributes")
                             .as("MessageSystemAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                         member<&SendMessageRequest::message_deduplication_id>("MessageDeduplicationId"),
                         member<&SendMessageRequest::message_group_id>("MessageGroupId"),
                     });
  }
};

struct SendMessageResult {
  std::optional<std::string> md5_of_message_body;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<std::string> md5_of_message_system_attributes;
  std::string message_id;
  std::optional<std::string> sequence_number;

  static wire::Shape shape() {
    return structure("SendMessageResult",
                     {
                         member<&SendMessageResult::md5_of_message_body>("MD5OfMessageBody"),
                         member<&SendMessageResult::md5_of_message_attributes>("MD5OfMessageAttributes"),
                         member<&SendMessageResult::md5_of_message_system_attributes>("MD5OfMessageSystemAttributes"),
                         member<&SendMessageResult::message_id>("MessageId"),
                         member<&SendMessageResult::sequence_number>("SequenceNumber"),
                     });
  }
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

struct ChangeMessageVisibilityRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> receipt_handle;
  std::optional<int> visibility_timeout;

  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityRequest",
                     {
                         member<&ChangeMessageVisibilityRequest::queue_url>("QueueUrl"),
                         member<&ChangeMessageVisibilityRequest::receipt_handle>("ReceiptHandle"),
                         member<&ChangeMessageVisibilityRequest::visibility_timeout>("VisibilityTimeout"),
                     });
  }
};

}  // namespace cumulet::sqs
