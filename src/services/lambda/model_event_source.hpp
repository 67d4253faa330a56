#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of event source mappings.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and its neighbours
namespace cumulet::lambda {

using wire::join;
using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kEventSourceArn =
    "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*"
    ")";
inline constexpr std::string_view kStartingPositions[] = {"LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"};
}  // namespace rules

struct Filter {
  std::optional<std::string> pattern;  // JSON text

  static wire::Shape shape() { return structure("Filter", {member<&Filter::pattern>("Pattern").range(0, 4096)}); }
};

struct FilterCriteria {
  std::optional<std::vector<Filter>> filters;

  static wire::Shape shape() { return structure("FilterCriteria", {member<&FilterCriteria::filters>("Filters")}); }
};

struct ScalingConfig {
  std::optional<int> maximum_concurrency;

  static wire::Shape shape() {
    return structure("ScalingConfig",
                     {member<&ScalingConfig::maximum_concurrency>("MaximumConcurrency").range(2, 1000)});
  }
};

// What CreateEventSourceMapping and UpdateEventSourceMapping set; absent: the default, or as it was.
struct EventSourceSettings {
  std::optional<bool> enabled;
  std::optional<int> batch_size;
  std::optional<FilterCriteria> filter_criteria;
  std::optional<int> maximum_batching_window_in_seconds;
  std::optional<std::vector<std::string>> function_response_types;
  std::optional<ScalingConfig> scaling_config;
  // Of streams.
  std::optional<int> parallelization_factor;
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_record_age_in_seconds;
  std::optional<int> tumbling_window_in_seconds;
  std::optional<bool> bisect_batch_on_function_error;
  std::optional<boost::json::value> destination_config;
  std::optional<boost::json::value> provisioned_poller_config;
};

