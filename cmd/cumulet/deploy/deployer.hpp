#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cmd/cumulet/deploy/package.hpp"
#include "cmd/cumulet/deploy/s3_stack_store.hpp"

namespace cumulet::deploy {

enum class Action { created, changed, replaced, unchanged, deleted, retained };
std::string_view text(Action action);

// One thing done to a resource, reported as it is done.
struct Step {
  Action action;
  std::string logical_id;
  std::string type;
  std::string physical_id;
  std::string detail;  // the properties that changed, or why it was made again
};

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
  std::function<void(const Step&)> on_step;
  std::function<void(const std::string&)> on_note;  // a property without effect here, and the like
  Owner owner = {};
};

// Brings what runs to what the template says: resources in order of their dependencies are created, changed where their
// properties differ from the stack's record, replaced where AWS cannot change them, made again where they are gone;
// then what the template no longer has is deleted, dependents first. The record is saved after every step, so a deploy
// that failed is carried on by the next one. A parameter not given keeps its value from the last deploy. Errors name
// the resource, the template's line and what AWS said; everything before them stays done. Two deploys of one stack do
// not mix: the later one is refused.
Result<cloudformation::Stack> deploy(Surroundings& surroundings, const DeployRequest& request);

enum class Buckets { keep_full, empty };  // a bucket with objects makes destroy fail, or is emptied first
// Deletes every resource of a stack, dependents first, and its record. Error: ValidationError, no such stack.
Result<void> destroy(Surroundings& surroundings, const std::string& stack_name, Buckets buckets);

}  // namespace cumulet::deploy
