#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Step Functions (API version 2016-11-23) about state machines and tags.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
namespace cumulet::states {

struct Tag {
  std::optional<std::string> key, value;
};
struct LogGroup {
  std::optional<std::string> log_group_arn;
};
struct LogDestination {
  std::optional<LogGroup> cloud_watch_logs_log_group;
};
struct LoggingConfiguration {
  std::optional<std::string> level;
  std::optional<bool> include_execution_data;
  std::optional<std::vector<LogDestination>> destinations;
};
struct TracingConfiguration {
  std::optional<bool> enabled;
};
struct EncryptionConfiguration {
  std::optional<std::string> type;
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
};
struct CreateStateMachineResponse {
  std::string state_machine_arn;
  TimePoint creation_date;
};

struct UpdateStateMachineRequest {
  std::string state_machine_arn;
  std::optional<std::string> definition, role_arn;
  std::optional<LoggingConfiguration> logging_configuration;
  std::optional<TracingConfiguration> tracing_configuration;
  std::optional<EncryptionConfiguration> encryption_configuration;
  std::optional<bool> publish;
  std::optional<std::string> version_description;
};
struct UpdateStateMachineResponse {
  TimePoint update_date;
  std::optional<std::string> revision_id;
};

struct StateMachineArnRequest {  // DescribeStateMachine, DeleteStateMachine
  std::string state_machine_arn;
  std::optional<std::string> included_data = std::nullopt;
};
struct DescribeStateMachineResponse {
  std::string state_machine_arn, name, status, definition, role_arn, type;
  TimePoint creation_date;
  LoggingConfiguration logging_configuration;
  TracingConfiguration tracing_configuration;
  EncryptionConfiguration encryption_configuration;
  std::optional<std::string> revision_id;
};

struct ListStateMachinesRequest {
  std::optional<int> max_results;
  std::optional<std::string> next_token;
};
struct StateMachineListItem {
  std::string state_machine_arn, name, type;
  TimePoint creation_date;
};
struct ListStateMachinesResponse {
  std::vector<StateMachineListItem> state_machines;
  std::optional<std::string> next_token;
};

struct ValidateStateMachineDefinitionRequest {
  std::string definition;
  std::optional<std::string> type, severity;
  std::optional<int> max_results;
};
struct DefinitionDiagnostic {
  std::string severity, code, message;
  std::optional<std::string> location;
};
struct ValidateStateMachineDefinitionResponse {
  std::string result;
  std::vector<DefinitionDiagnostic> diagnostics;
  bool truncated = false;
};

struct TagResourceRequest {
  std::string resource_arn;
  std::vector<Tag> tags;
};
struct UntagResourceRequest {
  std::string resource_arn;
  std::vector<std::string> tag_keys;
};
struct ListTagsForResourceRequest {
  std::string resource_arn;
};
struct ListTagsForResourceResponse {
  std::vector<Tag> tags;
};

inline constexpr std::array<std::string_view, 2> kMachineTypes{"STANDARD", "EXPRESS"};
inline constexpr std::array<std::string_view, 4> kLogLevels{"ALL", "ERROR", "FATAL", "OFF"};
inline constexpr std::array<std::string_view, 2> kSeverities{"ERROR", "WARNING"};
inline constexpr std::array<std::string_view, 2> kIncludedData{"ALL_DATA", "METADATA_ONLY"};
inline constexpr std::array<std::string_view, 2> kEncryptionTypes{"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"};

}  // namespace cumulet::states

