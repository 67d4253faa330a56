#include "cloudformation/sam.hpp"

#include <algorithm>
#include <set>

#include "cloudformation/sam_policies.hpp"

namespace cumulet::cloudformation {
namespace {

using Names = std::vector<std::string_view>;

constexpr std::size_t kMaxValues = 200'000;

Node ref(std::string_view id, int line) { return Node::map({{"Ref", Node::text(std::string(id), line)}}, line); }

Node arn_of(std::string_view id, int line) {
  return Node::map({{"Fn::GetAtt", Node::list({Node::text(std::string(id), line), Node::text("Arn", line)}, line)}},
                   line);
}

// SAM's rule for Globals: maps merge, lists join, anything else is overridden by the resource.
void merge_global(Node& own, const Node& global) {
  const auto plain_map = [](const Node& n) {
    const auto* only = n.single();
    return n.is(Node::Kind::map) && !(only && (only->first == "Ref" || only->first.starts_with("Fn::")));
  };
  if (plain_map(own) && plain_map(global)) {
    for (const auto& [key, value] : global.members) {
      if (Node* mine = own.find(key))
        merge_global(*mine, value);
      else
        own.set(key, value);
    }
  } else if (own.is(Node::Kind::list) && global.is(Node::Kind::list)) {
    own.items.insert(own.items.begin(), global.items.begin(), global.items.end());
  }
}

// {a: b} → [{Key: a, Value: b}]; SAM writes tags as a map, CloudFormation as a list.
Node tag_list(const Node& tags) {
  if (!tags.is(Node::Kind::map)) return tags;
  Node out = Node::list({}, tags.line);
  for (const auto& [key, value] : tags.members)
    out.items.push_back(Node::map({{"Key", Node::text(key, value.line)}, {"Value", value}}, value.line));
  return out;
}

class Transform {
 public:
  explicit Transform(Template& t) : template_(t) {}

  Result<void> run() {
    CUMULET_CHECK(check_globals());
    const std::vector<Resource> written = std::exchange(template_.resources, {});
    template_.resources.reserve(written.size());
    for (const Resource& resource : written) {
      if (resource.type == "AWS::Serverless::Function") {
        CUMULET_CHECK(function(resource));
      } else if (resource.type == "AWS::Serverless::StateMachine") {
        CUMULET_CHECK(state_machine(resource));
      } else if (resource.type.starts_with("AWS::Serverless::")) {
        return resource_error(resource.logical_id, resource.line, "the type " + resource.type + " is not understood");
      } else {
        template_.resources.push_back(resource);
      }
    }
    CUMULET_CHECK(attach_notifications());
    return check_names();
  }

 private:
  struct Notification {
    std::string bucket;
    Node configuration;
    std::string permission;
    int line;
    std::string function;
  };

  Result<void> check_globals() const {
    for (const auto& [section, node] : template_.globals.members)
      if (section != "Function" && section != "StateMachine")
        return template_error(node.line, "Globals: the section " + section + " is not understood");
    return {};
  }

  // What is made here may be called what something else is called already.
  Result<void> check_names() const {
    std::set<std::string_view> seen;
    for (const Resource& r : template_.resources)
      if (!seen.insert(r.logical_id).second || template_.parameter(r.logical_id))
        return resource_error(r.logical_id, r.line,
                              "Duplicate name: one of that name is made for an AWS::Serverless resource");
    return {};
  }

  // What is copied is counted: a template may have many functions and large Globals.
  Result<void> spend(int line, std::size_t values) {
    values_ += values;
    if (values_ > kMaxValues) return template_error(line, "the transform makes more than 200,000 values");
    return {};
  }

  Result<Node> with_globals(const Resource& resource, std::string_view section) {
    Node properties = resource.properties;
    if (const Node* globals = template_.globals.find(section)) {
      CUMULET_CHECK(spend(resource.line, globals->count()));
      merge_global(properties, *globals);
    }
    return properties;
  }

  // A resource made for `owner`: under the same condition.
  Resource& add(const Resource& owner, std::string id, std::string type, Node properties) {
    template_.resources.push_back({.logical_id = std::move(id),
                                   .type = std::move(type),
                                   .properties = std::move(properties),
                                   .depends_on = {},
                                   .condition = owner.condition,
                                   .line = owner.line});
    return template_.resources.back();
  }

