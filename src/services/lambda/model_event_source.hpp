#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of event source mappings.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and its neighbours
namespace cumulet::lambda {

struct Filter {
  std::optional<std::string> pattern;  // JSON text
};

struct FilterCriteria {
  std::optional<std::vector<Filter>> filters;
};

struct ScalingConfig {
  std::optional<int> maximum_concurrency;
};

struct CreateEventSourceMappingRequest {
  std::optional<std::string> event_source_arn;
  std::string function_name;
  std::optional<bool> enabled;
  std::optional<int> batch_size;
  std::optional<FilterCriteria> filter_criteria;
  std::optional<int> maximum_batching_window_in_seconds;
  std::optional<std::vector<std::string>> function_response_types;
  std::optional<ScalingConfig> scaling_config;
  std::optional<std::map<std::string, std::string>> tags;
  // Of streams.
  std::optional<std::string> starting_position;
  std::optional<TimePoint> starting_position_timestamp;
  std::optional<int> parallelization_factor;
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_record_age_in_seconds;
  std::optional<int> tumbling_window_in_seconds;
  std::optional<bool> bisect_batch_on_function_error;
  std::optional<boost::json::value> destination_config;
  std::optional<boost::json::value> provisioned_poller_config;
};

struct UpdateEventSourceMappingRequest {
  std::string uuid;
  std::optional<std::string> function_name;
  std::optional<bool> enabled;
  std::optional<int> batch_size;
  std::optional<FilterCriteria> filter_criteria;
  std::optional<int> maximum_batching_window_in_seconds;
  std::optional<std::vector<std::string>> function_response_types;
  std::optional<ScalingConfig> scaling_config;
  std::optional<int> parallelization_factor;
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_record_age_in_seconds;
  std::optional<int> tumbling_window_in_seconds;
  std::optional<bool> bisect_batch_on_function_error;
  std::optional<boost::json::value> destination_config;
  std::optional<boost::json::value> provisioned_poller_config;
};

struct EventSourceMappingRequest {  // Get- and DeleteEventSourceMapping
  std::string uuid;
};

struct ListEventSourceMappingsRequest {
  std::optional<std::string> event_source_arn;
  std::optional<std::string> function_name;
  std::optional<std::string> marker;
  std::optional<int> max_items;
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
};

struct ListEventSourceMappingsResponse {
  std::optional<std::string> next_marker;
  std::vector<EventSourceMappingConfiguration> event_source_mappings;
};

}  // namespace cumulet::lambda

