#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "services/states/model_machines.hpp"

// Shapes of Step Functions about executions.
namespace cumulet::states {

using wire::member;
using wire::structure;

inline constexpr std::array<std::string_view, 6> kStatuses{"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE",
                                                           "ABORTED",   "FAILED",    "RUNNING"};

struct StartExecutionRequest {
  std::string state_machine_arn;
  std::optional<std::string> name, input, trace_header;

  static wire::Shape shape() {
    return structure("StartExecutionInput",
                     {
                         member<&StartExecutionRequest::state_machine_arn>("stateMachineArn").required().range(1, 256),
                         member<&StartExecutionRequest::name>("name").range(1, 80),
                         member<&StartExecutionRequest::input>("input").range(0, 262144),
                         member<&StartExecutionRequest::trace_header>("traceHeader").range(0, 256),
                     });
  }
};
struct StartExecutionResponse {
  std::string execution_arn;
  TimePoint start_date;

  static wire::Shape shape() {
    return structure("StartExecutionOutput", {member<&StartExecutionResponse::execution_arn>("executionArn"),
                                              member<&StartExecutionResponse::start_date>("startDate")});
  }
};

struct StopExecutionRequest {
  std::string execution_arn;
  std::optional<std::string> error, cause;

  static wire::Shape shape() {
    return structure("StopExecutionInput",
                     {
                         member<&StopExecutionRequest::execution_arn>("executionArn").required().range(1, 256),
                         member<&StopExecutionRequest::error>("error").range(0, 256),
                         member<&StopExecutionRequest::cause>("cause").range(0, 32768),
                     });
  }
};
struct StopExecutionResponse {
  TimePoint stop_date;

  static wire::Shape shape() {
    return structure("StopExecutionOutput", {member<&StopExecutionResponse::stop_date>("stopDate")});
  }
};

struct ExecutionArnRequest {  // DescribeExecution, DescribeStateMachineForExecution
  std::string execution_arn;
  std::optional<std::string> included_data = std::nullopt;

  static wire::Shape shape() {
    return structure("ExecutionArnInput",
                     {member<&ExecutionArnRequest::execution_arn>("executionArn").required().range(1, 256),
                      member<&ExecutionArnRequest::included_data>("includedData").one_of(kIncludedData)});
  }
};
struct ExecutionDataDetails {
  bool included = true;

  static wire::Shape shape() {
    return structure("CloudWatchEventsExecutionDataDetails", {member<&ExecutionDataDetails::included>("included")});
  }
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

  static wire::Shape shape() {
    return structure("DescribeExecutionOutput",
                     {
                         member<&DescribeExecutionResponse::execution_arn>("executionArn"),
                         member<&DescribeExecutionResponse::state_machine_arn>("stateMachineArn"),
                         member<&DescribeExecutionResponse::name>("name"),
                         member<&DescribeExecutionResponse::status>("status"),
                         member<&DescribeExecutionResponse::start_date>("startDate"),
                         member<&DescribeExecutionResponse::stop_date>("stopDate"),
                         member<&DescribeExecutionResponse::input>("input"),
                         member<&DescribeExecutionResponse::input_details>("inputDetails"),
                         member<&DescribeExecutionResponse::output>("output"),
                         member<&DescribeExecutionResponse::output_details>("outputDetails"),
                         member<&DescribeExecutionResponse::error>("error"),
                         member<&DescribeExecutionResponse::cause>("cause"),
                         member<&DescribeExecutionResponse::redrive_count>("redriveCount"),
                         member<&DescribeExecutionResponse::redrive_status>("redriveStatus"),
                         member<&DescribeExecutionResponse::redrive_status_reason>("redriveStatusReason"),
                         member<&DescribeExecutionResponse::trace_header>("traceHeader"),
                     });
  }
};
struct DescribeStateMachineForExecutionResponse {
  std::string state_machine_arn, name, definition, role_arn;
  TimePoint update_date;
  LoggingConfiguration logging_configuration;
  TracingConfiguration tracing_configuration;
  EncryptionConfiguration encryption_configuration;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure(
        "DescribeStateMachineForExecutionOutput",
        {
            member<&DescribeStateMachineForExecutionResponse::state_machine_arn>("stateMachineArn"),
            member<&DescribeStateMachineForExecutionResponse::name>("name"),
            member<&DescribeStateMachineForExecutionResponse::definition>("definition"),
            member<&DescribeStateMachineForExecutionResponse::role_arn>("roleArn"),
            member<&DescribeStateMachineForExecutionResponse::update_date>("updateDate"),
            member<&DescribeStateMachineForExecutionResponse::logging_configuration>("loggingConfiguration"),
            member<&DescribeStateMachineForExecutionResponse::tracing_configuration>("tracingConfiguration"),
            member<&DescribeStateMachineForExecutionResponse::encryption_configuration>("encryptionConfiguration"),
            member<&DescribeStateMachineForExecutionResponse::revision_id>("revisionId"),
        });
  }
};