namespace cumulet::wire {

template <>
struct Describe<states::Tag> {
  static Shape shape() {
    return structure(
        "Tag", {member<&states::Tag::key>("key").range(0, 128), member<&states::Tag::value>("value").range(0, 256)});
  }
};
template <>
struct Describe<states::LogGroup> {
  static Shape shape() {
    return structure("CloudWatchLogsLogGroup", {member<&states::LogGroup::log_group_arn>("logGroupArn").range(1, 256)});
  }
};
template <>
struct Describe<states::LogDestination> {
  static Shape shape() {
    return structure("LogDestination",
                     {member<&states::LogDestination::cloud_watch_logs_log_group>("cloudWatchLogsLogGroup")});
  }
};
template <>
struct Describe<states::LoggingConfiguration> {
  static Shape shape() {
    using L = states::LoggingConfiguration;
    return structure("LoggingConfiguration", {
                                                 member<&L::level>("level").one_of(states::kLogLevels),
                                                 member<&L::include_execution_data>("includeExecutionData"),
                                                 member<&L::destinations>("destinations"),
                                             });
  }
};
template <>
struct Describe<states::TracingConfiguration> {
  static Shape shape() {
    return structure("TracingConfiguration", {member<&states::TracingConfiguration::enabled>("enabled")});
  }
};
template <>
struct Describe<states::EncryptionConfiguration> {
  static Shape shape() {
    return structure("EncryptionConfiguration",
                     {member<&states::EncryptionConfiguration::type>("type").one_of(states::kEncryptionTypes)});
  }
};
template <>
struct Describe<states::CreateStateMachineRequest> {
  static Shape shape() {
    using R = states::CreateStateMachineRequest;
    return structure("CreateStateMachineInput", {
                                                    member<&R::name>("name").required().range(1, 80),
                                                    member<&R::definition>("definition").required().range(1, 1048576),
                                                    member<&R::role_arn>("roleArn").required().range(1, 256),
                                                    member<&R::type>("type").one_of(states::kMachineTypes),
                                                    member<&R::logging_configuration>("loggingConfiguration"),
                                                    member<&R::tracing_configuration>("tracingConfiguration"),
                                                    member<&R::encryption_configuration>("encryptionConfiguration"),
                                                    member<&R::tags>("tags"),
                                                    member<&R::publish>("publish"),
                                                    member<&R::version_description>("versionDescription").range(0, 256),
                                                });
  }
};
template <>
struct Describe<states::CreateStateMachineResponse> {
  static Shape shape() {
    using R = states::CreateStateMachineResponse;
    return structure("CreateStateMachineOutput",
                     {member<&R::state_machine_arn>("stateMachineArn"), member<&R::creation_date>("creationDate")});
  }
};
template <>
struct Describe<states::UpdateStateMachineRequest> {
  static Shape shape() {
    using R = states::UpdateStateMachineRequest;
    return structure("UpdateStateMachineInput",
                     {
                         member<&R::state_machine_arn>("stateMachineArn").required().range(1, 256),
                         member<&R::definition>("definition").range(1, 1048576),
                         member<&R::role_arn>("roleArn").range(1, 256),
                         member<&R::logging_configuration>("loggingConfiguration"),
                         member<&R::tracing_configuration>("tracingConfiguration"),
                         member<&R::encryption_configuration>("encryptionConfiguration"),
                         member<&R::publish>("publish"),
                         member<&R::version_description>("versionDescription").range(0, 256),
                     });
  }
};
template <>
struct Describe<states::UpdateStateMachineResponse> {
  static Shape shape() {
    using R = states::UpdateStateMachineResponse;
    return structure("UpdateStateMachineOutput",
                     {member<&R::update_date>("updateDate"), member<&R::revision_id>("revisionId")});
  }
};
template <>
struct Describe<states::StateMachineArnRequest> {
  static Shape shape() {
    using R = states::StateMachineArnRequest;
    return structure("StateMachineArnInput", {member<&R::state_machine_arn>("stateMachineArn").required().range(1, 256),
                                              member<&R::included_data>("includedData").one_of(states::kIncludedData)});
  }
};
template <>
struct Describe<states::DescribeStateMachineResponse> {
  static Shape shape() {
    using R = states::DescribeStateMachineResponse;
    return structure("DescribeStateMachineOutput", {
                                                       member<&R::state_machine_arn>("stateMachineArn"),
                                                       member<&R::name>("name"),
                                                       member<&R::status>("status"),
                                                       member<&R::definition>("definition"),
                                                       member<&R::role_arn>("roleArn"),
                                                       member<&R::type>("type"),
                                                       member<&R::creation_date>("creationDate"),
                                                       member<&R::logging_configuration>("loggingConfiguration"),
                                                       member<&R::tracing_configuration>("tracingConfiguration"),
                                                       member<&R::encryption_configuration>("encryptionConfiguration"),
                                                       member<&R::revision_id>("revisionId"),
                                                   });
  }
};
template <>
struct Describe<states::ListStateMachinesRequest> {
  static Shape shape() {
    using R = states::ListStateMachinesRequest;
    return structure("ListStateMachinesInput", {member<&R::max_results>("maxResults").range(0, 1000),
                                                member<&R::next_token>("nextToken").range(1, 1024)});
  }
};
template <>
struct Describe<states::StateMachineListItem> {
  static Shape shape() {
    using I = states::StateMachineListItem;
    return structure("StateMachineListItem", {
                                                 member<&I::state_machine_arn>("stateMachineArn"),
                                                 member<&I::name>("name"),
                                                 member<&I::type>("type"),
                                                 member<&I::creation_date>("creationDate"),
                                             });
  }
};
template <>
struct Describe<states::ListStateMachinesResponse> {
  static Shape shape() {
    using R = states::ListStateMachinesResponse;
    return structure("ListStateMachinesOutput",
                     {member<&R::state_machines>("stateMachines"), member<&R::next_token>("nextToken")});
  }
};
template <>
struct Describe<states::ValidateStateMachineDefinitionRequest> {
  static Shape shape() {
    using R = states::ValidateStateMachineDefinitionRequest;
    return structure("ValidateStateMachineDefinitionInput",
                     {
                         member<&R::definition>("definition").required().range(0, 1048576),
                         member<&R::type>("type").one_of(states::kMachineTypes),
                         member<&R::severity>("severity").one_of(states::kSeverities),
                         member<&R::max_results>("maxResults").range(0, 100),
                     });
  }
};
template <>
struct Describe<states::DefinitionDiagnostic> {
  static Shape shape() {
    using D = states::DefinitionDiagnostic;
    return structure("ValidateStateMachineDefinitionDiagnostic", {
                                                                     member<&D::severity>("severity"),
                                                                     member<&D::code>("code"),
                                                                     member<&D::message>("message"),
                                                                     member<&D::location>("location"),
                                                                 });
  }
};
template <>
struct Describe<states::ValidateStateMachineDefinitionResponse> {
  static Shape shape() {
    using R = states::ValidateStateMachineDefinitionResponse;
    return structure("ValidateStateMachineDefinitionOutput", {
                                                                 member<&R::result>("result"),
                                                                 member<&R::diagnostics>("diagnostics"),
                                                                 member<&R::truncated>("truncated"),
                                                             });
  }
};
template <>
struct Describe<states::TagResourceRequest> {
  static Shape shape() {
    using R = states::TagResourceRequest;
    return structure("TagResourceInput", {member<&R::resource_arn>("resourceArn").required().range(1, 256),
                                          member<&R::tags>("tags").required()});
  }
};
template <>
struct Describe<states::UntagResourceRequest> {
  static Shape shape() {
    using R = states::UntagResourceRequest;
    return structure("UntagResourceInput", {member<&R::resource_arn>("resourceArn").required().range(1, 256),
                                            member<&R::tag_keys>("tagKeys").required()});
  }
};
template <>
struct Describe<states::ListTagsForResourceRequest> {
  static Shape shape() {
    return structure(
        "ListTagsForResourceInput",
        {member<&states::ListTagsForResourceRequest::resource_arn>("resourceArn").required().range(1, 256)});
  }
};
template <>
struct Describe<states::ListTagsForResourceResponse> {
  static Shape shape() {
    return structure("ListTagsForResourceOutput", {member<&states::ListTagsForResourceResponse::tags>("tags")});
  }
};

}  // namespace cumulet::wire
