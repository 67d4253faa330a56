#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Queues: their attributes, tags, permissions and move tasks. Members that SQS requires are checked by the service, for
// its own texts. A flattened list or map goes by its entries' name in Query and by its own name in JSON.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
namespace cumulet::sqs {

using StringMap = std::map<std::string, std::string>;

struct CreateQueueRequest {
  std::optional<std::string> queue_name;
  StringMap attributes;
  StringMap tags;
};

struct QueueUrlResult {
  std::string queue_url;
};

// DeleteQueue, PurgeQueue, ListQueueTags.
struct QueueRequest {
  std::optional<std::string> queue_url;
};

struct GetQueueUrlRequest {
  std::optional<std::string> queue_name;
  std::optional<std::string> queue_owner_aws_account_id;
};

struct ListQueuesRequest {
  std::optional<std::string> queue_name_prefix;
  std::optional<std::string> next_token;
  std::optional<int> max_results;
};

struct ListQueuesResult {
  std::optional<std::vector<std::string>> queue_urls;
  std::optional<std::string> next_token;
};

struct GetQueueAttributesRequest {
  std::optional<std::string> queue_url;
  std::vector<std::string> attribute_names;
};

struct GetQueueAttributesResult {
  std::optional<StringMap> attributes;
};

struct SetQueueAttributesRequest {
  std::optional<std::string> queue_url;
  std::optional<StringMap> attributes;
};

struct TagQueueRequest {
  std::optional<std::string> queue_url;
  std::optional<StringMap> tags;
};

struct UntagQueueRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<std::string>> tag_keys;
};

struct ListQueueTagsResult {
  std::optional<StringMap> tags;
};

struct AddPermissionRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> label;
  std::vector<std::string> aws_account_ids;
  std::vector<std::string> actions;
};

struct RemovePermissionRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> label;
};

struct ListDeadLetterSourceQueuesRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> next_token;
  std::optional<int> max_results;
};

struct ListDeadLetterSourceQueuesResult {
  std::vector<std::string> queue_urls;
  std::optional<std::string> next_token;
};

struct StartMessageMoveTaskRequest {
  std::optional<std::string> source_arn;
  std::optional<std::string> destination_arn;
  std::optional<int> max_number_of_messages_per_second;
};

struct StartMessageMoveTaskResult {
  std::string task_handle;
};

struct ListMessageMoveTasksRequest {
  std::optional<std::string> source_arn;
  std::optional<int> max_results;
};

struct MessageMoveTaskEntry {
  std::optional<std::string> task_handle;  // while it runs
  std::string status;
  std::string source_arn;
  std::optional<std::string> destination_arn;
  std::optional<int> max_number_of_messages_per_second;
  std::int64_t approximate_number_of_messages_moved = 0;
  std::optional<std::int64_t> approximate_number_of_messages_to_move;
  std::optional<std::string> failure_reason;
  std::int64_t started_timestamp = 0;  // milliseconds
};

struct ListMessageMoveTasksResult {
  std::vector<MessageMoveTaskEntry> results;
};

struct CancelMessageMoveTaskRequest {
  std::optional<std::string> task_handle;
};

struct CancelMessageMoveTaskResult {
  std::int64_t approximate_number_of_messages_moved = 0;
};

}  // namespace cumulet::sqs

