#include "services/cloudformation/service.hpp"

namespace cumulet::cloudformation::service {

wire::ServiceDescriptor describe(CloudFormation& service) {
  using wire::operation;
  wire::ServiceDescriptor out;
  out.name = "cloudformation";
  out.api_version = "2010-05-15";
  out.xml_namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
  out.protocols = {wire::Protocol::query};
  out.validation_error = &kValidationError;
  auto& rows = out.operations;
  rows.push_back(operation("CreateStack", service, &CloudFormation::create_stack));
  rows.push_back(operation("UpdateStack", service, &CloudFormation::update_stack));
  rows.push_back(operation("DeleteStack", service, &CloudFormation::delete_stack));
  rows.push_back(operation("UpdateTerminationProtection", service, &CloudFormation::update_termination_protection));
  rows.push_back(operation("ContinueUpdateRollback", service, &CloudFormation::continue_update_rollback));
  rows.push_back(operation("DescribeStacks", service, &CloudFormation::describe_stacks));
  rows.push_back(operation("ListStacks", service, &CloudFormation::list_stacks));
  rows.push_back(operation("DescribeStackEvents", service, &CloudFormation::describe_stack_events));
  rows.push_back(operation("DescribeStackResource", service, &CloudFormation::describe_stack_resource));
  rows.push_back(operation("DescribeStackResources", service, &CloudFormation::describe_stack_resources));
  rows.push_back(operation("ListStackResources", service, &CloudFormation::list_stack_resources));
  rows.push_back(operation("ListExports", service, &CloudFormation::list_exports));
  rows.push_back(operation("ListImports", service, &CloudFormation::list_imports));
  rows.push_back(operation("GetTemplate", service, &CloudFormation::get_template));
  rows.push_back(operation("GetTemplateSummary", service, &CloudFormation::get_template_summary));
  rows.push_back(operation("ValidateTemplate", service, &CloudFormation::validate_template));
  rows.push_back(operation("CreateChangeSet", service, &CloudFormation::create_change_set));
  rows.push_back(operation("DescribeChangeSet", service, &CloudFormation::describe_change_set));
  rows.push_back(operation("ExecuteChangeSet", service, &CloudFormation::execute_change_set));
  rows.push_back(operation("DeleteChangeSet", service, &CloudFormation::delete_change_set));
  rows.push_back(operation("ListChangeSets", service, &CloudFormation::list_change_sets));
  return out;
}

}  // namespace cumulet::cloudformation::service
