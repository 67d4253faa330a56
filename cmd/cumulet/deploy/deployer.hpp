#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/time.hpp"
#include "cloudformation/apply.hpp"
#include "cmd/cumulet/deploy/s3_stack_store.hpp"

namespace cumulet::deploy {

struct DeployRequest {
  std::string template_text;
  std::filesystem::path folder;  // relative paths in the template start here
  std::string stack_name;
  std::map<std::string, std::string> parameters;
};

// What deploying uses from outside. `environment` lacks the stack's name and id.
struct Surroundings {
  cloudformation::Caller& aws;
  cloudformation::Environment environment;
  Random& random;
  const Clock& clock;
  std::function<void(std::chrono::milliseconds)> pause;
  std::function<void(const cloudformation::Step&)> on_step;
  std::function<void(const std::string&)> on_note;  // a property without effect here, and the like
  Owner owner = {};
};

// Brings what runs to what the template says (cloudformation::apply), once the template and its files are seen to be
// usable. A stack whose last change was cut off, or could not be rolled back, is rolled back first; one whose creation
// was rolled back begins anew. Two deploys of one stack do not mix: the later one is refused.
// Error: nothing was changed. A failure half-way is in the outcome, beside how its rollback went.
Result<cloudformation::Outcome> deploy(Surroundings& surroundings, const DeployRequest& request);

// Deletes every resource of a stack, dependents first, and its record. Error: ValidationError, no such stack; what
// could not be deleted.
Result<void> destroy(Surroundings& surroundings, const std::string& stack_name, cloudformation::Buckets buckets);

}  // namespace cumulet::deploy