  Result<void> add_role(const Resource& owner, const Node& properties, std::string_view service, bool basic_execution) {
    const std::string id = owner.logical_id + "Role";
    auto policies = role_policies(properties.find("Policies"), id);
    if (!policies) return resource_error(owner.logical_id, 0, policies.error().message());
    if (has_sqs_event(properties))
      policies->managed_arns.items.insert(policies->managed_arns.items.begin(),
                                          managed_policy_arn("AWSLambdaSQSQueueExecutionRole", owner.line));
    if (basic_execution)
      policies->managed_arns.items.insert(policies->managed_arns.items.begin(),
                                          managed_policy_arn("AWSLambdaBasicExecutionRole", owner.line));
    Node role = Node::map({}, owner.line);
    const Node* document = properties.find("AssumeRolePolicyDocument");
    role.set("AssumeRolePolicyDocument", document ? *document : assume_role_document(service, owner.line));
    if (!policies->managed_arns.items.empty()) role.set("ManagedPolicyArns", std::move(policies->managed_arns));
    if (!policies->inline_policies.items.empty()) role.set("Policies", std::move(policies->inline_policies));
    if (const Node* boundary = properties.find("PermissionsBoundary")) role.set("PermissionsBoundary", *boundary);
    if (const Node* path = properties.find("RolePath")) role.set("Path", *path);
    add(owner, id, "AWS::IAM::Role", std::move(role));
    return {};
  }

  Result<void> function(const Resource& resource) {
    static const Names kSame{"FunctionName",
                             "Runtime",
                             "Handler",
                             "MemorySize",
                             "Timeout",
                             "Environment",
                             "Role",
                             "EphemeralStorage",
                             "Description",
                             "Layers",
                             "Architectures",
                             "PackageType",
                             "ImageConfig",
                             "KmsKeyArn",
                             "VpcConfig",
                             "FileSystemConfigs",
                             "ReservedConcurrentExecutions",
                             "LoggingConfig",
                             "SnapStart"};
    static const Names kElsewhere{
        "Events", "Policies", "EventInvokeConfig", "AssumeRolePolicyDocument", "PermissionsBoundary", "RolePath"};
    CUMULET_TRY(const Node properties, with_globals(resource, "Function"));
    Node out = Node::map({}, properties.line);
    for (const auto& [key, value] : properties.members) {
      if (std::ranges::find(kSame, key) != kSame.end()) {
        out.set(key, value);
      } else if (key == "CodeUri") {
        out.set("Code", code_location(value));
      } else if (key == "InlineCode") {
        out.set("Code", Node::map({{"ZipFile", value}}, value.line));
      } else if (key == "ImageUri") {
        out.set("Code", Node::map({{"ImageUri", value}}, value.line));
        if (!properties.find("PackageType")) out.set("PackageType", Node::text("Image", value.line));
      } else if (key == "Tracing") {
        out.set("TracingConfig", Node::map({{"Mode", value}}, value.line));
      } else if (key == "DeadLetterQueue" && value.find("TargetArn")) {
        out.set("DeadLetterConfig", Node::map({{"TargetArn", *value.find("TargetArn")}}, value.line));
      } else if (key == "Tags") {
        out.set("Tags", tag_list(value));
      } else if (std::ranges::find(kElsewhere, key) == kElsewhere.end()) {
        return resource_error(resource.logical_id, value.line, "Encountered unsupported property " + key);
      }
    }
    if (!out.find("Code"))
      return resource_error(resource.logical_id, resource.line, "'CodeUri' or 'ImageUri' or 'InlineCode' is required");
    if (!properties.find("Role")) {
      CUMULET_CHECK(add_role(resource, properties, "lambda.amazonaws.com", true));
      out.set("Role", arn_of(resource.logical_id + "Role", resource.line));
    }
    Resource plain = resource;
    plain.type = "AWS::Lambda::Function";
    plain.properties = std::move(out);
    template_.resources.push_back(std::move(plain));
    if (const Node* config = properties.find("EventInvokeConfig"))
      CUMULET_CHECK(event_invoke_config(resource, *config));
    if (const Node* events = properties.find("Events"))
      for (const auto& [name, event] : events->members) CUMULET_CHECK(function_event(resource, name, event));
    return {};
  }

