#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Log groups, streams, retention and tags.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
namespace cumulet::logs {

using wire::member;
using wire::structure;

inline constexpr std::string_view kStreamOrders[] = {"LogStreamName", "LastEventTime"};

struct CreateLogGroupRequest {
  std::string log_group_name;
  std::optional<std::string> kms_key_id;
  std::map<std::string, std::string> tags;
  std::optional<std::string> log_group_class;

  static wire::Shape shape() {
    return structure("CreateLogGroupRequest", {member<&CreateLogGroupRequest::log_group_name>("logGroupName")
                                                   .required()
                                                   .at_least(1)
                                                   .pattern("[\\.\\-_/#A-Za-z0-9]+"),
                                               member<&CreateLogGroupRequest::kms_key_id>("kmsKeyId"),
                                               member<&CreateLogGroupRequest::tags>("tags"),
                                               member<&CreateLogGroupRequest::log_group_class>("logGroupClass")});
  }
};

struct LogGroupNameRequest {
  std::string log_group_name;

  static wire::Shape shape() {
    return structure("LogGroupNameRequest", {member<&LogGroupNameRequest::log_group_name>("logGroupName")
                                                 .required()
                                                 .range(1, 512)
                                                 .pattern("[\\.\\-_/#A-Za-z0-9]+")});
  }
};

struct LogStreamNameRequest {
  std::string log_group_name;
  std::string log_stream_name;

  static wire::Shape shape() {
    return structure(
        "LogStreamNameRequest",
        {member<&LogStreamNameRequest::log_group_name>("logGroupName")
             .required()
             .at_least(1)
             .pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&LogStreamNameRequest::log_stream_name>("logStreamName").required().at_least(1).pattern("[^:*]*")});
  }
};

struct PutRetentionPolicyRequest {
  std::string log_group_name;
  int retention_in_days = 0;

  static wire::Shape shape() {
    return structure("PutRetentionPolicyRequest",
                     {member<&PutRetentionPolicyRequest::log_group_name>("logGroupName")
                          .required()
                          .range(1, 512)
                          .pattern("[\\.\\-_/#A-Za-z0-9]+"),
                      member<&PutRetentionPolicyRequest::retention_in_days>("retentionInDays").required()});
  }
};

struct DescribeLogGroupsRequest {
  std::optional<std::string> log_group_name_prefix;
  std::optional<std::string> log_group_name_pattern;
  std::optional<std::string> next_token;
  std::optional<int> limit;

  static wire::Shape shape() {
    return structure("DescribeLogGroupsRequest",
                     {member<&DescribeLogGroupsRequest::log_group_name_prefix>("logGroupNamePrefix")
                          .range(1, 512)
                          .pattern("[\\.\\-_/#A-Za-z0-9]+"),
                      member<&DescribeLogGroupsRequest::log_group_name_pattern>("logGroupNamePattern")
                          .range(0, 512)
                          .pattern("[\\.\\-_/#A-Za-z0-9]*"),
                      member<&DescribeLogGroupsRequest::next_token>("nextToken").at_least(1),
                      member<&DescribeLogGroupsRequest::limit>("limit").range(1, 50)});
  }
};

struct LogGroup {
  std::string log_group_name;
  std::int64_t creation_time = 0;
  std::optional<int> retention_in_days;
  int metric_filter_count = 0;
  std::string arn;
  std::int64_t stored_bytes = 0;
  std::string log_group_class;
  std::string log_group_arn;
  bool deletion_protection_enabled = false;

  static wire::Shape shape() {
    return structure(
        "LogGroup",
        {member<&LogGroup::log_group_name>("logGroupName"), member<&LogGroup::creation_time>("creationTime"),
         member<&LogGroup::retention_in_days>("retentionInDays"),
         member<&LogGroup::metric_filter_count>("metricFilterCount"), member<&LogGroup::arn>("arn"),
         member<&LogGroup::stored_bytes>("storedBytes"), member<&LogGroup::log_group_class>("logGroupClass"),
         member<&LogGroup::log_group_arn>("logGroupArn"),
         member<&LogGroup::deletion_protection_enabled>("deletionProtectionEnabled")});
  }
};

struct DescribeLogGroupsResponse {
  std::vector<LogGroup> log_groups;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("DescribeLogGroupsResponse", {member<&DescribeLogGroupsResponse::log_groups>("logGroups"),
                                                   member<&DescribeLogGroupsResponse::next_token>("nextToken")});
  }
};

struct DescribeLogStreamsRequest {
  std::optional<std::string> log_group_name;
  std::optional<std::string> log_group_identifier;
  std::optional<std::string> log_stream_name_prefix;
  std::optional<std::string> order_by;
  std::optional<bool> descending;
  std::optional<std::string> next_token;
  std::optional<int> limit;

