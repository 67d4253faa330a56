#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "services/states/model_machines.hpp"

// Shapes of Step Functions about executions.
namespace cumulet::states {

struct StartExecutionRequest {
  std::string state_machine_arn;
  std::optional<std::string> name, input, trace_header;
};
struct StartExecutionResponse {
  std::string execution_arn;
  TimePoint start_date;
};

struct StopExecutionRequest {
  std::string execution_arn;
  std::optional<std::string> error, cause;
};
struct StopExecutionResponse {
  TimePoint stop_date;
};

struct ExecutionArnRequest {  // DescribeExecution, DescribeStateMachineForExecution
  std::string execution_arn;
  std::optional<std::string> included_data = std::nullopt;
};
struct ExecutionDataDetails {
  bool included = true;
};
struct DescribeExecutionResponse {
  std::string execution_arn, state_machine_arn, name, status;
  TimePoint start_date;
  std::optional<TimePoint> stop_date;
  std::optional<std::string> input, output, error, cause;
  std::optional<ExecutionDataDetails> input_details, output_details;
  int redrive_count = 0;
  std::string redrive_status;
  std::optional<std::string> redrive_status_reason, trace_header;
};
struct DescribeStateMachineForExecutionResponse {
  std::string state_machine_arn, name, definition, role_arn;
  TimePoint update_date;
  LoggingConfiguration logging_configuration;
  TracingConfiguration tracing_configuration;
  EncryptionConfiguration encryption_configuration;
  std::optional<std::string> revision_id;
};

struct ListExecutionsRequest {
  std::optional<std::string> state_machine_arn, status_filter, next_token, map_run_arn;
  std::optional<int> max_results;
};
struct ExecutionListItem {
  std::string execution_arn, state_machine_arn, name, status;
  TimePoint start_date;
  std::optional<TimePoint> stop_date;
  int redrive_count = 0;
};
struct ListExecutionsResponse {
  std::vector<ExecutionListItem> executions;
  std::optional<std::string> next_token;
};

struct GetExecutionHistoryRequest {
  std::string execution_arn;
  std::optional<int> max_results;
  std::optional<bool> reverse_order, include_execution_data;
  std::optional<std::string> next_token;
};
// One of the details is set, by the event's type (asl::details).
struct HistoryEvent {
  using Details = std::optional<boost::json::value>;
  TimePoint timestamp;
  std::string type;
  std::int64_t id = 0, previous_event_id = 0;
  Details execution_started, execution_succeeded, execution_failed, execution_timed_out, execution_aborted;
  Details state_entered, state_exited;
  Details task_scheduled, task_started, task_succeeded, task_failed, task_timed_out;
  Details lambda_scheduled, lambda_succeeded, lambda_failed, lambda_timed_out;
};
struct GetExecutionHistoryResponse {
  std::vector<HistoryEvent> events;
  std::optional<std::string> next_token;
};

inline constexpr std::array<std::string_view, 6> kStatuses{"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE",
                                                           "ABORTED",   "FAILED",    "RUNNING"};

}  // namespace cumulet::states