struct ListExecutionsRequest {
  std::optional<std::string> state_machine_arn, status_filter, next_token, map_run_arn;
  std::optional<int> max_results;

  static wire::Shape shape() {
    return structure("ListExecutionsInput",
                     {
                         member<&ListExecutionsRequest::state_machine_arn>("stateMachineArn").range(1, 256),
                         member<&ListExecutionsRequest::status_filter>("statusFilter").one_of(kStatuses),
                         member<&ListExecutionsRequest::max_results>("maxResults").range(0, 1000),
                         member<&ListExecutionsRequest::next_token>("nextToken").range(1, 3096),
                         member<&ListExecutionsRequest::map_run_arn>("mapRunArn").range(1, 2000),
                     });
  }
};
struct ExecutionListItem {
  std::string execution_arn, state_machine_arn, name, status;
  TimePoint start_date;
  std::optional<TimePoint> stop_date;
  int redrive_count = 0;

  static wire::Shape shape() {
    return structure("ExecutionListItem", {
                                              member<&ExecutionListItem::execution_arn>("executionArn"),
                                              member<&ExecutionListItem::state_machine_arn>("stateMachineArn"),
                                              member<&ExecutionListItem::name>("name"),
                                              member<&ExecutionListItem::status>("status"),
                                              member<&ExecutionListItem::start_date>("startDate"),
                                              member<&ExecutionListItem::stop_date>("stopDate"),
                                              member<&ExecutionListItem::redrive_count>("redriveCount"),
                                          });
  }
};
struct ListExecutionsResponse {
  std::vector<ExecutionListItem> executions;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListExecutionsOutput", {member<&ListExecutionsResponse::executions>("executions"),
                                              member<&ListExecutionsResponse::next_token>("nextToken")});
  }
};

struct GetExecutionHistoryRequest {
  std::string execution_arn;
  std::optional<int> max_results;
  std::optional<bool> reverse_order, include_execution_data;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("GetExecutionHistoryInput",
                     {
                         member<&GetExecutionHistoryRequest::execution_arn>("executionArn").required().range(1, 256),
                         member<&GetExecutionHistoryRequest::max_results>("maxResults").range(0, 1000),
                         member<&GetExecutionHistoryRequest::reverse_order>("reverseOrder"),
                         member<&GetExecutionHistoryRequest::next_token>("nextToken").range(1, 1024),
                         member<&GetExecutionHistoryRequest::include_execution_data>("includeExecutionData"),
                     });
  }
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

  static wire::Shape shape() {
    return structure("HistoryEvent", {
                                         member<&HistoryEvent::timestamp>("timestamp"),
                                         member<&HistoryEvent::type>("type"),
                                         member<&HistoryEvent::id>("id"),
                                         member<&HistoryEvent::previous_event_id>("previousEventId"),
                                         member<&HistoryEvent::execution_started>("executionStartedEventDetails"),
                                         member<&HistoryEvent::execution_succeeded>("executionSucceededEventDetails"),
                                         member<&HistoryEvent::execution_failed>("executionFailedEventDetails"),
                                         member<&HistoryEvent::execution_timed_out>("executionTimedOutEventDetails"),
                                         member<&HistoryEvent::execution_aborted>("executionAbortedEventDetails"),
                                         member<&HistoryEvent::state_entered>("stateEnteredEventDetails"),
                                         member<&HistoryEvent::state_exited>("stateExitedEventDetails"),
                                         member<&HistoryEvent::task_scheduled>("taskScheduledEventDetails"),
                                         member<&HistoryEvent::task_started>("taskStartedEventDetails"),
                                         member<&HistoryEvent::task_succeeded>("taskSucceededEventDetails"),
                                         member<&HistoryEvent::task_failed>("taskFailedEventDetails"),
                                         member<&HistoryEvent::task_timed_out>("taskTimedOutEventDetails"),
                                         member<&HistoryEvent::lambda_scheduled>("lambdaFunctionScheduledEventDetails"),
                                         member<&HistoryEvent::lambda_succeeded>("lambdaFunctionSucceededEventDetails"),
                                         member<&HistoryEvent::lambda_failed>("lambdaFunctionFailedEventDetails"),
                                         member<&HistoryEvent::lambda_timed_out>("lambdaFunctionTimedOutEventDetails"),
                                     });
  }
};
struct GetExecutionHistoryResponse {
  std::vector<HistoryEvent> events;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("GetExecutionHistoryOutput", {member<&GetExecutionHistoryResponse::events>("events"),
                                                   member<&GetExecutionHistoryResponse::next_token>("nextToken")});
  }
};

}  // namespace cumulet::states
