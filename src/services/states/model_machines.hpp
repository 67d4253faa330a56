#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Step Functions (API version 2016-11-23) about state machines and tags.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
namespace cumulet::states {

using wire::member;
using wire::structure;

inline constexpr std::array<std::string_view, 2> kMachineTypes{"STANDARD", "EXPRESS"};
inline constexpr std::array<std::string_view, 4> kLogLevels{"ALL", "ERROR", "FATAL", "OFF"};
inline constexpr std::array<std::string_view, 2> kSeverities{"ERROR", "WARNING"};
inline constexpr std::array<std::string_view, 2> kIncludedData{"ALL_DATA", "METADATA_ONLY"};
inline constexpr std::array<std::string_view, 2> kEncryptionTypes{"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"};

struct Tag {
  std::optional<std::string> key, value;

  static wire::Shape shape() {
    return structure("Tag", {member<&Tag::key>("key").range(0, 128), member<&Tag::value>("value").range(0, 256)});
  }
};
struct LogGroup {
  std::optional<std::string> log_group_arn;

  static wire::Shape shape() {
    return structure("CloudWatchLogsLogGroup", {member<&LogGroup::log_group_arn>("logGroupArn").range(1, 256)});
  }
};
struct LogDestination {
  std::optional<LogGroup> cloud_watch_logs_log_group;

  static wire::Shape shape() {
    return structure("LogDestination", {member<&LogDestination::cloud_watch_logs_log_group>("cloudWatchLogsLogGroup")});
  }
};
struct LoggingConfiguration {
  std::optional<std::string> level;
  std::optional<bool> include_execution_data;
  std::optional<std::vector<LogDestination>> destinations;

  static wire::Shape shape() {
    return structure("LoggingConfiguration",
                     {
                         member<&LoggingConfiguration::level>("level").one_of(kLogLevels),
                         member<&LoggingConfiguration::include_execution_data>("includeExecutionData"),
                         member<&LoggingConfiguration::destinations>("destinations"),
                     });
  }
};
struct TracingConfiguration {
  std::optional<bool> enabled;

  static wire::Shape shape() {
    return structure("TracingConfiguration", {member<&TracingConfiguration::enabled>("enabled")});
  }
};
struct EncryptionConfiguration {
  std::optional<std::string> type;

  static wire::Shape shape() {
    return structure("EncryptionConfiguration",
                     {member<&EncryptionConfiguration::type>("type").one_of(kEncryptionTypes)});
  }
};

struct CreateStateMachineRequest {
  std::string name, definition, role_arn;
  std::optional<std::string> type;
  std::optional<LoggingConfiguration> logging_configuration;
  std::optional<TracingConfiguration> tracing_configuration;
  std::optional<EncryptionConfiguration> encryption_configuration;
  std::optional<std::vector<Tag>> tags;
  std::optional<bool> publish;
  std::optional<std::string> version_description;

  static wire::Shape shape() {
    return structure("CreateStateMachineInput",
                     {
                         member<&CreateStateMachineRequest::name>("name").required().range(1, 80),
                         member<&CreateStateMachineRequest::definition>("definition").required().range(1, 1048576),
                         member<&CreateStateMachineRequest::role_arn>("roleArn").required().range(1, 256),
                         member<&CreateStateMachineRequest::type>("type").one_of(kMachineTypes),
                         member<&CreateStateMachineRequest::logging_configuration>("loggingConfiguration"),
                         member<&CreateStateMachineRequest::tracing_configuration>("tracingConfiguration"),
                         member<&CreateStateMachineRequest::encryption_configuration>("encryptionConfiguration"),
                         member<&CreateStateMachineRequest::tags>("tags"),
                         member<&CreateStateMachineRequest::publish>("publish"),
                         member<&CreateStateMachineRequest::version_description>("versionDescription").range(0, 256),
                     });
  }
};
struct CreateStateMachineResponse {
  std::string state_machine_arn;
  TimePoint creation_date;

  static wire::Shape shape() {
    return structure("CreateStateMachineOutput",
                     {member<&CreateStateMachineResponse::state_machine_arn>("stateMachineArn"),
                      member<&CreateStateMachineResponse::creation_date>("creationDate")});
  }
};

struct UpdateStateMachineRequest {
  std::string state_machine_arn;
  std::optional<std::string> definition, role_arn;
  std::optional<LoggingConfiguration> logging_configuration;
  std::optional<TracingConfiguration> tracing_configuration;
  std::optional<EncryptionConfiguration> encryption_configuration;
  std::optional<bool> publish;
  std::optional<std::string> version_description;

  static wire::Shape shape() {
    return structure(
        "UpdateStateMachineInput",
        {
            member<&UpdateStateMachineRequest::state_machine_arn>("stateMachineArn").required().range(1, 256),
            member<&UpdateStateMachineRequest::definition>("definition").range(1, 1048576),
            member<&UpdateStateMachineRequest::role_arn>("roleArn").range(1, 256),
            member<&UpdateStateMachineRequest::logging_configuration>("loggingConfiguration"),
            member<&UpdateStateMachineRequest::tracing_configuration>("tracingConfiguration"),
            member<&UpdateStateMachineRequest::encryption_configuration>("encryptionConfiguration"),
            member<&UpdateStateMachineRequest::publish>("publish"),
            member<&UpdateStateMachineRequest::version_description>("versionDescription").range(0, 256),
        });
  }
};
struct UpdateStateMachineResponse {
  TimePoint update_date;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure("UpdateStateMachineOutput", {member<&UpdateStateMachineResponse::update_date>("updateDate"),
                                                  member<&UpdateStateMachineResponse::revision_id>("revisionId")});
  }
};