namespace cumulet::wire {

template <>
struct Describe<states::StartExecutionRequest> {
  static Shape shape() {
    using R = states::StartExecutionRequest;
    return structure("StartExecutionInput",
                     {
                         member<&R::state_machine_arn>("stateMachineArn").required().range(1, 256),
                         member<&R::name>("name").range(1, 80),
                         member<&R::input>("input").range(0, 262144),
                         member<&R::trace_header>("traceHeader").range(0, 256),
                     });
  }
};
template <>
struct Describe<states::StartExecutionResponse> {
  static Shape shape() {
    using R = states::StartExecutionResponse;
    return structure("StartExecutionOutput",
                     {member<&R::execution_arn>("executionArn"), member<&R::start_date>("startDate")});
  }
};
template <>
struct Describe<states::StopExecutionRequest> {
  static Shape shape() {
    using R = states::StopExecutionRequest;
    return structure("StopExecutionInput", {
                                               member<&R::execution_arn>("executionArn").required().range(1, 256),
                                               member<&R::error>("error").range(0, 256),
                                               member<&R::cause>("cause").range(0, 32768),
                                           });
  }
};
template <>
struct Describe<states::StopExecutionResponse> {
  static Shape shape() {
    return structure("StopExecutionOutput", {member<&states::StopExecutionResponse::stop_date>("stopDate")});
  }
};
template <>
struct Describe<states::ExecutionArnRequest> {
  static Shape shape() {
    using R = states::ExecutionArnRequest;
    return structure("ExecutionArnInput", {member<&R::execution_arn>("executionArn").required().range(1, 256),
                                           member<&R::included_data>("includedData").one_of(states::kIncludedData)});
  }
};
template <>
struct Describe<states::ExecutionDataDetails> {
  static Shape shape() {
    return structure("CloudWatchEventsExecutionDataDetails",
                     {member<&states::ExecutionDataDetails::included>("included")});
  }
};
template <>
struct Describe<states::DescribeExecutionResponse> {
  static Shape shape() {
    using R = states::DescribeExecutionResponse;
    return structure("DescribeExecutionOutput", {
                                                    member<&R::execution_arn>("executionArn"),
                                                    member<&R::state_machine_arn>("stateMachineArn"),
                                                    member<&R::name>("name"),
                                                    member<&R::status>("status"),
                                                    member<&R::start_date>("startDate"),
                                                    member<&R::stop_date>("stopDate"),
                                                    member<&R::input>("input"),
                                                    member<&R::input_details>("inputDetails"),
                                                    member<&R::output>("output"),
                                                    member<&R::output_details>("outputDetails"),
                                                    member<&R::error>("error"),
                                                    member<&R::cause>("cause"),
                                                    member<&R::redrive_count>("redriveCount"),
                                                    member<&R::redrive_status>("redriveStatus"),
                                                    member<&R::redrive_status_reason>("redriveStatusReason"),
                                                    member<&R::trace_header>("traceHeader"),
                                                });
  }
};
template <>
struct Describe<states::DescribeStateMachineForExecutionResponse> {
  static Shape shape() {
    using R = states::DescribeStateMachineForExecutionResponse;
    return structure("DescribeStateMachineForExecutionOutput",
                     {
                         member<&R::state_machine_arn>("stateMachineArn"),
                         member<&R::name>("name"),
                         member<&R::definition>("definition"),
                         member<&R::role_arn>("roleArn"),
                         member<&R::update_date>("updateDate"),
                         member<&R::logging_configuration>("loggingConfiguration"),
                         member<&R::tracing_configuration>("tracingConfiguration"),
                         member<&R::encryption_configuration>("encryptionConfiguration"),
                         member<&R::revision_id>("revisionId"),
                     });
  }
};
template <>
struct Describe<states::ListExecutionsRequest> {
  static Shape shape() {
    using R = states::ListExecutionsRequest;
    return structure("ListExecutionsInput", {
                                                member<&R::state_machine_arn>("stateMachineArn").range(1, 256),
                                                member<&R::status_filter>("statusFilter").one_of(states::kStatuses),
                                                member<&R::max_results>("maxResults").range(0, 1000),
                                                member<&R::next_token>("nextToken").range(1, 3096),
                                                member<&R::map_run_arn>("mapRunArn").range(1, 2000),
                                            });
  }
};
template <>
struct Describe<states::ExecutionListItem> {
  static Shape shape() {
    using I = states::ExecutionListItem;
    return structure("ExecutionListItem", {
                                              member<&I::execution_arn>("executionArn"),
                                              member<&I::state_machine_arn>("stateMachineArn"),
                                              member<&I::name>("name"),
                                              member<&I::status>("status"),
                                              member<&I::start_date>("startDate"),
                                              member<&I::stop_date>("stopDate"),
                                              member<&I::redrive_count>("redriveCount"),
                                          });
  }
};
template <>
struct Describe<states::ListExecutionsResponse> {
  static Shape shape() {
    using R = states::ListExecutionsResponse;
    return structure("ListExecutionsOutput",
                     {member<&R::executions>("executions"), member<&R::next_token>("nextToken")});
  }
};
template <>
struct Describe<states::GetExecutionHistoryRequest> {
  static Shape shape() {
    using R = states::GetExecutionHistoryRequest;
    return structure("GetExecutionHistoryInput", {
                                                     member<&R::execution_arn>("executionArn").required().range(1, 256),
                                                     member<&R::max_results>("maxResults").range(0, 1000),
                                                     member<&R::reverse_order>("reverseOrder"),
                                                     member<&R::next_token>("nextToken").range(1, 1024),
                                                     member<&R::include_execution_data>("includeExecutionData"),
                                                 });
  }
};
template <>
struct Describe<states::HistoryEvent> {
  static Shape shape() {
    using E = states::HistoryEvent;
    return structure("HistoryEvent", {
                                         member<&E::timestamp>("timestamp"),
                                         member<&E::type>("type"),
                                         member<&E::id>("id"),
                                         member<&E::previous_event_id>("previousEventId"),
                                         member<&E::execution_started>("executionStartedEventDetails"),
                                         member<&E::execution_succeeded>("executionSucceededEventDetails"),
                                         member<&E::execution_failed>("executionFailedEventDetails"),
                                         member<&E::execution_timed_out>("executionTimedOutEventDetails"),
                                         member<&E::execution_aborted>("executionAbortedEventDetails"),
                                         member<&E::state_entered>("stateEnteredEventDetails"),
                                         member<&E::state_exited>("stateExitedEventDetails"),
                                         member<&E::task_scheduled>("taskScheduledEventDetails"),
                                         member<&E::task_started>("taskStartedEventDetails"),
                                         member<&E::task_succeeded>("taskSucceededEventDetails"),
                                         member<&E::task_failed>("taskFailedEventDetails"),
                                         member<&E::task_timed_out>("taskTimedOutEventDetails"),
                                         member<&E::lambda_scheduled>("lambdaFunctionScheduledEventDetails"),
                                         member<&E::lambda_succeeded>("lambdaFunctionSucceededEventDetails"),
                                         member<&E::lambda_failed>("lambdaFunctionFailedEventDetails"),
                                         member<&E::lambda_timed_out>("lambdaFunctionTimedOutEventDetails"),
                                     });
  }
};
template <>
struct Describe<states::GetExecutionHistoryResponse> {
  static Shape shape() {
    using R = states::GetExecutionHistoryResponse;
    return structure("GetExecutionHistoryOutput", {member<&R::events>("events"), member<&R::next_token>("nextToken")});
  }
};

}  // namespace cumulet::wire
