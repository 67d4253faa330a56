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
};

struct SendMessageResult {
  std::optional<std::string> md5_of_message_body;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<std::string> md5_of_message_system_attributes;
  std::string message_id;
  std::optional<std::string> sequence_number;
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
};

struct Message {
  std::string message_id;
  std::string receipt_handle;
  std::string md5_of_body;
  std::string body;
  std::optional<StringMap> attributes;
  std::optional<std::string> md5_of_message_attributes;
  std::optional<AttributeValues> message_attributes;
};

struct ReceiveMessageResult {
  std::optional<std::vector<Message>> messages;  // absent when there are none
};

struct DeleteMessageRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> receipt_handle;
};

struct ChangeMessageVisibilityRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> receipt_handle;
  std::optional<int> visibility_timeout;
};

}  // namespace cumulet::sqs

namespace cumulet::wire {

template <>
struct Describe<sqs::MessageAttributeValue> {
  using T = sqs::MessageAttributeValue;
  static Shape shape() {
    return structure("MessageAttributeValue",
                     {
                         member<&T::string_value>("StringValue"),
                         member<&T::binary_value>("BinaryValue"),
                         member<&T::string_list_values>("StringListValues").as("StringListValue").flattened(),
                         member<&T::binary_list_values>("BinaryListValues").as("BinaryListValue").flattened(),
                         member<&T::data_type>("DataType"),
                     });
  }
};

template <>
struct Describe<sqs::SendMessageRequest> {
  using T = sqs::SendMessageRequest;
  static Shape shape() {
    return structure("SendMessageRequest", {
                                               member<&T::queue_url>("QueueUrl"),
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
struct Describe<sqs::SendMessageResult> {
  using T = sqs::SendMessageResult;
  static Shape shape() {
    return structure("SendMessageResult",
                     {
                         member<&T::md5_of_message_body>("MD5OfMessageBody"),
                         member<&T::md5_of_message_attributes>("MD5OfMessageAttributes"),
                         member<&T::md5_of_message_system_attributes>("MD5OfMessageSystemAttributes"),
                         member<&T::message_id>("MessageId"),
                         member<&T::sequence_number>("SequenceNumber"),
                     });
  }
};

template <>
struct Describe<sqs::ReceiveMessageRequest> {
  using T = sqs::ReceiveMessageRequest;
  static Shape shape() {
    return structure(
        "ReceiveMessageRequest",
        {
            member<&T::queue_url>("QueueUrl"),
            member<&T::attribute_names>("AttributeNames").as("AttributeName").flattened(),
            member<&T::message_system_attribute_names>("MessageSystemAttributeNames")
                .as("MessageSystemAttributeName")
                .flattened(),
            member<&T::message_attribute_names>("MessageAttributeNames").as("MessageAttributeName").flattened(),
            member<&T::max_number_of_messages>("MaxNumberOfMessages"),
            member<&T::visibility_timeout>("VisibilityTimeout"),
            member<&T::wait_time_seconds>("WaitTimeSeconds"),
            member<&T::receive_request_attempt_id>("ReceiveRequestAttemptId"),
        });
  }
};

template <>
struct Describe<sqs::Message> {
  using T = sqs::Message;
  static Shape shape() {
    return structure("Message",
                     {
                         member<&T::message_id>("MessageId"),
                         member<&T::receipt_handle>("ReceiptHandle"),
                         member<&T::md5_of_body>("MD5OfBody"),
                         member<&T::body>("Body"),
                         member<&T::attributes>("Attributes").as("Attribute").flattened().keys("Name", "Value"),
                         member<&T::md5_of_message_attributes>("MD5OfMessageAttributes"),
                         member<&T::message_attributes>("MessageAttributes")
                             .as("MessageAttribute")
                             .flattened()
                             .keys("Name", "Value"),
                     });
  }
};

template <>
struct Describe<sqs::ReceiveMessageResult> {
  using T = sqs::ReceiveMessageResult;
  static Shape shape() {
    return structure("ReceiveMessageResult", {member<&T::messages>("Messages").as("Message").flattened()});
  }
};

template <>
struct Describe<sqs::DeleteMessageRequest> {
  using T = sqs::DeleteMessageRequest;
  static Shape shape() {
    return structure("DeleteMessageRequest",
                     {member<&T::queue_url>("QueueUrl"), member<&T::receipt_handle>("ReceiptHandle")});
  }
};

template <>
struct Describe<sqs::ChangeMessageVisibilityRequest> {
  using T = sqs::ChangeMessageVisibilityRequest;
  static Shape shape() {
    return structure("ChangeMessageVisibilityRequest", {
                                                           member<&T::queue_url>("QueueUrl"),
                                                           member<&T::receipt_handle>("ReceiptHandle"),
                                                           member<&T::visibility_timeout>("VisibilityTimeout"),
                                                       });
  }
};

}  // namespace cumulet::wire
