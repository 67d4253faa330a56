#pragma once
#include <string>

#include "cloudformation/caller.hpp"

namespace cumulet::cloudformation {

struct S3Location {
  std::string bucket;
  std::string key;
};

// The port for what a template names by paths: Code of a function, DefinitionUri of a state machine. Errors are
// kValidationError without a line.
class Artifacts {
 public:
  virtual ~Artifacts() = default;

  // Where the package at `path` will lie before a plan is applied. Calls nothing; the same content is at the same
  // place.
  virtual Result<S3Location> package(const std::string& path) = 0;
  virtual Result<std::string> text(const std::string& path) = 0;
};

// Where there are no files: CloudFormation's service takes locations in S3 alone.
class NoArtifacts final : public Artifacts {
 public:
  Result<S3Location> package(const std::string& path) override;
  Result<std::string> text(const std::string& path) override;
};

}  // namespace cumulet::cloudformation
