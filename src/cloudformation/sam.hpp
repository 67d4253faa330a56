#pragma once
#include "cloudformation/template.hpp"

namespace cumulet::cloudformation {

// Rewrites the AWS::Serverless resources of a template into plain ones, as the SAM transform does
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html):
// a function without Role gets FunctionRole; an S3 event becomes FunctionEventPermission, allowed by SourceAccount so
// that the bucket may depend on it, and an entry in the bucket's NotificationConfiguration; EventInvokeConfig becomes
// FunctionEventInvokeConfig; a state machine without Role gets MachineRole. Globals are merged in first.
// A local CodeUri or DefinitionUri stays a text (Code, DefinitionUri), for package.hpp.
// Errors name resource and line: a property, event or policy template that is not understood.
Result<void> apply_sam_transform(Template& t);

// Error text with the resource in it: "line 3: resource X: message".
Error resource_error(const std::string& logical_id, int line, const std::string& message);

}  // namespace cumulet::cloudformation