  static wire::Shape shape() {
    return structure("DescribeLogStreamsRequest",
                     {member<&DescribeLogStreamsRequest::log_group_name>("logGroupName")
                          .range(1, 512)
                          .pattern("[\\.\\-_/#A-Za-z0-9]+"),
                      member<&DescribeLogStreamsRequest::log_group_identifier>("logGroupIdentifier")
                          .range(1, 2048)
                          .pattern("[\\w#+=/:,.@-]*"),
                      member<&DescribeLogStreamsRequest::log_stream_name_prefix>("logStreamNamePrefix")
                          .range(1, 512)
                          .pattern("[^:*]*"),
                      member<&DescribeLogStreamsRequest::order_by>("orderBy").one_of(kStreamOrders),
                      member<&DescribeLogStreamsRequest::descending>("descending"),
                      member<&DescribeLogStreamsRequest::next_token>("nextToken").at_least(1),
                      member<&DescribeLogStreamsRequest::limit>("limit").range(1, 50)});
  }
};

struct LogStream {
  std::string log_stream_name;
  std::int64_t creation_time = 0;
  std::optional<std::int64_t> first_event_timestamp;
  std::optional<std::int64_t> last_event_timestamp;
  std::optional<std::int64_t> last_ingestion_time;
  std::optional<std::string> upload_sequence_token;
  std::string arn;
  std::int64_t stored_bytes = 0;

  static wire::Shape shape() {
    return structure("LogStream", {member<&LogStream::log_stream_name>("logStreamName"),
                                   member<&LogStream::creation_time>("creationTime"),
                                   member<&LogStream::first_event_timestamp>("firstEventTimestamp"),
                                   member<&LogStream::last_event_timestamp>("lastEventTimestamp"),
                                   member<&LogStream::last_ingestion_time>("lastIngestionTime"),
                                   member<&LogStream::upload_sequence_token>("uploadSequenceToken"),
                                   member<&LogStream::arn>("arn"), member<&LogStream::stored_bytes>("storedBytes")});
  }
};

struct DescribeLogStreamsResponse {
  std::vector<LogStream> log_streams;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("DescribeLogStreamsResponse", {member<&DescribeLogStreamsResponse::log_streams>("logStreams"),
                                                    member<&DescribeLogStreamsResponse::next_token>("nextToken")});
  }
};

struct TagResourceRequest {
  std::string resource_arn;
  std::map<std::string, std::string> tags;

  static wire::Shape shape() {
    return structure("TagResourceRequest",
                     {member<&TagResourceRequest::resource_arn>("resourceArn").required().range(1, 1011),
                      member<&TagResourceRequest::tags>("tags").required().range(1, 50)});
  }
};

struct UntagResourceRequest {
  std::string resource_arn;
  std::vector<std::string> tag_keys;

  static wire::Shape shape() {
    return structure("UntagResourceRequest",
                     {member<&UntagResourceRequest::resource_arn>("resourceArn").required().range(1, 1011),
                      member<&UntagResourceRequest::tag_keys>("tagKeys").required().range(0, 50)});
  }
};

struct ListTagsForResourceRequest {
  std::string resource_arn;

  static wire::Shape shape() {
    return structure("ListTagsForResourceRequest",
                     {member<&ListTagsForResourceRequest::resource_arn>("resourceArn").required().range(1, 1011)});
  }
};

struct TagLogGroupRequest {
  std::string log_group_name;
  std::map<std::string, std::string> tags;

  static wire::Shape shape() {
    return structure("TagLogGroupRequest", {member<&TagLogGroupRequest::log_group_name>("logGroupName")
                                                .required()
                                                .range(1, 512)
                                                .pattern("[\\.\\-_/#A-Za-z0-9]+"),
                                            member<&TagLogGroupRequest::tags>("tags").required().range(1, 50)});
  }
};

struct UntagLogGroupRequest {
  std::string log_group_name;
  std::vector<std::string> tags;

  static wire::Shape shape() {
    return structure("UntagLogGroupRequest", {member<&UntagLogGroupRequest::log_group_name>("logGroupName")
                                                  .required()
                                                  .range(1, 512)
                                                  .pattern("[\\.\\-_/#A-Za-z0-9]+"),
                                              member<&UntagLogGroupRequest::tags>("tags").required().at_least(1)});
  }
};

struct TagsResponse {
  std::map<std::string, std::string> tags;

  static wire::Shape shape() { return structure("TagsResponse", {member<&TagsResponse::tags>("tags")}); }
};

}  // namespace cumulet::logs
