#include "services/cloudformation/service.hpp"
#include "services/cloudformation/statuses.hpp"
#include "services/cloudformation/template_facts.hpp"

namespace cumulet::cloudformation::service {
namespace {

Texts capabilities_of(const TemplateFacts& facts) {
  std::vector<std::string> all = facts.capabilities;
  if (!facts.transforms.empty()) all.emplace_back("CAPABILITY_AUTO_EXPAND");
  return all.empty() ? Texts{} : Texts{std::move(all)};
}

Text reason_of(const TemplateFacts& facts) {
  if (!facts.capabilities_reason.empty()) return facts.capabilities_reason;
  if (!facts.transforms.empty()) return "The following resource(s) require capabilities: [AWS::Serverless-2016-10-31]";
  return {};
}

Text text_or_none(const std::string& text) { return text.empty() ? Text{} : Text{text}; }

}  // namespace

Result<GetTemplateOutput> CloudFormation::get_template(const wire::CallContext& context,
                                                       const GetTemplateInput& input) {
  StackDetails details;
  if (input.change_set_name) {
    ChangeSetInput wanted;
    wanted.change_set_name = *input.change_set_name;
    wanted.stack_name = input.stack_name;
    CUMULET_TRY(const auto row, find_change_set(context, wanted));
    if (!row) return Error{kChangeSetNotFound, "ChangeSet [" + *input.change_set_name + "] does not exist"};
    CUMULET_TRY(const json::value body, json::parse(row->body));
    details.template_body = member_text(body, "TemplateBody");
    details.processed_template = member_text(body, "ProcessedTemplate");
    if (details.processed_template->empty()) details.processed_template.reset();
  } else {
    if (!input.stack_name) return template_error(0, "Either StackName or ChangeSetName must be specified.");
    CUMULET_TRY(StackRow row, stack_of(context, *input.stack_name, no_such_stack(*input.stack_name).message()));
    details = row.shown();
  }
  GetTemplateOutput out;
  const bool is_processed = input.template_stage == "Processed" && details.processed_template;
  out.template_body = is_processed ? *details.processed_template : details.template_body;
  out.stages_available = {"Original", "Processed"};
  return out;
}

Result<ValidateTemplateOutput> CloudFormation::validate_template(const wire::CallContext& context,
                                                                 const ValidateTemplateInput& input) {
  CUMULET_TRY(const std::string text, template_text(context, input.template_body, input.template_url));
  CUMULET_TRY(const TemplateFacts facts, template_facts(text));
  ValidateTemplateOutput out;
  for (const Parameter& p : facts.source.parameters) {
    TemplateParameter one;
    one.parameter_key = p.name;
    one.default_value = p.default_value;
    one.no_echo = p.no_echo;
    one.description = text_or_none(p.description);
    out.parameters.push_back(std::move(one));
  }
  out.description = text_or_none(facts.source.description);
  out.capabilities = capabilities_of(facts);
  out.capabilities_reason = reason_of(facts);
  if (!facts.transforms.empty()) out.declared_transforms = facts.transforms;
  return out;
}

Result<GetTemplateSummaryOutput> CloudFormation::get_template_summary(const wire::CallContext& context,
                                                                      const GetTemplateSummaryInput& input) {
  std::string text;
  if (input.stack_name) {
    if (input.template_body || input.template_url)
      return template_error(0, "Only one of StackName, TemplateBody and TemplateURL may be specified.");
    CUMULET_TRY(const StackRow row, stack_of(context, *input.stack_name, no_such_stack(*input.stack_name).message()));
    text = row.shown().template_body;
  } else {
    CUMULET_TRY(text, template_text(context, input.template_body, input.template_url));
  }
  CUMULET_TRY(const TemplateFacts facts, template_facts(text));
  GetTemplateSummaryOutput out;
  for (const Parameter& p : facts.source.parameters) {
    ParameterDeclaration one;
    one.parameter_key = p.name;
    one.default_value = p.default_value;
    one.parameter_type = p.type;
    one.no_echo = p.no_echo;
    one.description = text_or_none(p.description);
    if (!p.allowed_values.empty()) one.parameter_constraints.allowed_values = p.allowed_values;
    out.parameters.push_back(std::move(one));
  }
  out.description = text_or_none(facts.source.description);
  out.capabilities = capabilities_of(facts);
  out.capabilities_reason = reason_of(facts);
  out.resource_types = facts.resource_types;
  out.version = "2010-09-09";
  if (facts.source.metadata.is(Node::Kind::map)) out.metadata = json::text(to_json(facts.source.metadata));
  if (!facts.transforms.empty()) out.declared_transforms = facts.transforms;
  return out;
}

}  // namespace cumulet::cloudformation::service