// EventSourceSettings stands first in its heirs, so that a pointer to one is a pointer to it.
inline wire::MemberList event_source_settings() {
  using E = EventSourceSettings;
  return {
      member<&E::enabled>("Enabled"),
      member<&E::batch_size>("BatchSize").range(1, 10'000),
      member<&E::filter_criteria>("FilterCriteria"),
      member<&E::maximum_batching_window_in_seconds>("MaximumBatchingWindowInSeconds").range(0, 300),
      member<&E::function_response_types>("FunctionResponseTypes").range(0, 1),
      member<&E::scaling_config>("ScalingConfig"),
      member<&E::parallelization_factor>("ParallelizationFactor").range(1, 10),
      member<&E::maximum_retry_attempts>("MaximumRetryAttempts").range(-1, 10'000),
      member<&E::maximum_record_age_in_seconds>("MaximumRecordAgeInSeconds").range(-1, 604'800),
      member<&E::tumbling_window_in_seconds>("TumblingWindowInSeconds").range(0, 900),
      member<&E::bisect_batch_on_function_error>("BisectBatchOnFunctionError"),
      member<&E::destination_config>("DestinationConfig"),
      member<&E::provisioned_poller_config>("ProvisionedPollerConfig"),
  };
}

struct CreateEventSourceMappingRequest : EventSourceSettings {
  std::optional<std::string> event_source_arn;
  std::string function_name;
  std::optional<std::map<std::string, std::string>> tags;
  // Of streams.
  std::optional<std::string> starting_position;
  std::optional<TimePoint> starting_position_timestamp;

  static wire::Shape shape() {
    using Request = CreateEventSourceMappingRequest;
    return structure(
        "CreateEventSourceMappingRequest",
        join(
            {
                member<&Request::event_source_arn>("EventSourceArn").range(12, 1024).pattern(rules::kEventSourceArn),
                member<&Request::function_name>("FunctionName").required().range(1, 140).pattern(rules::kFunctionName),
                member<&Request::tags>("Tags"),
                member<&Request::starting_position>("StartingPosition").one_of(rules::kStartingPositions),
                member<&Request::starting_position_timestamp>("StartingPositionTimestamp"),
            },
            event_source_settings()));
  }
};

struct UpdateEventSourceMappingRequest : EventSourceSettings {
  std::string uuid;
  std::optional<std::string> function_name;

  static wire::Shape shape() {
    using Request = UpdateEventSourceMappingRequest;
    return structure(
        "UpdateEventSourceMappingRequest",
        join(
            {
                member<&Request::uuid>("UUID").label().required(),
                member<&Request::function_name>("FunctionName").range(1, 140).pattern(rules::kFunctionName),
            },
            event_source_settings()));
  }
};

struct EventSourceMappingRequest {  // Get- and DeleteEventSourceMapping
  std::string uuid;

  static wire::Shape shape() {
    return structure("GetEventSourceMappingRequest",
                     {member<&EventSourceMappingRequest::uuid>("UUID").label().required()});
  }
};

struct ListEventSourceMappingsRequest {
  std::optional<std::string> event_source_arn;
  std::optional<std::string> function_name;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    return structure(
        "ListEventSourceMappingsRequest",
        {
            member<&ListEventSourceMappingsRequest::event_source_arn>("EventSourceArn")
                .query("EventSourceArn")
                .range(12, 1024)
                .pattern(rules::kEventSourceArn),
            member<&ListEventSourceMappingsRequest::function_name>("FunctionName")
                .query("FunctionName")
                .range(1, 140)
                .pattern(rules::kFunctionName),
            member<&ListEventSourceMappingsRequest::marker>("Marker").query("Marker"),
            member<&ListEventSourceMappingsRequest::max_items>("MaxItems").query("MaxItems").range(1, 10'000),
        });
  }
};

struct EventSourceMappingConfiguration {
  std::string uuid;
  int batch_size = 10;
  int maximum_batching_window_in_seconds = 0;
  std::string event_source_arn;
  std::string event_source_mapping_arn;
  std::optional<FilterCriteria> filter_criteria;  // absent: every message
  std::string function_arn;                       // as qualified as it was given
  std::vector<std::string> function_response_types;
  TimePoint last_modified;
  std::optional<std::string> last_processing_result;  // of a queue only when there is a problem
  std::optional<ScalingConfig> scaling_config;
  std::string state;  // stored: Enabled or Disabled; answered too: Creating, Enabling, Disabling, Updating, Deleting
  std::string state_transition_reason = "USER_INITIATED";

  static wire::Shape shape() {
    return structure("EventSourceMappingConfiguration",
                     {
                         member<&EventSourceMappingConfiguration::uuid>("UUID"),
                         member<&EventSourceMappingConfiguration::batch_size>("BatchSize"),
                         member<&EventSourceMappingConfiguration::maximum_batching_window_in_seconds>(
                             "MaximumBatchingWindowInSeconds"),
                         member<&EventSourceMappingConfiguration::event_source_arn>("EventSourceArn"),
                         member<&EventSourceMappingConfiguration::event_source_mapping_arn>("EventSourceMappingArn"),
                         member<&EventSourceMappingConfiguration::filter_criteria>("FilterCriteria"),
                         member<&EventSourceMappingConfiguration::function_arn>("FunctionArn"),
                         member<&EventSourceMappingConfiguration::function_response_types>("FunctionResponseTypes"),
                         member<&EventSourceMappingConfiguration::last_modified>("LastModified"),
                         member<&EventSourceMappingConfiguration::last_processing_result>("LastProcessingResult"),
                         member<&EventSourceMappingConfiguration::scaling_config>("ScalingConfig"),
                         member<&EventSourceMappingConfiguration::state>("State"),
                         member<&EventSourceMappingConfiguration::state_transition_reason>("StateTransitionReason"),
                     });
  }
};

struct ListEventSourceMappingsResponse {
  std::optional<std::string> next_marker;
  std::vector<EventSourceMappingConfiguration> event_source_mappings;

  static wire::Shape shape() {
    return structure("ListEventSourceMappingsResponse",
                     {
                         member<&ListEventSourceMappingsResponse::next_marker>("NextMarker"),
                         member<&ListEventSourceMappingsResponse::event_source_mappings>("EventSourceMappings"),
                     });
  }
};

}  // namespace cumulet::lambda
