#pragma once
#include "services/cloudformation/model_common.hpp"

// Shapes of the operations on stacks.
namespace cumulet::cloudformation::service {

struct CreateStackInput : StackInput {
  Optional<bool> disable_rollback, enable_termination_protection;
  Optional<int> timeout_in_minutes;
  Text on_failure, stack_policy_body, stack_policy_url, client_request_token;

  static wire::Shape shape() {
    return structure(
        "CreateStackInput",
        wire::join(StackInput::members(),
                   {member<&CreateStackInput::disable_rollback>("DisableRollback"),
                    member<&CreateStackInput::timeout_in_minutes>("TimeoutInMinutes").at_least(1),
                    member<&CreateStackInput::on_failure>("OnFailure").one_of(kOnFailure),
                    member<&CreateStackInput::stack_policy_body>("StackPolicyBody").range(1, 16384),
                    member<&CreateStackInput::stack_policy_url>("StackPolicyURL").range(1, 1350),
                    member<&CreateStackInput::client_request_token>("ClientRequestToken")
                        .range(1, 128)
                        .pattern("[a-zA-Z0-9][-a-zA-Z0-9]*"),
                    member<&CreateStackInput::enable_termination_protection>("EnableTerminationProtection")}));
  }
};

struct UpdateStackInput : StackInput {
  Optional<bool> use_previous_template, disable_rollback;
  Text stack_policy_during_update_body, stack_policy_during_update_url, stack_policy_body, stack_policy_url;
  Text client_request_token;

  static wire::Shape shape() {
    return structure(
        "UpdateStackInput",
        wire::join(
            StackInput::members(),
            {member<&UpdateStackInput::use_previous_template>("UsePreviousTemplate"),
             member<&UpdateStackInput::stack_policy_during_update_body>("StackPolicyDuringUpdateBody").range(1, 16384),
             member<&UpdateStackInput::stack_policy_during_update_url>("StackPolicyDuringUpdateURL").range(1, 1350),
             member<&UpdateStackInput::stack_policy_body>("StackPolicyBody").range(1, 16384),
             member<&UpdateStackInput::stack_policy_url>("StackPolicyURL").range(1, 1350),
             member<&UpdateStackInput::disable_rollback>("DisableRollback"),
             member<&UpdateStackInput::client_request_token>("ClientRequestToken")
                 .range(1, 128)
                 .pattern("[a-zA-Z0-9][-a-zA-Z0-9]*")}));
  }
};

struct StackIdOutput {
  std::string stack_id;
  static wire::Shape shape() { return structure("StackIdOutput", {member<&StackIdOutput::stack_id>("StackId")}); }
};

struct DeleteStackInput {
  std::string stack_name;
  Texts retain_resources;
  Text role_arn, client_request_token;

  static wire::Shape shape() {
    return structure("DeleteStackInput", {member<&DeleteStackInput::stack_name>("StackName").required(),
                                          member<&DeleteStackInput::retain_resources>("RetainResources"),
                                          member<&DeleteStackInput::role_arn>("RoleARN").range(20, 2048),
                                          member<&DeleteStackInput::client_request_token>("ClientRequestToken")
                                              .range(1, 128)
                                              .pattern("[a-zA-Z0-9][-a-zA-Z0-9]*")});
  }
};

struct UpdateTerminationProtectionInput {
  bool enable = false;
  std::string stack_name;

  static wire::Shape shape() {
    return structure("UpdateTerminationProtectionInput",
                     {member<&UpdateTerminationProtectionInput::enable>("EnableTerminationProtection").required(),
                      member<&UpdateTerminationProtectionInput::stack_name>("StackName").required().at_least(1)});
  }
};

struct ContinueUpdateRollbackInput {
  std::string stack_name;
  Text role_arn, client_request_token;
  Texts resources_to_skip;

