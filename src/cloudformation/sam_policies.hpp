#pragma once
#include "cloudformation/node.hpp"

namespace cumulet::cloudformation {

// The properties ManagedPolicyArns and Policies of the role that SAM makes for a function or state machine from its
// `Policies` (names and ARNs of managed policies, policy documents, SAM policy templates).
struct RolePolicies {
  Node managed_arns = Node::list();
  Node inline_policies = Node::list();
};
// `policies` may be null (none) and a single entry or a list. Errors: an entry that is none of the above, with its
// line.
Result<RolePolicies> role_policies(const Node* policies, const std::string& role_id);

// The ARN of an AWS-managed policy by its name ("AmazonS3FullAccess"), as a Fn::Sub over AWS::Partition.
Node managed_policy_arn(std::string_view name, int line);

// {Version, Statement: [{Action: sts:AssumeRole, Effect: Allow, Principal: {Service: [service]}}]}
Node assume_role_document(std::string_view service, int line);

}  // namespace cumulet::cloudformation
