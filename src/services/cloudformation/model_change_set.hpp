#pragma once
#include "services/cloudformation/model_common.hpp"

// Shapes of the operations on change sets.
namespace cumulet::cloudformation::service {

struct CreateChangeSetInput : StackInput {
  Optional<bool> use_previous_template;
  std::string change_set_name;
  Text client_token, description, change_set_type, on_stack_failure;
  Optional<bool> include_nested_stacks;

  static wire::Shape shape() {
    return structure(
        "CreateChangeSetInput",
        wire::join(StackInput::members(),
                   {member<&CreateChangeSetInput::use_previous_template>("UsePreviousTemplate"),
                    member<&CreateChangeSetInput::change_set_name>("ChangeSetName")
                        .required()
                        .range(1, 128)
                        .pattern("[a-zA-Z][-a-zA-Z0-9]*"),
                    member<&CreateChangeSetInput::client_token>("ClientToken").range(1, 128),
                    member<&CreateChangeSetInput::description>("Description").range(1, 1024),
                    member<&CreateChangeSetInput::change_set_type>("ChangeSetType").one_of(kChangeSetTypes),
                    member<&CreateChangeSetInput::on_stack_failure>("OnStackFailure").one_of(kOnFailure),
                    member<&CreateChangeSetInput::include_nested_stacks>("IncludeNestedStacks")}));
  }
};

struct CreateChangeSetOutput {
  std::string id, stack_id;
  static wire::Shape shape() {
    return structure("CreateChangeSetOutput",
                     {member<&CreateChangeSetOutput::id>("Id"), member<&CreateChangeSetOutput::stack_id>("StackId")});
  }
};

struct ChangeSetInput {
  std::string change_set_name;
  Text stack_name;
  static wire::MemberList members() {
    return {member<&ChangeSetInput::change_set_name>("ChangeSetName").required().range(1, 1600),
            member<&ChangeSetInput::stack_name>("StackName").at_least(1)};
  }
  static wire::Shape shape() { return structure("ChangeSetInput", members()); }
};

struct DescribeChangeSetInput : ChangeSetInput {
  Text next_token;
  static wire::Shape shape() {
    return structure("DescribeChangeSetInput",
                     wire::join(ChangeSetInput::members(),
                                {member<&DescribeChangeSetInput::next_token>("NextToken").range(1, 1024)}));
  }
};

struct ExecuteChangeSetInput : ChangeSetInput {
  Text client_request_token;
  Optional<bool> disable_rollback;
  static wire::Shape shape() {
    return structure("ExecuteChangeSetInput",
                     wire::join(ChangeSetInput::members(),
                                {member<&ExecuteChangeSetInput::client_request_token>("ClientRequestToken")
                                     .range(1, 128)
                                     .pattern("[a-zA-Z0-9][-a-zA-Z0-9]*"),
                                 member<&ExecuteChangeSetInput::disable_rollback>("DisableRollback")}));
  }
};

struct ChangeTarget {
  std::string attribute, name, requires_recreation;
  static wire::Shape shape() {
    return structure("ResourceTargetDefinition",
                     {member<&ChangeTarget::attribute>("Attribute"), member<&ChangeTarget::name>("Name"),
                      member<&ChangeTarget::requires_recreation>("RequiresRecreation")});
  }
};

struct ChangeDetail {
  ChangeTarget target;
  std::string evaluation;
  Text change_source, causing_entity;
  static wire::Shape shape() {
    return structure(
        "ResourceChangeDetail",
        {member<&ChangeDetail::target>("Target"), member<&ChangeDetail::evaluation>("Evaluation"),
         member<&ChangeDetail::change_source>("ChangeSource"), member<&ChangeDetail::causing_entity>("CausingEntity")});
  }
};

struct ResourceChange {
  std::string action, logical_resource_id;
  Text physical_resource_id;
  std::string resource_type;
  Text replacement;
  std::vector<std::string> scope;
  std::vector<ChangeDetail> details;
  static wire::Shape shape() {
    return structure(
        "ResourceChange",
        {member<&ResourceChange::action>("Action"), member<&ResourceChange::logical_resource_id>("LogicalResourceId"),
         member<&ResourceChange::physical_resource_id>("PhysicalResourceId"),
         member<&ResourceChange::resource_type>("ResourceType"), member<&ResourceChange::replacement>("Replacement"),
         member<&ResourceChange::scope>("Scope"), member<&ResourceChange::details>("Details")});
  }
};

struct ChangeOfStack {
  std::string type = "Resource";
  ResourceChange resource_change;
  static wire::Shape shape() {
    return structure("Change",
                     {member<&ChangeOfStack::type>("Type"), member<&ChangeOfStack::resource_change>("ResourceChange")});
  }
};

struct DescribeChangeSetOutput {
  std::string change_set_name, change_set_id, stack_id, stack_name;
  Text description;
  Optional<std::vector<StackParameter>> parameters;
  TimePoint creation_time;
  std::string execution_status, status;
  Text status_reason;
  std::vector<std::string> notification_arns;
  RollbackConfiguration rollback_configuration;
  Texts capabilities;
  Optional<std::vector<StackTag>> tags;
  std::vector<ChangeOfStack> changes;
  Text next_token;
  bool include_nested_stacks = false;
  Text on_stack_failure;

