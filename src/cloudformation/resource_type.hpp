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

// What the change under way did to a resource, and a rollback takes back. `refused`: the name was another's already,
// and making one had not succeeded.
enum class Touch { none, created, refused, updated };

// A resource as the stack's record has it.
struct StackResource {
  std::string logical_id;
  std::string type;
  std::string name;                               // that it was, or is to be, made by; "" where AWS chooses
  std::string physical_id;                        // what Ref gives; "" from before it is made until AWS answered
  std::map<std::string, std::string> attributes;  // what Fn::GetAtt gives
  json::object properties;                        // as last applied, or as being applied
  std::set<std::string> depends_on;
  DeletionPolicy deletion_policy = DeletionPolicy::remove;
  bool incomplete = false;  // a change failed half-way: apply everything again
  std::string status = {};  // CREATE_COMPLETE, UPDATE_IN_PROGRESS, …
  std::string status_reason = {};
  Touch touch = Touch::none;
};

// What a template asks for, functions evaluated and local files packaged.
struct Desired {
  std::string logical_id;
  Node properties;
  std::string name = {};  // what to call a new one
  bool is_there = false;  // something of that name is there already
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
  std::size_t name_length = 0;               // the longest; 0: it is a part of something else and has no own name
  std::vector<std::string_view> attributes;  // for Fn::GetAtt

  // Makes one called desired.name. Error where one is_there and the service would have taken or changed that.
  Result<Created> (*create)(Provisioning&, const Desired&);
  // Brings what `current` records to `desired`; run after create() too. May change current.attributes. Running it again
  // after a failure must do no harm. Null: every change makes a new resource.
  Result<void> (*update)(Provisioning&, const Desired&, StackResource& current);
  // Success when it was gone already.
  Result<void> (*remove)(Provisioning&, const StackResource&);
  Result<bool> (*exists)(Provisioning&, const StackResource&);
  // The physical id of what is there under desired.name, or belongs where `desired` says; asked before one is made, and
  // when it is not known whether one was. Null: the name is the physical id.
  Result<std::optional<std::string>> (*find)(Provisioning&, const Desired&) = nullptr;
  // A name for what has none in the template; null: generated_name().
  std::string (*new_name)(Provisioning&, const Desired&) = nullptr;
};

// Null for a type that is not understood.
const ResourceType* resource_type(std::string_view name);
std::vector<const ResourceType*> resource_types();

// What a new one is called: what the template says, else a new name; "" where it has none.
std::string chosen_name(const ResourceType& type, Provisioning& p, const Desired& desired);
// Whether something may be there before one is made: not under a name that was just generated.
bool may_be_there(const ResourceType& type, const Desired& desired);
Result<std::optional<std::string>> find_resource(const ResourceType& type, Provisioning& p, const Desired& desired);

// stack-LogicalId-RANDOM12 as CloudFormation names what has no name, cut to `max` characters.
std::string generated_name(Provisioning& p, const std::string& logical_id, std::size_t max);
// The text of a property, or `fallback` when it is absent.
std::string property_text(const Node& properties, std::string_view name, std::string fallback = {});
// A whole number; else a template error that names the property.
Result<std::int64_t> property_number(const Node& value, std::string_view name);
// [{"Key": k, "Value": v}, …] of the property Tags as {k: v, …}.
json::object property_tags(const Node& properties);
// The keys of the tags on record that are not among these: to be taken off.
json::array lost_tags(const StackResource& current, const json::object& tags);
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
extern const ResourceType kIamPolicy, kIamManagedPolicy, kEcrRepository, kSsmParameter, kCdkMetadata,
    kWaitConditionHandle;

}  // namespace cumulet::cloudformation
