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

using wire::member;
using wire::structure;

using StringMap = std::map<std::string, std::string>;

struct CreateQueueRequest {
  std::optional<std::string> queue_name;
  StringMap attributes;
  StringMap tags;

  static wire::Shape shape() {
    return structure(
        "CreateQueueRequest",
        {
            member<&CreateQueueRequest::queue_name>("QueueName"),
            member<&CreateQueueRequest::attributes>("Attributes").as("Attribute").flattened().keys("Name", "Value"),
            member<&CreateQueueRequest::tags>("tags").as("Tag").flattened().keys("Key", "Value"),
        });
  }
};

struct QueueUrlResult {
  std::string queue_url;

  static wire::Shape shape() { return structure("QueueUrlResult", {member<&QueueUrlResult::queue_url>("QueueUrl")}); }
};

// DeleteQueue, PurgeQueue, ListQueueTags.
struct QueueRequest {
  std::optional<std::string> queue_url;

  static wire::Shape shape() { return structure("QueueRequest", {member<&QueueRequest::queue_url>("QueueUrl")}); }
};

struct GetQueueUrlRequest {
  std::optional<std::string> queue_name;
  std::optional<std::string> queue_owner_aws_account_id;

  static wire::Shape shape() {
    return structure("GetQueueUrlRequest",
                     {
                         member<&GetQueueUrlRequest::queue_name>("QueueName"),
                         member<&GetQueueUrlRequest::queue_owner_aws_account_id>("QueueOwnerAWSAccountId"),
                     });
  }
};

struct ListQueuesRequest {
  std::optional<std::string> queue_name_prefix;
  std::optional<std::string> next_token;
  std::optional<int> max_results;

  static wire::Shape shape() {
    return structure("ListQueuesRequest", {
                                              member<&ListQueuesRequest::queue_name_prefix>("QueueNamePrefix"),
                                              member<&ListQueuesRequest::next_token>("NextToken"),
                                              member<&ListQueuesRequest::max_results>("MaxResults"),
                                          });
  }
};

struct ListQueuesResult {
  std::optional<std::vector<std::string>> queue_urls;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListQueuesResult",
                     {
                         member<&ListQueuesResult::queue_urls>("QueueUrls").as("QueueUrl").flattened(),
                         member<&ListQueuesResult::next_token>("NextToken"),
                     });
  }
};

struct GetQueueAttributesRequest {
  std::optional<std::string> queue_url;
  std::vector<std::string> attribute_names;

  static wire::Shape shape() {
    return structure(
        "GetQueueAttributesRequest",
        {
            member<&GetQueueAttributesRequest::queue_url>("QueueUrl"),
            member<&GetQueueAttributesRequest::attribute_names>("AttributeNames").as("AttributeName").flattened(),
        });
  }
};

struct GetQueueAttributesResult {
  std::optional<StringMap> attributes;

  static wire::Shape shape() {
    return structure("GetQueueAttributesResult", {member<&GetQueueAttributesResult::attributes>("Attributes")
                                                      .as("Attribute")
                                                      .flattened()
                                                      .keys("Name", "Value")});
  }
};

struct SetQueueAttributesRequest {
  std::optional<std::string> queue_url;
  std::optional<StringMap> attributes;

  static wire::Shape shape() {
    return structure("SetQueueAttributesRequest", {
                                                      member<&SetQueueAttributesRequest::queue_url>("QueueUrl"),
                                                      member<&SetQueueAttributesRequest::attributes>("Attributes")
                                                          .as("Attribute")
                                                          .flattened()
                                                          .keys("Name", "Value"),
                                                  });
  }
};

struct TagQueueRequest {
  std::optional<std::string> queue_url;
  std::optional<StringMap> tags;

  static wire::Shape shape() {
    return structure("TagQueueRequest",
                     {
                         member<&TagQueueRequest::queue_url>("QueueUrl"),
                         member<&TagQueueRequest::tags>("Tags").as("Tag").flattened().keys("Key", "Value"),
                     });
  }
};

struct UntagQueueRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<std::string>> tag_keys;

  static wire::Shape shape() {
    return structure("UntagQueueRequest", {
                                              member<&UntagQueueRequest::queue_url>("QueueUrl"),
                                              member<&UntagQueueRequest::tag_keys>("TagKeys").as("TagKey").flattened(),
                                          });
  }
};

struct ListQueueTagsResult {
  std::optional<StringMap> tags;

  static wire::Shape shape() {
    return structure("ListQueueTagsResult",
                     {member<&ListQueueTagsResult::tags>("Tags").as("Tag").flattened().keys("Key", "Value")});
  }
};