  static wire::Shape shape() {
    return structure(
        "DescribeChangeSetOutput",
        {member<&DescribeChangeSetOutput::change_set_name>("ChangeSetName"),
         member<&DescribeChangeSetOutput::change_set_id>("ChangeSetId"),
         member<&DescribeChangeSetOutput::stack_id>("StackId"),
         member<&DescribeChangeSetOutput::stack_name>("StackName"),
         member<&DescribeChangeSetOutput::description>("Description"),
         member<&DescribeChangeSetOutput::parameters>("Parameters"),
         member<&DescribeChangeSetOutput::creation_time>("CreationTime").format(wire::TimestampFormat::iso8601_millis),
         member<&DescribeChangeSetOutput::execution_status>("ExecutionStatus"),
         member<&DescribeChangeSetOutput::status>("Status"),
         member<&DescribeChangeSetOutput::status_reason>("StatusReason"),
         member<&DescribeChangeSetOutput::notification_arns>("NotificationARNs"),
         member<&DescribeChangeSetOutput::rollback_configuration>("RollbackConfiguration"),
         member<&DescribeChangeSetOutput::capabilities>("Capabilities"), member<&DescribeChangeSetOutput::tags>("Tags"),
         member<&DescribeChangeSetOutput::changes>("Changes"),
         member<&DescribeChangeSetOutput::next_token>("NextToken"),
         member<&DescribeChangeSetOutput::include_nested_stacks>("IncludeNestedStacks"),
         member<&DescribeChangeSetOutput::on_stack_failure>("OnStackFailure")});
  }
};

struct ListChangeSetsInput {
  std::string stack_name;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListChangeSetsInput",
                     {member<&ListChangeSetsInput::stack_name>("StackName").required().at_least(1),
                      member<&ListChangeSetsInput::next_token>("NextToken").range(1, 1024)});
  }
};

struct ChangeSetSummary {
  std::string stack_id, stack_name, change_set_id, change_set_name, execution_status, status;
  Text status_reason;
  TimePoint creation_time;
  Text description;
  bool include_nested_stacks = false;
  static wire::Shape shape() {
    return structure(
        "ChangeSetSummary",
        {member<&ChangeSetSummary::stack_id>("StackId"), member<&ChangeSetSummary::stack_name>("StackName"),
         member<&ChangeSetSummary::change_set_id>("ChangeSetId"),
         member<&ChangeSetSummary::change_set_name>("ChangeSetName"),
         member<&ChangeSetSummary::execution_status>("ExecutionStatus"), member<&ChangeSetSummary::status>("Status"),
         member<&ChangeSetSummary::status_reason>("StatusReason"),
         member<&ChangeSetSummary::creation_time>("CreationTime").format(wire::TimestampFormat::iso8601_millis),
         member<&ChangeSetSummary::description>("Description"),
         member<&ChangeSetSummary::include_nested_stacks>("IncludeNestedStacks")});
  }
};

struct ListChangeSetsOutput {
  std::vector<ChangeSetSummary> summaries;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListChangeSetsOutput", {member<&ListChangeSetsOutput::summaries>("Summaries"),
                                              member<&ListChangeSetsOutput::next_token>("NextToken")});
  }
};

}  // namespace cumulet::cloudformation::service
