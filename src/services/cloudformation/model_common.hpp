#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of CloudFormation, API version 2010-05-15: what several operations share.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
namespace cumulet::cloudformation::service {

using wire::member;
using wire::structure;

template <class T>
using Optional = std::optional<T>;
using Text = std::optional<std::string>;
using Texts = std::optional<std::vector<std::string>>;

inline constexpr std::array<std::string_view, 3> kOnFailure{"DO_NOTHING", "ROLLBACK", "DELETE"};
inline constexpr std::array<std::string_view, 2> kTemplateStages{"Original", "Processed"};
inline constexpr std::array<std::string_view, 3> kChangeSetTypes{"CREATE", "UPDATE", "IMPORT"};

struct StackParameter {
  Text parameter_key, parameter_value;
  Optional<bool> use_previous_value;
  Text resolved_value;

  static wire::Shape shape() {
    return structure("Parameter", {member<&StackParameter::parameter_key>("ParameterKey"),
                                   member<&StackParameter::parameter_value>("ParameterValue"),
                                   member<&StackParameter::use_previous_value>("UsePreviousValue"),
                                   member<&StackParameter::resolved_value>("ResolvedValue")});
  }
};

struct StackTag {
  std::string key, value;

  static wire::Shape shape() {
    return structure("Tag", {member<&StackTag::key>("Key").required().range(1, 128),
                             member<&StackTag::value>("Value").required().range(1, 256)});
  }
};

struct RollbackTrigger {
  std::string arn, type;

  static wire::Shape shape() {
    return structure("RollbackTrigger", {member<&RollbackTrigger::arn>("Arn").required(),
                                         member<&RollbackTrigger::type>("Type").required()});
  }
};

struct RollbackConfiguration {
  Optional<std::vector<RollbackTrigger>> rollback_triggers;
  Optional<int> monitoring_time_in_minutes;

  static wire::Shape shape() {
    return structure(
        "RollbackConfiguration",
        {member<&RollbackConfiguration::rollback_triggers>("RollbackTriggers").range(0, 5),
         member<&RollbackConfiguration::monitoring_time_in_minutes>("MonitoringTimeInMinutes").range(0, 180)});
  }
};

// An output that has nothing yet, but its element all the same (wire::Empty has none).
struct NothingToSay {
  static wire::Shape shape() { return structure("NothingToSay", {}); }
};

// What creating, updating and change sets have in common.
struct StackInput {
  std::string stack_name;
  Text template_body, template_url;
  Optional<std::vector<StackParameter>> parameters;
  Texts capabilities, resource_types, notification_arns;
  Text role_arn;
  Optional<RollbackConfiguration> rollback_configuration;
  Optional<std::vector<StackTag>> tags;

  static wire::MemberList members() {
    return {member<&StackInput::stack_name>("StackName").required(),
            member<&StackInput::template_body>("TemplateBody").at_least(1),
            member<&StackInput::template_url>("TemplateURL").range(1, 1024),
            member<&StackInput::parameters>("Parameters"),
            member<&StackInput::capabilities>("Capabilities"),
            member<&StackInput::resource_types>("ResourceTypes"),
            member<&StackInput::notification_arns>("NotificationARNs").range(0, 5),
            member<&StackInput::role_arn>("RoleARN").range(20, 2048),
            member<&StackInput::rollback_configuration>("RollbackConfiguration"),
            member<&StackInput::tags>("Tags").range(0, 50)};
  }
};

}  // namespace cumulet::cloudformation::service
