#pragma once
#include "cloudformation/artifacts.hpp"
#include "cloudformation/node.hpp"

namespace cumulet::cloudformation {

// Turns evaluated properties of a resource into what the API takes:
// - AWS::Lambda::Function: a text in Code (a path, or s3://bucket/key) becomes {S3Bucket, S3Key};
// - AWS::StepFunctions::StateMachine: DefinitionUri (path, s3:// or {Bucket, Key}), DefinitionS3Location, Definition or
//   DefinitionString, with DefinitionSubstitutions put in, becomes DefinitionString.
// What lies in S3 is fetched by `aws`; without one (while planning) it is unknown. Errors name the line: a file that
// cannot be read; no definition or more than one.
Result<void> settle(std::string_view type, Node& properties, Artifacts& artifacts, Caller* aws);

}  // namespace cumulet::cloudformation