  static wire::Shape shape() {
    return structure("ContinueUpdateRollbackInput",
                     {member<&ContinueUpdateRollbackInput::stack_name>("StackName").required().at_least(1),
                      member<&ContinueUpdateRollbackInput::role_arn>("RoleARN").range(20, 2048),
                      member<&ContinueUpdateRollbackInput::resources_to_skip>("ResourcesToSkip"),
                      member<&ContinueUpdateRollbackInput::client_request_token>("ClientRequestToken")
                          .range(1, 128)
                          .pattern("[a-zA-Z0-9][-a-zA-Z0-9]*")});
  }
};

// Of one stack, or of all.
struct StacksInput {
  Text stack_name, next_token;

  static wire::Shape shape() {
    return structure("StacksInput", {member<&StacksInput::stack_name>("StackName"),
                                     member<&StacksInput::next_token>("NextToken").range(1, 1024)});
  }
};

struct DriftInformation {
  std::string stack_drift_status = "NOT_CHECKED";
  Optional<TimePoint> last_check_timestamp;

  static wire::Shape shape() {
    return structure("StackDriftInformation", {member<&DriftInformation::stack_drift_status>("StackDriftStatus"),
                                               member<&DriftInformation::last_check_timestamp>("LastCheckTimestamp")
                                                   .format(wire::TimestampFormat::iso8601_millis)});
  }
};

struct ResourceDriftInformation {
  std::string stack_resource_drift_status = "NOT_CHECKED";
  Optional<TimePoint> last_check_timestamp;

  static wire::Shape shape() {
    return structure("StackResourceDriftInformation",
                     {member<&ResourceDriftInformation::stack_resource_drift_status>("StackResourceDriftStatus"),
                      member<&ResourceDriftInformation::last_check_timestamp>("LastCheckTimestamp")
                          .format(wire::TimestampFormat::iso8601_millis)});
  }
};

struct StackOutput {
  std::string output_key, output_value;
  Text description, export_name;

  static wire::Shape shape() {
    return structure(
        "Output", {member<&StackOutput::output_key>("OutputKey"), member<&StackOutput::output_value>("OutputValue"),
                   member<&StackOutput::description>("Description"), member<&StackOutput::export_name>("ExportName")});
  }
};

struct DescribedStack {
  std::string stack_id, stack_name;
  Text change_set_id, description;
  Optional<std::vector<StackParameter>> parameters;
  TimePoint creation_time;
  Optional<TimePoint> deletion_time, last_updated_time;
  Optional<RollbackConfiguration> rollback_configuration;
  std::string stack_status;
  Text stack_status_reason;
  bool disable_rollback = false;
  std::vector<std::string> notification_arns;
  Optional<int> timeout_in_minutes;
  Texts capabilities;
  Optional<std::vector<StackOutput>> outputs;
  Text role_arn;
  std::vector<StackTag> tags;
  bool enable_termination_protection = false;
  Text parent_id, root_id;
  DriftInformation drift_information;