struct StateMachineArnRequest {  // DescribeStateMachine, DeleteStateMachine
  std::string state_machine_arn;
  std::optional<std::string> included_data = std::nullopt;

  static wire::Shape shape() {
    return structure("StateMachineArnInput",
                     {member<&StateMachineArnRequest::state_machine_arn>("stateMachineArn").required().range(1, 256),
                      member<&StateMachineArnRequest::included_data>("includedData").one_of(kIncludedData)});
  }
};
struct DescribeStateMachineResponse {
  std::string state_machine_arn, name, status, definition, role_arn, type;
  TimePoint creation_date;
  LoggingConfiguration logging_configuration;
  TracingConfiguration tracing_configuration;
  EncryptionConfiguration encryption_configuration;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure("DescribeStateMachineOutput",
                     {
                         member<&DescribeStateMachineResponse::state_machine_arn>("stateMachineArn"),
                         member<&DescribeStateMachineResponse::name>("name"),
                         member<&DescribeStateMachineResponse::status>("status"),
                         member<&DescribeStateMachineResponse::definition>("definition"),
                         member<&DescribeStateMachineResponse::role_arn>("roleArn"),
                         member<&DescribeStateMachineResponse::type>("type"),
                         member<&DescribeStateMachineResponse::creation_date>("creationDate"),
                         member<&DescribeStateMachineResponse::logging_configuration>("loggingConfiguration"),
                         member<&DescribeStateMachineResponse::tracing_configuration>("tracingConfiguration"),
                         member<&DescribeStateMachineResponse::encryption_configuration>("encryptionConfiguration"),
                         member<&DescribeStateMachineResponse::revision_id>("revisionId"),
                     });
  }
};

struct ListStateMachinesRequest {
  std::optional<int> max_results;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListStateMachinesInput",
                     {member<&ListStateMachinesRequest::max_results>("maxResults").range(0, 1000),
                      member<&ListStateMachinesRequest::next_token>("nextToken").range(1, 1024)});
  }
};
struct StateMachineListItem {
  std::string state_machine_arn, name, type;
  TimePoint creation_date;

  static wire::Shape shape() {
    return structure("StateMachineListItem", {
                                                 member<&StateMachineListItem::state_machine_arn>("stateMachineArn"),
                                                 member<&StateMachineListItem::name>("name"),
                                                 member<&StateMachineListItem::type>("type"),
                                                 member<&StateMachineListItem::creation_date>("creationDate"),
                                             });
  }
};
struct ListStateMachinesResponse {
  std::vector<StateMachineListItem> state_machines;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListStateMachinesOutput", {member<&ListStateMachinesResponse::state_machines>("stateMachines"),
                                                 member<&ListStateMachinesResponse::next_token>("nextToken")});
  }
};

struct ValidateStateMachineDefinitionRequest {
  std::string definition;
  std::optional<std::string> type, severity;
  std::optional<int> max_results;

  static wire::Shape shape() {
    return structure(
        "ValidateStateMachineDefinitionInput",
        {
            member<&ValidateStateMachineDefinitionRequest::definition>("definition").required().range(0, 1048576),
            member<&ValidateStateMachineDefinitionRequest::type>("type").one_of(kMachineTypes),
            member<&ValidateStateMachineDefinitionRequest::severity>("severity").one_of(kSeverities),
            member<&ValidateStateMachineDefinitionRequest::max_results>("maxResults").range(0, 100),
        });
  }
};
struct DefinitionDiagnostic {
  std::string severity, code, message;
  std::optional<std::string> location;

  static wire::Shape shape() {
    return structure("ValidateStateMachineDefinitionDiagnostic",
                     {
                         member<&DefinitionDiagnostic::severity>("severity"),
                         member<&DefinitionDiagnostic::code>("code"),
                         member<&DefinitionDiagnostic::message>("message"),
                         member<&DefinitionDiagnostic::location>("location"),
                     });
  }
};
struct ValidateStateMachineDefinitionResponse {
  std::string result;
  std::vector<DefinitionDiagnostic> diagnostics;
  bool truncated = false;

  static wire::Shape shape() {
    return structure("ValidateStateMachineDefinitionOutput",
                     {
                         member<&ValidateStateMachineDefinitionResponse::result>("result"),
                         member<&ValidateStateMachineDefinitionResponse::diagnostics>("diagnostics"),
                         member<&ValidateStateMachineDefinitionResponse::truncated>("truncated"),
                     });
  }
};

struct TagResourceRequest {
  std::string resource_arn;
  std::vector<Tag> tags;

  static wire::Shape shape() {
    return structure("TagResourceInput",
                     {member<&TagResourceRequest::resource_arn>("resourceArn").required().range(1, 256),
                      member<&TagResourceRequest::tags>("tags").required()});
  }
};
struct UntagResourceRequest {
  std::string resource_arn;
  std::vector<std::string> tag_keys;

  static wire::Shape shape() {
    return structure("UntagResourceInput",
                     {member<&UntagResourceRequest::resource_arn>("resourceArn").required().range(1, 256),
                      member<&UntagResourceRequest::tag_keys>("tagKeys").required()});
  }
};
struct ListTagsForResourceRequest {
  std::string resource_arn;

  static wire::Shape shape() {
    return structure("ListTagsForResourceInput",
                     {member<&ListTagsForResourceRequest::resource_arn>("resourceArn").required().range(1, 256)});
  }
};
struct ListTagsForResourceResponse {
  std::vector<Tag> tags;

  static wire::Shape shape() {
    return structure("ListTagsForResourceOutput", {member<&ListTagsForResourceResponse::tags>("tags")});
  }
};

}  // namespace cumulet::states