namespace cumulet::wire {

namespace lambda_rules {
inline constexpr std::string_view kEventSourceArn =
    "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";
inline constexpr std::string_view kStartingPositions[] = {"LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"};
}  // namespace lambda_rules

template <>
struct Describe<lambda::Filter> {
  static Shape shape() { return structure("Filter", {member<&lambda::Filter::pattern>("Pattern").range(0, 4096)}); }
};

template <>
struct Describe<lambda::FilterCriteria> {
  static Shape shape() { return structure("FilterCriteria", {member<&lambda::FilterCriteria::filters>("Filters")}); }
};

template <>
struct Describe<lambda::ScalingConfig> {
  static Shape shape() {
    return structure("ScalingConfig",
                     {member<&lambda::ScalingConfig::maximum_concurrency>("MaximumConcurrency").range(2, 1000)});
  }
};

template <>
struct Describe<lambda::CreateEventSourceMappingRequest> {
  static Shape shape() {
    using R = lambda::CreateEventSourceMappingRequest;
    return structure(
        "CreateEventSourceMappingRequest",
        {
            member<&R::event_source_arn>("EventSourceArn").range(12, 1024).pattern(lambda_rules::kEventSourceArn),
            member<&R::function_name>("FunctionName").required().range(1, 140).pattern(lambda_rules::kFunctionName),
            member<&R::enabled>("Enabled"),
            member<&R::batch_size>("BatchSize").range(1, 10'000),
            member<&R::filter_criteria>("FilterCriteria"),
            member<&R::maximum_batching_window_in_seconds>("MaximumBatchingWindowInSeconds").range(0, 300),
            member<&R::function_response_types>("FunctionResponseTypes").range(0, 1),
            member<&R::scaling_config>("ScalingConfig"),
            member<&R::tags>("Tags"),
            member<&R::starting_position>("StartingPosition").one_of(lambda_rules::kStartingPositions),
            member<&R::starting_position_timestamp>("StartingPositionTimestamp"),
            member<&R::parallelization_factor>("ParallelizationFactor").range(1, 10),
            member<&R::maximum_retry_attempts>("MaximumRetryAttempts").range(-1, 10'000),
            member<&R::maximum_record_age_in_seconds>("MaximumRecordAgeInSeconds").range(-1, 604'800),
            member<&R::tumbling_window_in_seconds>("TumblingWindowInSeconds").range(0, 900),
            member<&R::bisect_batch_on_function_error>("BisectBatchOnFunctionError"),
            member<&R::destination_config>("DestinationConfig"),
            member<&R::provisioned_poller_config>("ProvisionedPollerConfig"),
        });
  }
};

template <>
struct Describe<lambda::UpdateEventSourceMappingRequest> {
  static Shape shape() {
    using R = lambda::UpdateEventSourceMappingRequest;
    return structure("UpdateEventSourceMappingRequest",
                     {
                         member<&R::uuid>("UUID").label().required(),
                         member<&R::function_name>("FunctionName").range(1, 140).pattern(lambda_rules::kFunctionName),
                         member<&R::enabled>("Enabled"),
                         member<&R::batch_size>("BatchSize").range(1, 10'000),
                         member<&R::filter_criteria>("FilterCriteria"),
                         member<&R::maximum_batching_window_in_seconds>("MaximumBatchingWindowInSeconds").range(0, 300),
                         member<&R::function_response_types>("FunctionResponseTypes").range(0, 1),
                         member<&R::scaling_config>("ScalingConfig"),
                         member<&R::parallelization_factor>("ParallelizationFactor").range(1, 10),
                         member<&R::maximum_retry_attempts>("MaximumRetryAttempts").range(-1, 10'000),
                         member<&R::maximum_record_age_in_seconds>("MaximumRecordAgeInSeconds").range(-1, 604'800),
                         member<&R::tumbling_window_in_seconds>("TumblingWindowInSeconds").range(0, 900),
                         member<&R::bisect_batch_on_function_error>("BisectBatchOnFunctionError"),
                         member<&R::destination_config>("DestinationConfig"),
                         member<&R::provisioned_poller_config>("ProvisionedPollerConfig"),
                     });
  }
};

template <>
struct Describe<lambda::EventSourceMappingRequest> {
  static Shape shape() {
    return structure("GetEventSourceMappingRequest",
                     {member<&lambda::EventSourceMappingRequest::uuid>("UUID").label().required()});
  }
};

template <>
struct Describe<lambda::ListEventSourceMappingsRequest> {
  static Shape shape() {
    using R = lambda::ListEventSourceMappingsRequest;
    return structure("ListEventSourceMappingsRequest",
                     {
                         member<&R::event_source_arn>("EventSourceArn")
                             .query("EventSourceArn")
                             .range(12, 1024)
                             .pattern(lambda_rules::kEventSourceArn),
                         member<&R::function_name>("FunctionName")
                             .query("FunctionName")
                             .range(1, 140)
                             .pattern(lambda_rules::kFunctionName),
                         member<&R::marker>("Marker").query("Marker"),
                         member<&R::max_items>("MaxItems").query("MaxItems").range(1, 10'000),
                     });
  }
};

template <>
struct Describe<lambda::EventSourceMappingConfiguration> {
  static Shape shape() {
    using C = lambda::EventSourceMappingConfiguration;
    return structure("EventSourceMappingConfiguration",
                     {
                         member<&C::uuid>("UUID"),
                         member<&C::batch_size>("BatchSize"),
                         member<&C::maximum_batching_window_in_seconds>("MaximumBatchingWindowInSeconds"),
                         member<&C::event_source_arn>("EventSourceArn"),
                         member<&C::event_source_mapping_arn>("EventSourceMappingArn"),
                         member<&C::filter_criteria>("FilterCriteria"),
                         member<&C::function_arn>("FunctionArn"),
                         member<&C::function_response_types>("FunctionResponseTypes"),
                         member<&C::last_modified>("LastModified"),
                         member<&C::last_processing_result>("LastProcessingResult"),
                         member<&C::scaling_config>("ScalingConfig"),
                         member<&C::state>("State"),
                         member<&C::state_transition_reason>("StateTransitionReason"),
                     });
  }
};

template <>
struct Describe<lambda::ListEventSourceMappingsResponse> {
  static Shape shape() {
    using R = lambda::ListEventSourceMappingsResponse;
    return structure("ListEventSourceMappingsResponse", {
                                                            member<&R::next_marker>("NextMarker"),
                                                            member<&R::event_source_mappings>("EventSourceMappings"),
                                                        });
  }
};

}  // namespace cumulet::wire