  static wire::Shape shape() {
    constexpr auto kMillis = wire::TimestampFormat::iso8601_millis;
    return structure("Stack", {member<&DescribedStack::stack_id>("StackId"),
                               member<&DescribedStack::stack_name>("StackName"),
                               member<&DescribedStack::change_set_id>("ChangeSetId"),
                               member<&DescribedStack::description>("Description"),
                               member<&DescribedStack::parameters>("Parameters"),
                               member<&DescribedStack::creation_time>("CreationTime").format(kMillis),
                               member<&DescribedStack::deletion_time>("DeletionTime").format(kMillis),
                               member<&DescribedStack::last_updated_time>("LastUpdatedTime").format(kMillis),
                               member<&DescribedStack::rollback_configuration>("RollbackConfiguration"),
                               member<&DescribedStack::stack_status>("StackStatus"),
                               member<&DescribedStack::stack_status_reason>("StackStatusReason"),
                               member<&DescribedStack::disable_rollback>("DisableRollback"),
                               member<&DescribedStack::notification_arns>("NotificationARNs"),
                               member<&DescribedStack::timeout_in_minutes>("TimeoutInMinutes"),
                               member<&DescribedStack::capabilities>("Capabilities"),
                               member<&DescribedStack::outputs>("Outputs"),
                               member<&DescribedStack::role_arn>("RoleARN"),
                               member<&DescribedStack::tags>("Tags"),
                               member<&DescribedStack::enable_termination_protection>("EnableTerminationProtection"),
                               member<&DescribedStack::parent_id>("ParentId"),
                               member<&DescribedStack::root_id>("RootId"),
                               member<&DescribedStack::drift_information>("DriftInformation")});
  }
};

struct DescribeStacksOutput {
  std::vector<DescribedStack> stacks;
  Text next_token;
  static wire::Shape shape() {
    return structure("DescribeStacksOutput", {member<&DescribeStacksOutput::stacks>("Stacks"),
                                              member<&DescribeStacksOutput::next_token>("NextToken")});
  }
};

struct ListStacksInput {
  Text next_token;
  Texts stack_status_filter;
  static wire::Shape shape() {
    return structure("ListStacksInput", {member<&ListStacksInput::next_token>("NextToken").range(1, 1024),
                                         member<&ListStacksInput::stack_status_filter>("StackStatusFilter")});
  }
};

struct StackSummary {
  std::string stack_id, stack_name;
  Text template_description;
  TimePoint creation_time;
  Optional<TimePoint> last_updated_time, deletion_time;
  std::string stack_status;
  Text stack_status_reason, parent_id, root_id;
  DriftInformation drift_information;

  static wire::Shape shape() {
    constexpr auto kMillis = wire::TimestampFormat::iso8601_millis;
    return structure(
        "StackSummary",
        {member<&StackSummary::stack_id>("StackId"), member<&StackSummary::stack_name>("StackName"),
         member<&StackSummary::template_description>("TemplateDescription"),
         member<&StackSummary::creation_time>("CreationTime").format(kMillis),
         member<&StackSummary::last_updated_time>("LastUpdatedTime").format(kMillis),
         member<&StackSummary::deletion_time>("DeletionTime").format(kMillis),
         member<&StackSummary::stack_status>("StackStatus"),
         member<&StackSummary::stack_status_reason>("StackStatusReason"), member<&StackSummary::parent_id>("ParentId"),
         member<&StackSummary::root_id>("RootId"), member<&StackSummary::drift_information>("DriftInformation")});
  }
};

struct ListStacksOutput {
  std::vector<StackSummary> stack_summaries;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListStacksOutput", {member<&ListStacksOutput::stack_summaries>("StackSummaries"),
                                          member<&ListStacksOutput::next_token>("NextToken")});
  }
};

struct OutputExport {
  std::string exporting_stack_id, name, value;
  static wire::Shape shape() {
    return structure("Export", {member<&OutputExport::exporting_stack_id>("ExportingStackId"),
                                member<&OutputExport::name>("Name"), member<&OutputExport::value>("Value")});
  }
};

struct ListExportsInput {
  Text next_token;
  static wire::Shape shape() {
    return structure("ListExportsInput", {member<&ListExportsInput::next_token>("NextToken").range(1, 1024)});
  }
};

struct ListExportsOutput {
  std::vector<OutputExport> exports;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListExportsOutput", {member<&ListExportsOutput::exports>("Exports"),
                                           member<&ListExportsOutput::next_token>("NextToken")});
  }
};

struct ListImportsInput {
  std::string export_name;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListImportsInput", {member<&ListImportsInput::export_name>("ExportName").required(),
                                          member<&ListImportsInput::next_token>("NextToken").range(1, 1024)});
  }
};

struct ListImportsOutput {
  std::vector<std::string> imports;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListImportsOutput", {member<&ListImportsOutput::imports>("Imports"),
                                           member<&ListImportsOutput::next_token>("NextToken")});
  }
};

}  // namespace cumulet::cloudformation::service
