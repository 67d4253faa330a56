#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cloudformation/artifacts.hpp"
#include "cloudformation/stack.hpp"

namespace cumulet::cloudformation {

enum class ChangeAction { add, modify, remove, keep };
// Whether a new physical resource takes an old one's place. `maybe`: known when what it hangs on is made.
enum class Replacement { never, maybe, always };
enum class Recreation { never, always };     // what a property's change asks for
enum class Evaluation { settled, dynamic };  // dynamic: known when what it hangs on is made; it may not have changed

struct PropertyChange {
  std::string name;
  Recreation recreation = Recreation::never;
  Evaluation evaluation = Evaluation::settled;
};

// What becomes of one resource.
struct Change {
  ChangeAction action = ChangeAction::keep;
  std::string logical_id;
  std::string type;
  std::string physical_id;              // of the one there is; "" of one to be added
  Node properties;                      // as wanted; Node::unknown within what is not known yet. Of a removal: null
  std::vector<PropertyChange> changed;  // of a modification
  Replacement replacement = Replacement::never;
  std::string reason;  // where `changed` does not say it: "it was gone"
  std::set<std::string> depends_on;
  DeletionPolicy deletion_policy = DeletionPolicy::remove;
  bool retain_when_replaced = false;
  int line = 0;  // of the template; 0 of a removal
};

// What bringing a stack to a template would do: a value, made without a call. The changes stand in the order in which
// they are carried out.
struct Plan {
  std::string stack_name;
  Template source;                         // the SAM transform applied
  std::map<std::string, Node> parameters;  // every one's value
  json::object recorded_parameters;        // what the stack keeps for the next time
  Environment environment;
  std::vector<Change> changes;
  std::vector<std::string> notes;  // properties without effect here
  std::set<std::string> imports;   // of other stacks' exports
};

struct PlanRequest {
  std::string template_text;
  std::map<std::string, std::string> parameters;   // one that is not given keeps the stack's value
  std::map<std::string, std::string> stored = {};  // values of Systems Manager's parameters, by name
  Caller* aws = nullptr;  // reads definitions that lie in S3; without it they are unknown until they are applied
};

// `environment` has the stack's name and id. `stack`: what there is, empty for a new one. `gone`: its resources, by
// logical id, that are known to be no more; they are added anew.
// Errors (kValidationError) name line and resource: a template that cannot work, as far as that shows before anything
// is made. All that is wrong with its resources and outputs is said at once, a line each.
Result<Plan> make_plan(const PlanRequest& request, const Environment& environment, const Stack& stack,
                       const std::set<std::string>& gone, Artifacts& artifacts);

// Whether there is anything to do.
bool changes_anything(const Plan& plan);

// The Changes of DescribeChangeSet: what is kept is not among them.
json::array to_json(const Plan& plan);
// A line for each change, for people: "Modify Work AWS::Lambda::Function: MemorySize, Code (known after apply)".
std::string describe(const Plan& plan);

// What of `wanted` differs from the record, and whether that makes a new one. Part of planning and of applying: what
// was unknown before is compared again.
struct Comparison {
  std::vector<PropertyChange> changed;
  Replacement replacement = Replacement::never;
};
Comparison compare(const ResourceType& type, const StackResource& current, const Node& wanted);
// The error of a replacement that would need a name twice; nothing where it would not.
Result<void> check_replaceable(const ResourceType& type, const StackResource& current, const Node& wanted, int line);
// Ignored properties taken out, what the API takes put in, and nothing required missing.
Result<void> finish_properties(const ResourceType& type, int line, Node& properties, Artifacts& artifacts, Caller* aws);

// Ref and Fn::GetAtt out of a stack's record.
class RecordedValues final : public ResourceValues {
 public:
  explicit RecordedValues(const Stack& stack) : stack_(stack) {}
  std::optional<Node> reference(std::string_view logical_id) const override;
  std::optional<Node> attribute(std::string_view logical_id, std::string_view name) const override;

 private:
  const Stack& stack_;
};

}  // namespace cumulet::cloudformation