  static Node code_location(const Node& uri) {
    if (!uri.find("Bucket")) return uri;
    Node out = Node::map({}, uri.line);
    for (const auto& [from, to] : {std::pair{"Bucket", "S3Bucket"}, {"Key", "S3Key"}, {"Version", "S3ObjectVersion"}})
      if (const Node* value = uri.find(from)) out.set(to, *value);
    return out;
  }

  Result<void> event_invoke_config(const Resource& owner, const Node& config) {
    Node out = Node::map(
        {{"FunctionName", ref(owner.logical_id, config.line)}, {"Qualifier", Node::text("$LATEST", config.line)}},
        config.line);
    for (const auto& [key, value] : config.members) {
      if (key != "DestinationConfig") {
        out.set(key, value);
        continue;
      }
      Node destinations = Node::map({}, value.line);
      for (const auto& [outcome, destination] : value.members) {
        const Node* target = destination.find("Destination");
        if (!target)
          return resource_error(owner.logical_id, destination.line,
                                outcome + " of EventInvokeConfig needs a Destination");
        destinations.set(outcome, Node::map({{"Destination", *target}}, destination.line));
      }
      out.set("DestinationConfig", std::move(destinations));
    }
    add(owner, owner.logical_id + "EventInvokeConfig", "AWS::Lambda::EventInvokeConfig", std::move(out));
    return {};
  }

  Result<void> function_event(const Resource& owner, const std::string& name, const Node& event) {
    const std::string type = event.find("Type") ? as_text(*event.find("Type")).value_or("") : "";
    const Node* properties = event.find("Properties");
    if (type == "S3" && properties) return s3_event(owner, name, *properties);
    if (type == "SQS" && properties) return sqs_event(owner, name, *properties);
    return resource_error(
        owner.logical_id, event.line,
        "the event " + name + " has the type \"" + type + "\", which is not understood, or no Properties");
  }

  Result<void> sqs_event(const Resource& owner, const std::string& name, const Node& properties) {
    static const Names kSame{
        "BatchSize",     "Enabled", "FilterCriteria", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds",
        "ScalingConfig", "Tags"};
    if (!properties.find("Queue"))
      return resource_error(owner.logical_id, properties.line,
                            "the SQS event " + name + " needs Queue, the queue's ARN");
    Node out = Node::map({{"FunctionName", ref(owner.logical_id, properties.line)}}, properties.line);
    for (const auto& [key, value] : properties.members) {
      if (key == "Queue")
        out.set("EventSourceArn", value);
      else if (key == "Tags")
        out.set(key, tag_list(value));
      else if (std::ranges::find(kSame, key) != kSame.end())
        out.set(key, value);
      else
        return resource_error(owner.logical_id, value.line,
                              "Encountered unsupported property " + key + " in the event " + name);
    }
    add(owner, owner.logical_id + name, "AWS::Lambda::EventSourceMapping", std::move(out));
    return {};
  }

  static bool has_sqs_event(const Node& properties) {
    const Node* events = properties.find("Events");
    return events && std::ranges::any_of(events->members, [](const auto& event) {
             const Node* type = event.second.find("Type");
             return type && as_text(*type) == "SQS";
           });
  }

  Result<void> s3_event(const Resource& owner, const std::string& name, const Node& properties) {
    const Node* bucket = properties.find("Bucket");
    const auto* reference = bucket ? bucket->single() : nullptr;
    if (!reference || reference->first != "Ref" || !reference->second.is_scalar())
      return resource_error(owner.logical_id, properties.line,
                            "the S3 event " + name + " must name its bucket by Ref to a bucket of this template");
    const Node* events = properties.find("Events");
    if (!events) return resource_error(owner.logical_id, properties.line, "the S3 event " + name + " needs Events");
    for (const auto& [key, value] : properties.members)
      if (key != "Bucket" && key != "Events" && key != "Filter")
        return resource_error(owner.logical_id, value.line,
                              "Encountered unsupported property " + key + " in the event " + name);
    const std::string permission = owner.logical_id + name + "Permission";
    const std::vector<Node> kinds = events->is(Node::Kind::list) ? events->items : std::vector<Node>{*events};
    for (const Node& kind : kinds) {
      Node configuration = Node::map({{"Function", arn_of(owner.logical_id, kind.line)}, {"Event", kind}}, kind.line);
      if (const Node* filter = properties.find("Filter")) {
        CUMULET_CHECK(spend(kind.line, filter->count()));
        configuration.set("Filter", *filter);
      }
      if (!owner.condition.empty())
        configuration = Node::map({{"Fn::If", Node::list({Node::text(owner.condition, kind.line),
                                                          std::move(configuration), ref("AWS::NoValue", kind.line)},
                                                         kind.line)}},
                                  kind.line);
      notifications_.push_back({.bucket = reference->second.scalar,
                                .configuration = std::move(configuration),
                                .permission = permission,
                                .line = bucket->line,
                                .function = owner.logical_id});
    }
    add(owner, permission, "AWS::Lambda::Permission",
        Node::map({{"Action", Node::text("lambda:InvokeFunction", properties.line)},
                   {"FunctionName", ref(owner.logical_id, properties.line)},
                   {"Principal", Node::text("s3.amazonaws.com", properties.line)},
                   {"SourceAccount", ref("AWS::AccountId", properties.line)}},
                  properties.line));
    return {};
  }

