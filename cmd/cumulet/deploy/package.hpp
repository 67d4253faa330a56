#pragma once
#include <filesystem>
#include <set>
#include <string>

#include "cloudformation/resource_type.hpp"

namespace cumulet::deploy {

// Where local files named by a template come from and where the stack keeps them.
struct Artifacts {
  cloudformation::Caller& aws;
  std::filesystem::path folder;  // the template's: relative paths start here
  std::string bucket;            // packages go to bucket/prefix + their SHA-256
  std::string prefix;
  std::set<std::string> keys;  // every key that the resources refer to, filled by package()
};

// Turns what stands in local files into what the API takes:
// - AWS::Lambda::Function: a text in Code (path of a zip, of a folder or file to be zipped, or s3://bucket/key) becomes
//   {S3Bucket, S3Key}; a zip is uploaded unless an equal one is there;
// - AWS::StepFunctions::StateMachine: DefinitionUri (path, s3:// or {Bucket, Key}), DefinitionS3Location, Definition or
//   DefinitionString, with DefinitionSubstitutions put in, becomes DefinitionString.
// Errors name the line: a file that is not there or cannot be read; no definition or more than one.
Result<void> package(Artifacts& artifacts, std::string_view type, cloudformation::Desired& desired);

// A zip of a file or of everything under a folder, the same bytes for the same contents: entries in order of name, no
// times, modes 0755 for executables and else 0644, symbolic links kept. Error: kValidationError.
Result<std::string> zip(const std::filesystem::path& path);

Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace cumulet::deploy