struct AddPermissionRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> label;
  std::vector<std::string> aws_account_ids;
  std::vector<std::string> actions;

  static wire::Shape shape() {
    return structure("AddPermissionRequest",
                     {
                         member<&AddPermissionRequest::queue_url>("QueueUrl"),
                         member<&AddPermissionRequest::label>("Label"),
                         member<&AddPermissionRequest::aws_account_ids>("AWSAccountIds").as("AWSAccountId").flattened(),
                         member<&AddPermissionRequest::actions>("Actions").as("ActionName").flattened(),
                     });
  }
};

struct RemovePermissionRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> label;

  static wire::Shape shape() {
    return structure("RemovePermissionRequest", {member<&RemovePermissionRequest::queue_url>("QueueUrl"),
                                                 member<&RemovePermissionRequest::label>("Label")});
  }
};

struct ListDeadLetterSourceQueuesRequest {
  std::optional<std::string> queue_url;
  std::optional<std::string> next_token;
  std::optional<int> max_results;

  static wire::Shape shape() {
    return structure("ListDeadLetterSourceQueuesRequest",
                     {
                         member<&ListDeadLetterSourceQueuesRequest::queue_url>("QueueUrl"),
                         member<&ListDeadLetterSourceQueuesRequest::next_token>("NextToken"),
                         member<&ListDeadLetterSourceQueuesRequest::max_results>("MaxResults"),
                     });
  }
};

struct ListDeadLetterSourceQueuesResult {
  std::vector<std::string> queue_urls;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListDeadLetterSourceQueuesResult",
                     {
                         member<&ListDeadLetterSourceQueuesResult::queue_urls>("queueUrls").as("QueueUrl").flattened(),
                         member<&ListDeadLetterSourceQueuesResult::next_token>("NextToken"),
                     });
  }
};

struct StartMessageMoveTaskRequest {
  std::optional<std::string> source_arn;
  std::optional<std::string> destination_arn;
  std::optional<int> max_number_of_messages_per_second;

  static wire::Shape shape() {
    return structure(
        "StartMessageMoveTaskRequest",
        {
            member<&StartMessageMoveTaskRequest::source_arn>("SourceArn"),
            member<&StartMessageMoveTaskRequest::destination_arn>("DestinationArn"),
            member<&StartMessageMoveTaskRequest::max_number_of_messages_per_second>("MaxNumberOfMessagesPerSecond"),
        });
  }
};

struct StartMessageMoveTaskResult {
  std::string task_handle;

  static wire::Shape shape() {
    return structure("StartMessageMoveTaskResult", {member<&StartMessageMoveTaskResult::task_handle>("TaskHandle")});
  }
};

struct ListMessageMoveTasksRequest {
  std::optional<std::string> source_arn;
  std::optional<int> max_results;

  static wire::Shape shape() {
    return structure("ListMessageMoveTasksRequest", {member<&ListMessageMoveTasksRequest::source_arn>("SourceArn"),
                                                     member<&ListMessageMoveTasksRequest::max_results>("MaxResults")});
  }
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

  static wire::Shape shape() {
    return structure(
        "ListMessageMoveTasksResultEntry",
        {
            member<&MessageMoveTaskEntry::task_handle>("TaskHandle"),
            member<&MessageMoveTaskEntry::status>("Status"),
            member<&MessageMoveTaskEntry::source_arn>("SourceArn"),
            member<&MessageMoveTaskEntry::destination_arn>("DestinationArn"),
            member<&MessageMoveTaskEntry::max_number_of_messages_per_second>("MaxNumberOfMessagesPerSecond"),
            member<&MessageMoveTaskEntry::approximate_number_of_messages_moved>("ApproximateNumberOfMessagesMoved"),
            member<&MessageMoveTaskEntry::approximate_number_of_messages_to_move>("ApproximateNumberOfMessagesToMove"),
            member<&MessageMoveTaskEntry::failure_reason>("FailureReason"),
            member<&MessageMoveTaskEntry::started_timestamp>("StartedTimestamp"),
        });
  }
};

struct ListMessageMoveTasksResult {
  std::vector<MessageMoveTaskEntry> results;

  static wire::Shape shape() {
    return structure(
        "ListMessageMoveTasksResult",
        {member<&ListMessageMoveTasksResult::results>("Results").as("ListMessageMoveTasksResultEntry").flattened()});
  }
};

struct CancelMessageMoveTaskRequest {
  std::optional<std::string> task_handle;

  static wire::Shape shape() {
    return structure("CancelMessageMoveTaskRequest",
                     {member<&CancelMessageMoveTaskRequest::task_handle>("TaskHandle")});
  }
};

struct CancelMessageMoveTaskResult {
  std::int64_t approximate_number_of_messages_moved = 0;

  static wire::Shape shape() {
    return structure("CancelMessageMoveTaskResult",
                     {member<&CancelMessageMoveTaskResult::approximate_number_of_messages_moved>(
                         "ApproximateNumberOfMessagesMoved")});
  }
};

}  // namespace cumulet::sqs
