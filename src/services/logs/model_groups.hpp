#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Log groups, streams, retention and tags.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
namespace cumulet::logs {

inline constexpr std::string_view kStreamOrders[] = {"LogStreamName", "LastEventTime"};

struct CreateLogGroupRequest {
  std::string log_group_name;
  std::optional<std::string> kms_key_id;
  std::map<std::string, std::string> tags;
  std::optional<std::string> log_group_class;
};

struct LogGroupNameRequest {
  std::string log_group_name;
};

struct LogStreamNameRequest {
  std::string log_group_name;
  std::string log_stream_name;
};

struct PutRetentionPolicyRequest {
  std::string log_group_name;
  int retention_in_days = 0;
};

struct DescribeLogGroupsRequest {
  std::optional<std::string> log_group_name_prefix;
  std::optional<std::string> log_group_name_pattern;
  std::optional<std::string> next_token;
  std::optional<int> limit;
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
};

struct DescribeLogGroupsResponse {
  std::vector<LogGroup> log_groups;
  std::optional<std::string> next_token;
};

struct DescribeLogStreamsRequest {
  std::optional<std::string> log_group_name;
  std::optional<std::string> log_group_identifier;
  std::optional<std::string> log_stream_name_prefix;
  std::optional<std::string> order_by;
  std::optional<bool> descending;
  std::optional<std::string> next_token;
  std::optional<int> limit;
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
};

struct DescribeLogStreamsResponse {
  std::vector<LogStream> log_streams;
  std::optional<std::string> next_token;
};

struct TagResourceRequest {
  std::string resource_arn;
  std::map<std::string, std::string> tags;
};

struct UntagResourceRequest {
  std::string resource_arn;
  std::vector<std::string> tag_keys;
};

struct ListTagsForResourceRequest {
  std::string resource_arn;
};

struct TagLogGroupRequest {
  std::string log_group_name;
  std::map<std::string, std::string> tags;
};

struct UntagLogGroupRequest {
  std::string log_group_name;
  std::vector<std::string> tags;
};

struct TagsResponse {
  std::map<std::string, std::string> tags;
};

}  // namespace cumulet::logs