namespace cumulet::wire {

template <>
struct Describe<sqs::CreateQueueRequest> {
  using T = sqs::CreateQueueRequest;
  static Shape shape() {
    return structure("CreateQueueRequest",
                     {
                         member<&T::queue_name>("QueueName"),
                         member<&T::attributes>("Attributes").as("Attribute").flattened().keys("Name", "Value"),
                         member<&T::tags>("tags").as("Tag").flattened().keys("Key", "Value"),
                     });
  }
};

template <>
struct Describe<sqs::QueueUrlResult> {
  static Shape shape() { return structure("QueueUrlResult", {member<&sqs::QueueUrlResult::queue_url>("QueueUrl")}); }
};

template <>
struct Describe<sqs::QueueRequest> {
  static Shape shape() { return structure("QueueRequest", {member<&sqs::QueueRequest::queue_url>("QueueUrl")}); }
};

template <>
struct Describe<sqs::GetQueueUrlRequest> {
  using T = sqs::GetQueueUrlRequest;
  static Shape shape() {
    return structure("GetQueueUrlRequest", {
                                               member<&T::queue_name>("QueueName"),
                                               member<&T::queue_owner_aws_account_id>("QueueOwnerAWSAccountId"),
                                           });
  }
};

template <>
struct Describe<sqs::ListQueuesRequest> {
  using T = sqs::ListQueuesRequest;
  static Shape shape() {
    return structure("ListQueuesRequest", {
                                              member<&T::queue_name_prefix>("QueueNamePrefix"),
                                              member<&T::next_token>("NextToken"),
                                              member<&T::max_results>("MaxResults"),
                                          });
  }
};

template <>
struct Describe<sqs::ListQueuesResult> {
  using T = sqs::ListQueuesResult;
  static Shape shape() {
    return structure("ListQueuesResult", {
                                             member<&T::queue_urls>("QueueUrls").as("QueueUrl").flattened(),
                                             member<&T::next_token>("NextToken"),
                                         });
  }
};

template <>
struct Describe<sqs::GetQueueAttributesRequest> {
  using T = sqs::GetQueueAttributesRequest;
  static Shape shape() {
    return structure("GetQueueAttributesRequest",
                     {
                         member<&T::queue_url>("QueueUrl"),
                         member<&T::attribute_names>("AttributeNames").as("AttributeName").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::GetQueueAttributesResult> {
  using T = sqs::GetQueueAttributesResult;
  static Shape shape() {
    return structure("GetQueueAttributesResult",
                     {member<&T::attributes>("Attributes").as("Attribute").flattened().keys("Name", "Value")});
  }
};

template <>
struct Describe<sqs::SetQueueAttributesRequest> {
  using T = sqs::SetQueueAttributesRequest;
  static Shape shape() {
    return structure("SetQueueAttributesRequest",
                     {
                         member<&T::queue_url>("QueueUrl"),
                         member<&T::attributes>("Attributes").as("Attribute").flattened().keys("Name", "Value"),
                     });
  }
};

template <>
struct Describe<sqs::TagQueueRequest> {
  using T = sqs::TagQueueRequest;
  static Shape shape() {
    return structure("TagQueueRequest", {
                                            member<&T::queue_url>("QueueUrl"),
                                            member<&T::tags>("Tags").as("Tag").flattened().keys("Key", "Value"),
                                        });
  }
};

template <>
struct Describe<sqs::UntagQueueRequest> {
  using T = sqs::UntagQueueRequest;
  static Shape shape() {
    return structure("UntagQueueRequest", {
                                              member<&T::queue_url>("QueueUrl"),
                                              member<&T::tag_keys>("TagKeys").as("TagKey").flattened(),
                                          });
  }
};

template <>
struct Describe<sqs::ListQueueTagsResult> {
  using T = sqs::ListQueueTagsResult;
  static Shape shape() {
    return structure("ListQueueTagsResult", {member<&T::tags>("Tags").as("Tag").flattened().keys("Key", "Value")});
  }
};

template <>
struct Describe<sqs::AddPermissionRequest> {
  using T = sqs::AddPermissionRequest;
  static Shape shape() {
    return structure("AddPermissionRequest",
                     {
                         member<&T::queue_url>("QueueUrl"),
                         member<&T::label>("Label"),
                         member<&T::aws_account_ids>("AWSAccountIds").as("AWSAccountId").flattened(),
                         member<&T::actions>("Actions").as("ActionName").flattened(),
                     });
  }
};

template <>
struct Describe<sqs::RemovePermissionRequest> {
  using T = sqs::RemovePermissionRequest;
  static Shape shape() {
    return structure("RemovePermissionRequest", {member<&T::queue_url>("QueueUrl"), member<&T::label>("Label")});
  }
};

template <>
struct Describe<sqs::ListDeadLetterSourceQueuesRequest> {
  using T = sqs::ListDeadLetterSourceQueuesRequest;
  static Shape shape() {
    return structure("ListDeadLetterSourceQueuesRequest", {
                                                              member<&T::queue_url>("QueueUrl"),
                                                              member<&T::next_token>("NextToken"),
                                                              member<&T::max_results>("MaxResults"),
                                                          });
  }
};

template <>
struct Describe<sqs::ListDeadLetterSourceQueuesResult> {
  using T = sqs::ListDeadLetterSourceQueuesResult;
  static Shape shape() {
    return structure("ListDeadLetterSourceQueuesResult",
                     {
                         member<&T::queue_urls>("queueUrls").as("QueueUrl").flattened(),
                         member<&T::next_token>("NextToken"),
                     });
  }
};

template <>
struct Describe<sqs::StartMessageMoveTaskRequest> {
  using T = sqs::StartMessageMoveTaskRequest;
  static Shape shape() {
    return structure("StartMessageMoveTaskRequest",
                     {
                         member<&T::source_arn>("SourceArn"),
                         member<&T::destination_arn>("DestinationArn"),
                         member<&T::max_number_of_messages_per_second>("MaxNumberOfMessagesPerSecond"),
                     });
  }
};

template <>
struct Describe<sqs::StartMessageMoveTaskResult> {
  static Shape shape() {
    return structure("StartMessageMoveTaskResult",
                     {member<&sqs::StartMessageMoveTaskResult::task_handle>("TaskHandle")});
  }
};

template <>
struct Describe<sqs::ListMessageMoveTasksRequest> {
  using T = sqs::ListMessageMoveTasksRequest;
  static Shape shape() {
    return structure("ListMessageMoveTasksRequest",
                     {member<&T::source_arn>("SourceArn"), member<&T::max_results>("MaxResults")});
  }
};

template <>
struct Describe<sqs::MessageMoveTaskEntry> {
  using T = sqs::MessageMoveTaskEntry;
  static Shape shape() {
    return structure("ListMessageMoveTasksResultEntry",
                     {
                         member<&T::task_handle>("TaskHandle"),
                         member<&T::status>("Status"),
                         member<&T::source_arn>("SourceArn"),
                         member<&T::destination_arn>("DestinationArn"),
                         member<&T::max_number_of_messages_per_second>("MaxNumberOfMessagesPerSecond"),
                         member<&T::approximate_number_of_messages_moved>("ApproximateNumberOfMessagesMoved"),
                         member<&T::approximate_number_of_messages_to_move>("ApproximateNumberOfMessagesToMove"),
                         member<&T::failure_reason>("FailureReason"),
                         member<&T::started_timestamp>("StartedTimestamp"),
                     });
  }
};

template <>
struct Describe<sqs::ListMessageMoveTasksResult> {
  using T = sqs::ListMessageMoveTasksResult;
  static Shape shape() {
    return structure("ListMessageMoveTasksResult",
                     {member<&T::results>("Results").as("ListMessageMoveTasksResultEntry").flattened()});
  }
};

template <>
struct Describe<sqs::CancelMessageMoveTaskRequest> {
  static Shape shape() {
    return structure("CancelMessageMoveTaskRequest",
                     {member<&sqs::CancelMessageMoveTaskRequest::task_handle>("TaskHandle")});
  }
};

template <>
struct Describe<sqs::CancelMessageMoveTaskResult> {
  using T = sqs::CancelMessageMoveTaskResult;
  static Shape shape() {
    return structure("CancelMessageMoveTaskResult",
                     {member<&T::approximate_number_of_messages_moved>("ApproximateNumberOfMessagesMoved")});
  }
};

}  // namespace cumulet::wire
