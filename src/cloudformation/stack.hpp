#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cloudformation/resource_type.hpp"

namespace cumulet::cloudformation {

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
struct StackEvent {
  std::string timestamp;  // ISO 8601 with milliseconds
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::string status;
  std::string reason;
};
inline constexpr std::size_t kMaxEvents = 1'000;  // of a stack; the oldest go

// What a stack was before the change under way: what a rollback brings back.
struct FormerStack {
  json::object parameters;
  json::object outputs;
  json::object exports = {};
  std::set<std::string> imports = {};
  std::vector<StackResource> resources;
};

// What is deployed under one name.
struct Stack {
  std::string name;
  std::string id;      // arn:aws:cloudformation:…:stack/NAME/UUID, made at the first deploy
  std::string status;  // CloudFormation's: CREATE_IN_PROGRESS, UPDATE_ROLLBACK_COMPLETE, …; empty: not recorded yet
  std::string status_reason;
  std::string updated_at;
  json::object parameters;  // as given or defaulted, without those marked NoEcho
  json::object outputs;
  json::object exports;                  // export name → output
  std::set<std::string> imports;         // names of exports
  std::vector<StackResource> resources;  // in order of creation
  std::vector<StackResource> replaced;   // no more of the stack, still to be deleted; the last goes first
  std::optional<FormerStack> former;     // while a change is under way, or its rollback has failed
  std::vector<StackEvent> events;        // the oldest first

  StackResource* find(std::string_view logical_id);
  const StackResource* find(std::string_view logical_id) const;
};

// Whether a change was begun and neither finished nor rolled back: roll_back() comes before anything else.
bool is_unfinished(const Stack& stack);
// Rolled back as it was being created: nothing is left of it, and nothing can be made of it (CloudFormation: only to be
// deleted).
bool is_rolled_back_creation(const Stack& stack);
// As it will be when it is rolled back; of a stack that is finished, itself.
Stack as_before(const Stack& stack);

// Error (kValidationError): a record of another version. Records of version 1, from before there were rollbacks, are
// read.
json::value to_json(const Stack& stack);
Result<Stack> stack_from_json(const json::value& value);

// The resources in the reverse of an order in which they can be created: dependents first.
std::vector<std::string> deletion_order(const std::vector<StackResource>& resources);

}  // namespace cumulet::cloudformation
