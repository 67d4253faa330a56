#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Log events: put, get, filter.
namespace cumulet::logs {

struct InputLogEvent {
  std::int64_t timestamp = 0;
  std::string message;
};

struct PutLogEventsRequest {
  std::string log_group_name;
  std::string log_stream_name;
  std::vector<InputLogEvent> log_events;
  std::optional<std::string> sequence_token;
};

struct RejectedLogEventsInfo {
  std::optional<int> too_new_log_event_start_index;
  std::optional<int> too_old_log_event_end_index;
  std::optional<int> expired_log_event_end_index;
};

struct PutLogEventsResponse {
  std::string next_sequence_token;
  std::optional<RejectedLogEventsInfo> rejected_log_events_info;
};

struct GetLogEventsRequest {
  std::optional<std::string> log_group_name;
  std::optional<std::string> log_group_identifier;
  std::string log_stream_name;
  std::optional<std::int64_t> start_time;
  std::optional<std::int64_t> end_time;
  std::optional<std::string> next_token;
  std::optional<int> limit;
  std::optional<bool> start_from_head;
};

struct OutputLogEvent {
  std::int64_t timestamp = 0;
  std::string message;
  std::int64_t ingestion_time = 0;
};

struct GetLogEventsResponse {
  std::vector<OutputLogEvent> events;
  std::string next_forward_token;
  std::string next_backward_token;
};

struct FilterLogEventsRequest {
  std::optional<std::string> log_group_name;
  std::optional<std::string> log_group_identifier;
  std::optional<std::vector<std::string>> log_stream_names;
  std::optional<std::string> log_stream_name_prefix;
  std::optional<std::int64_t> start_time;
  std::optional<std::int64_t> end_time;
  std::optional<std::string> filter_pattern;
  std::optional<std::string> next_token;
  std::optional<int> limit;
  std::optional<bool> interleaved;
};

struct FilteredLogEvent {
  std::string log_stream_name;
  std::int64_t timestamp = 0;
  std::string message;
  std::int64_t ingestion_time = 0;
  std::string event_id;
};

struct SearchedLogStream {
  std::string log_stream_name;
  bool searched_completely = false;
};

struct FilterLogEventsResponse {
  std::vector<FilteredLogEvent> events;
  std::vector<SearchedLogStream> searched_log_streams;
  std::optional<std::string> next_token;
};

}  // namespace cumulet::logs

namespace cumulet::wire {

template <>
struct Describe<logs::InputLogEvent> {
  static Shape shape() {
    using T = logs::InputLogEvent;
    return structure("InputLogEvent", {member<&T::timestamp>("timestamp").required().at_least(0),
                                       member<&T::message>("message").required().at_least(1)});
  }
};

template <>
struct Describe<logs::PutLogEventsRequest> {
  static Shape shape() {
    using T = logs::PutLogEventsRequest;
    return structure(
        "PutLogEventsRequest",
        {member<&T::log_group_name>("logGroupName").required().range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::log_stream_name>("logStreamName").required().range(1, 512).pattern("[^:*]*"),
         member<&T::log_events>("logEvents").required().range(1, 10000),
         member<&T::sequence_token>("sequenceToken").at_least(1)});
  }
};

template <>
struct Describe<logs::RejectedLogEventsInfo> {
  static Shape shape() {
    using T = logs::RejectedLogEventsInfo;
    return structure("RejectedLogEventsInfo", {member<&T::too_new_log_event_start_index>("tooNewLogEventStartIndex"),
                                               member<&T::too_old_log_event_end_index>("tooOldLogEventEndIndex"),
                                               member<&T::expired_log_event_end_index>("expiredLogEventEndIndex")});
  }
};

template <>
struct Describe<logs::PutLogEventsResponse> {
  static Shape shape() {
    using T = logs::PutLogEventsResponse;
    return structure("PutLogEventsResponse", {member<&T::next_sequence_token>("nextSequenceToken"),
                                              member<&T::rejected_log_events_info>("rejectedLogEventsInfo")});
  }
};

template <>
struct Describe<logs::GetLogEventsRequest> {
  static Shape shape() {
    using T = logs::GetLogEventsRequest;
    return structure("GetLogEventsRequest",
                     {member<&T::log_group_name>("logGroupName").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
                      member<&T::log_group_identifier>("logGroupIdentifier").range(1, 2048).pattern("[\\w#+=/:,.@-]*"),
                      member<&T::log_stream_name>("logStreamName").required().range(1, 512).pattern("[^:*]*"),
                      member<&T::start_time>("startTime").at_least(0), member<&T::end_time>("endTime").at_least(0),
                      member<&T::next_token>("nextToken").at_least(1), member<&T::limit>("limit").range(1, 10000),
                      member<&T::start_from_head>("startFromHead")});
  }
};

template <>
struct Describe<logs::OutputLogEvent> {
  static Shape shape() {
    using T = logs::OutputLogEvent;
    return structure("OutputLogEvent", {member<&T::timestamp>("timestamp"), member<&T::message>("message"),
                                        member<&T::ingestion_time>("ingestionTime")});
  }
};

template <>
struct Describe<logs::GetLogEventsResponse> {
  static Shape shape() {
    using T = logs::GetLogEventsResponse;
    return structure("GetLogEventsResponse",
                     {member<&T::events>("events"), member<&T::next_forward_token>("nextForwardToken"),
                      member<&T::next_backward_token>("nextBackwardToken")});
  }
};

template <>
struct Describe<logs::FilterLogEventsRequest> {
  static Shape shape() {
    using T = logs::FilterLogEventsRequest;
    return structure(
        "FilterLogEventsRequest",
        {member<&T::log_group_name>("logGroupName").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&T::log_group_identifier>("logGroupIdentifier").range(1, 2048).pattern("[\\w#+=/:,.@-]*"),
         member<&T::log_stream_names>("logStreamNames").range(1, 100),
         member<&T::log_stream_name_prefix>("logStreamNamePrefix").range(1, 512).pattern("[^:*]*"),
         member<&T::start_time>("startTime").at_least(0), member<&T::end_time>("endTime").at_least(0),
         member<&T::filter_pattern>("filterPattern").range(0, 1024), member<&T::next_token>("nextToken").at_least(1),
         member<&T::limit>("limit").range(1, 10000), member<&T::interleaved>("interleaved")});
  }
};

template <>
struct Describe<logs::FilteredLogEvent> {
  static Shape shape() {
    using T = logs::FilteredLogEvent;
    return structure(
        "FilteredLogEvent",
        {member<&T::log_stream_name>("logStreamName"), member<&T::timestamp>("timestamp"),
         member<&T::message>("message"), member<&T::ingestion_time>("ingestionTime"), member<&T::event_id>("eventId")});
  }
};

template <>
struct Describe<logs::SearchedLogStream> {
  static Shape shape() {
    using T = logs::SearchedLogStream;
    return structure("SearchedLogStream", {member<&T::log_stream_name>("logStreamName"),
                                           member<&T::searched_completely>("searchedCompletely")});
  }
};

template <>
struct Describe<logs::FilterLogEventsResponse> {
  static Shape shape() {
    using T = logs::FilterLogEventsResponse;
    return structure("FilterLogEventsResponse",
                     {member<&T::events>("events"), member<&T::searched_log_streams>("searchedLogStreams"),
                      member<&T::next_token>("nextToken")});
  }
};

}  // namespace cumulet::wire