namespace cumulet::wire {

template <>
struct Describe<logs::CreateLogGroupRequest> {
  static Shape shape() {
    using T = logs::CreateLogGroupRequest;
    return structure(
        "CreateLogGroupRequest",
        {member<&T::log_group_name>("logGroupName").required().at_least(1).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::kms_key_id>("kmsKeyId"), member<&T::tags>("tags"), member<&T::log_group_class>("logGroupClass")});
  }
};

template <>
struct Describe<logs::LogGroupNameRequest> {
  static Shape shape() {
    using T = logs::LogGroupNameRequest;
    return structure(
        "LogGroupNameRequest",
        {member<&T::log_group_name>("logGroupName").required().range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+")});
  }
};

template <>
struct Describe<logs::LogStreamNameRequest> {
  static Shape shape() {
    using T = logs::LogStreamNameRequest;
    return structure(
        "LogStreamNameRequest",
        {member<&T::log_group_name>("logGroupName").required().at_least(1).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::log_stream_name>("logStreamName").required().at_least(1).pattern("[^:*]*")});
  }
};

template <>
struct Describe<logs::PutRetentionPolicyRequest> {
  static Shape shape() {
    using T = logs::PutRetentionPolicyRequest;
    return structure(
        "PutRetentionPolicyRequest",
        {member<&T::log_group_name>("logGroupName").required().range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::retention_in_days>("retentionInDays").required()});
  }
};

template <>
struct Describe<logs::DescribeLogGroupsRequest> {
  static Shape shape() {
    using T = logs::DescribeLogGroupsRequest;
    return structure(
        "DescribeLogGroupsRequest",
        {member<&T::log_group_name_prefix>("logGroupNamePrefix").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::log_group_name_pattern>("logGroupNamePattern").range(0, 512).pattern("[\\.\\-_/#A-Za-z0-9]*"),
         member<&T::next_token>("nextToken").at_least(1), member<&T::limit>("limit").range(1, 50)});
  }
};

template <>
struct Describe<logs::LogGroup> {
  static Shape shape() {
    using T = logs::LogGroup;
    return structure("LogGroup", {member<&T::log_group_name>("logGroupName"), member<&T::creation_time>("creationTime"),
                                  member<&T::retention_in_days>("retentionInDays"),
                                  member<&T::metric_filter_count>("metricFilterCount"), member<&T::arn>("arn"),
                                  member<&T::stored_bytes>("storedBytes"), member<&T::log_group_class>("logGroupClass"),
                                  member<&T::log_group_arn>("logGroupArn"),
                                  member<&T::deletion_protection_enabled>("deletionProtectionEnabled")});
  }
};

template <>
struct Describe<logs::DescribeLogGroupsResponse> {
  static Shape shape() {
    using T = logs::DescribeLogGroupsResponse;
    return structure("DescribeLogGroupsResponse",
                     {member<&T::log_groups>("logGroups"), member<&T::next_token>("nextToken")});
  }
};

template <>
struct Describe<logs::DescribeLogStreamsRequest> {
  static Shape shape() {
    using T = logs::DescribeLogStreamsRequest;
    return structure("DescribeLogStreamsRequest",
                     {member<&T::log_group_name>("logGroupName").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
                      member<&T::log_group_identifier>("logGroupIdentifier").range(1, 2048).pattern("[\\w#+=/:,.@-]*"),
                      member<&T::log_stream_name_prefix>("logStreamNamePrefix").range(1, 512).pattern("[^:*]*"),
                      member<&T::order_by>("orderBy").one_of(logs::kStreamOrders), member<&T::descending>("descending"),
                      member<&T::next_token>("nextToken").at_least(1), member<&T::limit>("limit").range(1, 50)});
  }
};

template <>
struct Describe<logs::LogStream> {
  static Shape shape() {
    using T = logs::LogStream;
    return structure(
        "LogStream",
        {member<&T::log_stream_name>("logStreamName"), member<&T::creation_time>("creationTime"),
         member<&T::first_event_timestamp>("firstEventTimestamp"),
         member<&T::last_event_timestamp>("lastEventTimestamp"), member<&T::last_ingestion_time>("lastIngestionTime"),
         member<&T::upload_sequence_token>("uploadSequenceToken"), member<&T::arn>("arn"),
         member<&T::stored_bytes>("storedBytes")});
  }
};

template <>
struct Describe<logs::DescribeLogStreamsResponse> {
  static Shape shape() {
    using T = logs::DescribeLogStreamsResponse;
    return structure("DescribeLogStreamsResponse",
                     {member<&T::log_streams>("logStreams"), member<&T::next_token>("nextToken")});
  }
};

template <>
struct Describe<logs::TagResourceRequest> {
  static Shape shape() {
    using T = logs::TagResourceRequest;
    return structure("TagResourceRequest", {member<&T::resource_arn>("resourceArn").required().range(1, 1011),
                                            member<&T::tags>("tags").required().range(1, 50)});
  }
};

template <>
struct Describe<logs::UntagResourceRequest> {
  static Shape shape() {
    using T = logs::UntagResourceRequest;
    return structure("UntagResourceRequest", {member<&T::resource_arn>("resourceArn").required().range(1, 1011),
                                              member<&T::tag_keys>("tagKeys").required().range(0, 50)});
  }
};

template <>
struct Describe<logs::ListTagsForResourceRequest> {
  static Shape shape() {
    using T = logs::ListTagsForResourceRequest;
    return structure("ListTagsForResourceRequest", {member<&T::resource_arn>("resourceArn").required().range(1, 1011)});
  }
};

template <>
struct Describe<logs::TagLogGroupRequest> {
  static Shape shape() {
    using T = logs::TagLogGroupRequest;
    return structure(
        "TagLogGroupRequest",
        {member<&T::log_group_name>("logGroupName").required().range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::tags>("tags").required().range(1, 50)});
  }
};

template <>
struct Describe<logs::UntagLogGroupRequest> {
  static Shape shape() {
    using T = logs::UntagLogGroupRequest;
    return structure(
        "UntagLogGroupRequest",
        {member<&T::log_group_name>("logGroupName").required().range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::tags>("tags").required().at_least(1)});
  }
};

template <>
struct Describe<logs::TagsResponse> {
  static Shape shape() {
    using T = logs::TagsResponse;
    return structure("TagsResponse", {member<&T::tags>("tags")});
  }
};

}  // namespace cumulet::wire
