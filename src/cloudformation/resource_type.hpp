#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "cloudformation/caller.hpp"
#include "cloudformation/evaluator.hpp"

namespace cumulet::cloudformation {

// A resource as the stack's record has it.
struct StackResource {
  std::string logical_id;
  std::string type;
  std::string physical_id;                        // what Ref gives
  std::map<std::string, std::string> attributes;  // what Fn::GetAtt gives
  json::object properties;                        // as last applied
  std::set<std::string> depends_on;
  bool retain = false;
  bool incomplete = false;  // the last change failed half-way: apply everything again
};

// What a template asks for, functions evaluated and local files packaged.
struct Desired {
  std::string logical_id;
  Node properties;
};

// What provisioning a resource may use.
struct Provisioning {
  Caller& aws;
  const Environment& environment;
  Random& random;
  std::function<void(std::chrono::milliseconds)> pause;
  bool empty_buckets = false;  // a bucket to be deleted is emptied first
};

// What creating gave. `applied`: the properties that the creating call has set; update() sets the others.
struct Created {
  std::string physical_id;
  std::map<std::string, std::string> attributes;
  json::object applied;
};

// A row of the table of resource types: one file each. The functions speak to AWS only; they neither print nor record.
struct ResourceType {
  std::string_view name;                     // "AWS::S3::Bucket"
  std::vector<std::string_view> properties;  // understood
  std::vector<std::string_view> ignored;     // CloudFormation's, without effect here; said when met
  std::vector<std::string_view> required;
  std::vector<std::string_view> replacing;   // a change makes a new resource
  std::string_view name_property;            // "" when a template cannot name it
  std::vector<std::string_view> attributes;  // for Fn::GetAtt

  Result<Created> (*create)(Provisioning&, const Desired&);
  // Brings what `current` records to `desired`; run after create() too. May change current.attributes. Running it again
  // after a failure must do no harm. Null: every change makes a new resource.
  Result<void> (*update)(Provisioning&, const Desired&, StackResource& current);
  // Success when it was gone already.
  Result<void> (*remove)(Provisioning&, const StackResource&);
  Result<bool> (*exists)(Provisioning&, const StackResource&);
};

// Null for a type that is not understood.
const ResourceType* resource_type(std::string_view name);
std::vector<const ResourceType*> resource_types();

// stack-LogicalId-RANDOM12 as CloudFormation names what has no name, cut to `max` characters.
std::string generated_name(Provisioning& p, const std::string& logical_id, std::size_t max);
// The text of a property, or `fallback` when it is absent.
std::string property_text(const Node& properties, std::string_view name, std::string fallback = {});
// {AWS error codes} as success: for removing what is gone already.
Result<void> unless_gone(Result<void> result, std::initializer_list<std::string_view> codes);
// Whether a look-up found the thing: its error with one of these codes means no.
Result<bool> found(Result<void> result, std::initializer_list<std::string_view> codes);
// Whether property `name` differs between the record and what is desired.
bool property_changed(const StackResource& current, const json::object& desired, std::string_view name);

template <class T>
Result<void> discard(const Result<T>& result) {
  if (!result.ok()) return result.error();
  return {};
}

extern const ResourceType kS3Bucket, kS3BucketPolicy, kIamRole, kLambdaFunction, kLambdaPermission,
    kLambdaEventInvokeConfig, kEventSourceMapping, kStateMachine, kLogGroup, kQueue, kQueuePolicy;

}  // namespace cumulet::cloudformation
