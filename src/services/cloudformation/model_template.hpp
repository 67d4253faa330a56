#pragma once
#include "services/cloudformation/model_common.hpp"

// Shapes of the operations on templates.
namespace cumulet::cloudformation::service {

struct GetTemplateInput {
  Text stack_name, change_set_name, template_stage;
  static wire::Shape shape() {
    return structure("GetTemplateInput",
                     {member<&GetTemplateInput::stack_name>("StackName"),
                      member<&GetTemplateInput::change_set_name>("ChangeSetName").range(1, 1600),
                      member<&GetTemplateInput::template_stage>("TemplateStage").one_of(kTemplateStages)});
  }
};

struct GetTemplateOutput {
  std::string template_body;
  std::vector<std::string> stages_available;
  static wire::Shape shape() {
    return structure("GetTemplateOutput", {member<&GetTemplateOutput::template_body>("TemplateBody"),
                                           member<&GetTemplateOutput::stages_available>("StagesAvailable")});
  }
};

struct ValidateTemplateInput {
  Text template_body, template_url;
  static wire::Shape shape() {
    return structure("ValidateTemplateInput",
                     {member<&ValidateTemplateInput::template_body>("TemplateBody").at_least(1),
                      member<&ValidateTemplateInput::template_url>("TemplateURL").range(1, 1024)});
  }
};

struct TemplateParameter {
  std::string parameter_key;
  Text default_value;
  bool no_echo = false;
  Text description;
  static wire::Shape shape() {
    return structure("TemplateParameter", {member<&TemplateParameter::parameter_key>("ParameterKey"),
                                           member<&TemplateParameter::default_value>("DefaultValue"),
                                           member<&TemplateParameter::no_echo>("NoEcho"),
                                           member<&TemplateParameter::description>("Description")});
  }
};

struct ValidateTemplateOutput {
  std::vector<TemplateParameter> parameters;
  Text description;
  Texts capabilities;
  Text capabilities_reason;
  Texts declared_transforms;
  static wire::Shape shape() {
    return structure("ValidateTemplateOutput",
                     {member<&ValidateTemplateOutput::parameters>("Parameters"),
                      member<&ValidateTemplateOutput::description>("Description"),
                      member<&ValidateTemplateOutput::capabilities>("Capabilities"),
                      member<&ValidateTemplateOutput::capabilities_reason>("CapabilitiesReason"),
                      member<&ValidateTemplateOutput::declared_transforms>("DeclaredTransforms")});
  }
};

struct GetTemplateSummaryInput {
  Text template_body, template_url, stack_name;
  static wire::Shape shape() {
    return structure("GetTemplateSummaryInput",
                     {member<&GetTemplateSummaryInput::template_body>("TemplateBody").at_least(1),
                      member<&GetTemplateSummaryInput::template_url>("TemplateURL").range(1, 1024),
                      member<&GetTemplateSummaryInput::stack_name>("StackName").at_least(1)});
  }
};

struct ParameterConstraints {
  Texts allowed_values;
  static wire::Shape shape() {
    return structure("ParameterConstraints", {member<&ParameterConstraints::allowed_values>("AllowedValues")});
  }
};

struct ParameterDeclaration {
  std::string parameter_key;
  Text default_value;
  std::string parameter_type;
  bool no_echo = false;
  Text description;
  ParameterConstraints parameter_constraints;
  static wire::Shape shape() {
    return structure(
        "ParameterDeclaration",
        {member<&ParameterDeclaration::parameter_key>("ParameterKey"),
         member<&ParameterDeclaration::default_value>("DefaultValue"),
         member<&ParameterDeclaration::parameter_type>("ParameterType"),
         member<&ParameterDeclaration::no_echo>("NoEcho"), member<&ParameterDeclaration::description>("Description"),
         member<&ParameterDeclaration::parameter_constraints>("ParameterConstraints")});
  }
};

struct GetTemplateSummaryOutput {
  std::vector<ParameterDeclaration> parameters;
  Text description;
  Texts capabilities;
  Text capabilities_reason;
  std::vector<std::string> resource_types;
  Text version, metadata;
  Texts declared_transforms;
  static wire::Shape shape() {
    return structure(
        "GetTemplateSummaryOutput",
        {member<&GetTemplateSummaryOutput::parameters>("Parameters"),
         member<&GetTemplateSummaryOutput::description>("Description"),
         member<&GetTemplateSummaryOutput::capabilities>("Capabilities"),
         member<&GetTemplateSummaryOutput::capabilities_reason>("CapabilitiesReason"),
         member<&GetTemplateSummaryOutput::resource_types>("ResourceTypes"),
         member<&GetTemplateSummaryOutput::version>("Version"), member<&GetTemplateSummaryOutput::metadata>("Metadata"),
         member<&GetTemplateSummaryOutput::declared_transforms>("DeclaredTransforms")});
  }
};

}  // namespace cumulet::cloudformation::service
