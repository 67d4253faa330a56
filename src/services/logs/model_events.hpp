#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Log events: put, get, filter.
namespace cumulet::logs {

using wire::member;
using wire::structure;

struct InputLogEvent {
  std::int64_t timestamp = 0;
  std::string message;

  static wire::Shape shape() {
    return structure("InputLogEvent", {member<&InputLogEvent::timestamp>("timestamp").required().at_least(0),
                                       member<&InputLogEvent::message>("message").required().at_least(1)});
  }
};

struct PutLogEventsRequest {
  std::string log_group_name;
  std::string log_stream_name;
  std::vector<InputLogEvent> log_events;
  std::optional<std::string> sequence_token;

  static wire::Shape shape() {
    return structure(
        "PutLogEventsRequest",
        {member<&PutLogEventsRequest::log_group_name>("logGroupName")
             .required()
             .range(1, 512)
             .pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&PutLogEventsRequest::log_stream_name>("logStreamName").required().range(1, 512).pattern("[^:*]*"),
         member<&PutLogEventsRequest::log_events>("logEvents").required().range(1, 10000),
         member<&PutLogEventsRequest::sequence_token>("sequenceToken").at_least(1)});
  }
};

struct RejectedLogEventsInfo {
  std::optional<int> too_new_log_event_start_index;
  std::optional<int> too_old_log_event_end_index;
  std::optional<int> expired_log_event_end_index;

  static wire::Shape shape() {
    return structure("RejectedLogEventsInfo",
                     {member<&RejectedLogEventsInfo::too_new_log_event_start_index>("tooNewLogEventStartIndex"),
                      member<&RejectedLogEventsInfo::too_old_log_event_end_index>("tooOldLogEventEndIndex"),
                      member<&RejectedLogEventsInfo::expired_log_event_end_index>("expiredLogEventEndIndex")});
  }
};

struct PutLogEventsResponse {
  std::string next_sequence_token;
  std::optional<RejectedLogEventsInfo> rejected_log_events_info;

  static wire::Shape shape() {
    return structure("PutLogEventsResponse",
                     {member<&PutLogEventsResponse::next_sequence_token>("nextSequenceToken"),
                      member<&PutLogEventsResponse::rejected_log_events_info>("rejectedLogEventsInfo")});
  }
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

  static wire::Shape shape() {
    return structure(
        "GetLogEventsRequest",
        {member<&GetLogEventsRequest::log_group_name>("logGroupName").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&GetLogEventsRequest::log_group_identifier>("logGroupIdentifier")
             .range(1, 2048)
             .pattern("[\\w#+=/:,.@-]*"),
         member<&GetLogEventsRequest::log_stream_name>("logStreamName").required().range(1, 512).pattern("[^:*]*"),
         member<&GetLogEventsRequest::start_time>("startTime").at_least(0),
         member<&GetLogEventsRequest::end_time>("endTime").at_least(0),
         member<&GetLogEventsRequest::next_token>("nextToken").at_least(1),
         member<&GetLogEventsRequest::limit>("limit").range(1, 10000),
         member<&GetLogEventsRequest::start_from_head>("startFromHead")});
  }
};

struct OutputLogEvent {
  std::int64_t timestamp = 0;
  std::string message;
  std::int64_t ingestion_time = 0;

  static wire::Shape shape() {
    return structure("OutputLogEvent",
                     {member<&OutputLogEvent::timestamp>("timestamp"), member<&OutputLogEvent::message>("message"),
                      member<&OutputLogEvent::ingestion_time>("ingestionTime")});
  }
};

struct GetLogEventsResponse {
  std::vector<OutputLogEvent> events;
  std::string next_forward_token;
  std::string next_backward_token;

  static wire::Shape shape() {
    return structure("GetLogEventsResponse", {member<&GetLogEventsResponse::events>("events"),
                                              member<&GetLogEventsResponse::next_forward_token>("nextForwardToken"),
                                              member<&GetLogEventsResponse::next_backward_token>("nextBackwardToken")});
  }
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

  static wire::Shape shape() {
    return structure(
        "FilterLogEventsRequest",
        {member<&FilterLogEventsRequest::log_group_name>("logGroupName").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
         member<&FilterLogEventsRequest::log_group_identifier>("logGroupIdentifier")
             .range(1, 2048)
             .pattern("[\\w#+=/:,.@-]*"),
         member<&FilterLogEventsRequest::log_stream_names>("logStreamNames").range(1, 100),
         member<&FilterLogEventsRequest::log_stream_name_prefix>("logStreamNamePrefix").range(1, 512).pattern("[^:*]*"),
         member<&FilterLogEventsRequest::start_time>("startTime").at_least(0),
         member<&FilterLogEventsRequest::end_time>("endTime").at_least(0),
         member<&FilterLogEventsRequest::filter_pattern>("filterPattern").range(0, 1024),
         member<&FilterLogEventsRequest::next_token>("nextToken").at_least(1),
         member<&FilterLogEventsRequest::limit>("limit").range(1, 10000),
         member<&FilterLogEventsRequest::interleaved>("interleaved")});
  }
};

struct FilteredLogEvent {
  std::string log_stream_name;
  std::int64_t timestamp = 0;
  std::string message;
  std::int64_t ingestion_time = 0;
  std::string event_id;

  static wire::Shape shape() {
    return structure(
        "FilteredLogEvent",
        {member<&FilteredLogEvent::log_stream_name>("logStreamName"), member<&FilteredLogEvent::timestamp>("timestamp"),
         member<&FilteredLogEvent::message>("message"), member<&FilteredLogEvent::ingestion_time>("ingestionTime"),
         member<&FilteredLogEvent::event_id>("eventId")});
  }
};

struct SearchedLogStream {
  std::string log_stream_name;
  bool searched_completely = false;

  static wire::Shape shape() {
    return structure("SearchedLogStream", {member<&SearchedLogStream::log_stream_name>("logStreamName"),
                                           member<&SearchedLogStream::searched_completely>("searchedCompletely")});
  }
};

struct FilterLogEventsResponse {
  std::vector<FilteredLogEvent> events;
  std::vector<SearchedLogStream> searched_log_streams;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("FilterLogEventsResponse",
                     {member<&FilterLogEventsResponse::events>("events"),
                      member<&FilterLogEventsResponse::searched_log_streams>("searchedLogStreams"),
                      member<&FilterLogEventsResponse::next_token>("nextToken")});
  }
};

}  // namespace cumulet::logs
