#include "services/states/service.hpp"

namespace cumulet::states {

wire::ServiceDescriptor describe(States& states) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "states";
  service.target_prefix = "AWSStepFunctions";
  service.api_version = "2016-11-23";
  service.protocols = {wire::Protocol::aws_json_1_0};
  service.validation_error = &kValidationException;
  auto& rows = service.operations;
  rows.push_back(operation("CreateStateMachine", states, &States::create_state_machine));
  rows.push_back(operation("UpdateStateMachine", states, &States::update_state_machine));
  rows.push_back(operation("DescribeStateMachine", states, &States::describe_state_machine).brief());
  rows.push_back(operation("DeleteStateMachine", states, &States::delete_state_machine));
  rows.push_back(operation("ListStateMachines", states, &States::list_state_machines).brief());
  rows.push_back(operation("ValidateStateMachineDefinition", states, &States::validate_state_machine_definition));
  rows.push_back(operation("TagResource", states, &States::tag_resource));
  rows.push_back(operation("UntagResource", states, &States::untag_resource));
  rows.push_back(operation("ListTagsForResource", states, &States::list_tags_for_resource).brief());
  rows.push_back(operation("StartExecution", states, &States::start_execution));
  rows.push_back(operation("StopExecution", states, &States::stop_execution));
  rows.push_back(operation("DescribeExecution", states, &States::describe_execution).brief());
  rows.push_back(operation("DescribeStateMachineForExecution", states, &States::describe_state_machine_for_execution).brief());
  rows.push_back(operation("ListExecutions", states, &States::list_executions).brief());
  rows.push_back(operation("GetExecutionHistory", states, &States::get_execution_history));
  return service;
}

}  // namespace cumulet::states