  Result<void> attach_notifications() {
    for (Notification& n : notifications_) {
      Resource* bucket = template_.resource(n.bucket);
      if (!bucket || bucket->type != "AWS::S3::Bucket")
        return resource_error(n.function, n.line,
                              "its S3 event refers to " + n.bucket + ", which is no bucket of this template");
      if (!bucket->properties.find("NotificationConfiguration"))
        bucket->properties.set("NotificationConfiguration", Node::map({}, n.line));
      Node& configuration = *bucket->properties.find("NotificationConfiguration");
      if (!configuration.find("LambdaConfigurations"))
        configuration.set("LambdaConfigurations", Node::list({}, n.line));
      configuration.find("LambdaConfigurations")->items.push_back(std::move(n.configuration));
      // Under a condition that is false the permission is not there, and depending on it says nothing.
      if (std::ranges::find(bucket->depends_on, n.permission) == bucket->depends_on.end())
        bucket->depends_on.push_back(n.permission);
    }
    return {};
  }

  Result<void> state_machine(const Resource& resource) {
    static const std::vector<std::pair<std::string_view, std::string_view>> kNames{
        {"Name", "StateMachineName"},
        {"Type", "StateMachineType"},
        {"Logging", "LoggingConfiguration"},
        {"Tracing", "TracingConfiguration"},
        {"Role", "RoleArn"},
        {"Definition", "Definition"},
        {"DefinitionUri", "DefinitionUri"},
        {"DefinitionSubstitutions", "DefinitionSubstitutions"}};
    CUMULET_TRY(const Node properties, with_globals(resource, "StateMachine"));
    Node out = Node::map({}, properties.line);
    for (const auto& [key, value] : properties.members) {
      const auto it =
          std::ranges::find_if(kNames, [&wanted = key](const auto& names) { return names.first == wanted; });
      if (it != kNames.end())
        out.set(it->second, value);
      else if (key == "Tags")
        out.set("Tags", tag_list(value));
      else if (key != "Policies" && key != "PermissionsBoundary" && key != "RolePath")
        return resource_error(resource.logical_id, value.line, "Encountered unsupported property " + key);
    }
    if (!properties.find("Role")) {
      CUMULET_CHECK(add_role(resource, properties, "states.amazonaws.com", false));
      out.set("RoleArn", arn_of(resource.logical_id + "Role", resource.line));
    }
    Resource plain = resource;
    plain.type = "AWS::StepFunctions::StateMachine";
    plain.properties = std::move(out);
    template_.resources.push_back(std::move(plain));
    return {};
  }

  Template& template_;
  std::vector<Notification> notifications_;
  std::size_t values_ = 0;
};

}  // namespace

Error resource_error(const std::string& logical_id, int line, const std::string& message) {
  // A message that came with its own line keeps it in front.
  if (line == 0 && message.starts_with("line ")) {
    const auto colon = message.find(": ");
    if (colon != std::string::npos)
      return template_error(0,
                            message.substr(0, colon + 2) + "resource " + logical_id + ": " + message.substr(colon + 2));
  }
  return template_error(line, "resource " + logical_id + ": " + message);
}

Result<void> apply_sam_transform(Template& t) {
  CUMULET_CHECK(Transform(t).run());
  return check_number("resources", t.resources.size(), kMaxResources);
}

}  // namespace cumulet::cloudformation
