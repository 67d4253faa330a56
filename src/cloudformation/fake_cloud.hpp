#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloudformation/caller.hpp"

namespace cumulet::cloudformation {

// For tests: services that keep what they are told and refuse what the real ones refuse: what is not there, what is
// there already, a role with policies, a bucket with objects. Buckets named cumulet-deployments-… are not in `calls`.
class FakeCloud final : public Caller {
 public:
  struct Killed {};  // thrown where a call is to end the process

  std::map<std::string, std::string> things;  // "function f" → the input that made it, "object b/k" → its body
  std::map<std::string, std::set<std::string>> parts;  // "role r" → policies, "function f" → statements of its policy
  std::vector<std::string> calls;                      // the changing ones, in order: "CreateFunction f"
  std::map<std::string, std::string> inputs;           // call → its last input
  std::string refuse;                                  // a call that contains it is answered by AccessDenied
  int recently_deleted = 0;                            // so many CreateQueue are told that the name is not free yet
  std::optional<int> kill_before, kill_after;          // the n-th changing call from now (0: the next)

  Result<json::value> call(std::string_view service, std::string_view operation, const json::object& input) override {
    op_ = operation;
    input_ = &input;
    if (service == "s3") return s3();
    if (service == "iam") return iam();
    if (service == "lambda") return lambda();
    if (service == "logs") return logs();
    if (service == "sqs") return sqs();
    return states();
  }

  bool has_objects(const std::string& bucket) const { return any_thing("object " + bucket + "/"); }

 private:
  enum class Effect { none, makes, removes };

  std::string text(std::string_view name) const { return member_text(json::value(*input_), name); }
  bool is(std::string_view operation) const { return op_ == operation; }
  bool any_thing(const std::string& prefix) const {
    const auto it = things.lower_bound(prefix);
    return it != things.end() && it->first.starts_with(prefix);
  }
  static Result<json::value> done(json::object output = {}) { return json::value(std::move(output)); }

  // A call that changes `thing`, whose kind is its first word.
  Result<void> change(const std::string& thing, Effect effect, std::string content = {}) {
    const std::string name = op_ + thing.substr(thing.find(' '));
    const bool quiet = thing.find("cumulet-deployments") != std::string::npos;
    if (!quiet && !refuse.empty() && name.find(refuse) != std::string::npos)
      return aws_error("AccessDenied", "not you");
    if (!quiet && kill_before && (*kill_before)-- == 0) throw Killed{};
    const std::string input = json::text(*input_);
    if (effect == Effect::makes) things[thing] = content.empty() ? input : std::move(content);
    if (effect == Effect::removes) {
      things.erase(thing);
      parts.erase(thing);
    }
    if (quiet) return {};
    inputs[name] = input;
    calls.push_back(name);
    if (kill_after && (*kill_after)-- == 0) throw Killed{};
    return {};
  }

  Result<json::value> s3() {
    const std::string bucket = "bucket " + text("Bucket");
    const std::string object = "object " + text("Bucket") + "/" + text("Key");
    if (is("ListObjectsV2")) {
      json::array contents;
      const std::string prefix = "object " + text("Bucket") + "/";
      for (const auto& [thing, content] : things)
        if (thing.starts_with(prefix + text("Prefix")))
          contents.push_back(json::object{{"Key", thing.substr(prefix.size())}});
      return done({{"Contents", std::move(contents)}});
    }
    const bool of_object = input_->contains("Key");
    const std::string& thing = of_object ? object : bucket;
    if (is("PutObject") && input_->contains("IfNoneMatch") && things.contains(thing))
      return aws_error("PreconditionFailed", thing);
    if (!is("CreateBucket") && !is("PutObject") && !things.contains(thing))
      return aws_error(of_object ? "NoSuchKey" : "NoSuchBucket", thing);
    if (is("GetBucketPolicy") && !parts[thing].contains("policy")) return aws_error("NoSuchBucketPolicy", thing);
    if (is("DeleteBucket") && has_objects(text("Bucket"))) return aws_error("BucketNotEmpty", "not empty");
    if (is("HeadBucket") || is("HeadObject") || is("GetBucketPolicy")) return done();
    if (is("GetObject")) return done({{"Body", things.at(thing)}});
    const Effect effect = is("CreateBucket") || is("PutObject")      ? Effect::makes
                          : is("DeleteBucket") || is("DeleteObject") ? Effect::removes
                                                                     : Effect::none;
    CUMULET_CHECK(change(thing, effect, text("Body")));
    if (is("PutBucketPolicy")) parts[thing].insert("policy");
    if (is("DeleteBucketPolicy")) parts[thing].erase("policy");
    return done();
  }

  Result<json::value> iam() {
    const std::string role = "role " + text("RoleName");
    const json::object answer{{"Role", json::object{{"Arn", "arn:role:" + text("RoleName")}, {"RoleId", "AROA"}}}};
    if (is("GetRole") && things.contains(role)) return done(answer);
    if (is("CreateRole") && things.contains(role)) return aws_error("EntityAlreadyExists", role);
    if (!is("CreateRole") && !things.contains(role)) return aws_error("NoSuchEntity", role);
    const std::string policy =
        is("AttachRolePolicy") || is("DetachRolePolicy") ? text("PolicyArn") : text("PolicyName");
    if ((is("DetachRolePolicy") || is("DeleteRolePolicy")) && !parts[role].contains(policy))
      return aws_error("NoSuchEntity", policy);
    if (is("DeleteRole") && !parts[role].empty()) return aws_error("DeleteConflict", "the role has policies");
    CUMULET_CHECK(change(role, is("CreateRole") ? Effect::makes : is("DeleteRole") ? Effect::removes : Effect::none));
    if (is("AttachRolePolicy") || is("PutRolePolicy")) parts[role].insert(policy);
    if (is("DetachRolePolicy") || is("DeleteRolePolicy")) parts[role].erase(policy);
    return done(answer);
  }

  Result<json::value> lambda() {
    if (op_.find("EventSourceMapping") != std::string::npos) return mapping();
    const std::string name = text(is("TagResource") || is("UntagResource") ? "Resource" : "FunctionName");
    const std::string function = "function " + name.substr(name.rfind(':') + 1);
    const bool there = things.contains(function);
    if (is("CreateFunction")) {
      if (there) return aws_error("ResourceConflictException", "Function already exist: " + name);
      CUMULET_CHECK(change(function, Effect::makes));
      return done({{"FunctionArn", "arn:function:" + name}});
    }
    if (!there) return aws_error("ResourceNotFoundException", function);
    std::set<std::string>& own = parts[function];
    const std::string statement = text("StatementId");
    if (is("GetFunctionConfiguration")) return done({{"State", "Active"}, {"LastUpdateStatus", "Successful"}});
    if (is("GetPolicy")) {
      std::string policy;
      for (const std::string& one : own)
        if (one != "invoke config") policy += "\"" + one + "\"";
      if (policy.empty()) return aws_error("ResourceNotFoundException", "no policy");
      return done({{"Policy", policy}});
    }
    if ((is("GetFunctionEventInvokeConfig") || is("DeleteFunctionEventInvokeConfig")) && !own.contains("invoke config"))
      return aws_error("ResourceNotFoundException", "no configuration");
    if (is("GetFunctionEventInvokeConfig")) return done();
    if (is("AddPermission") && own.contains(statement)) return aws_error("ResourceConflictException", statement);
    if (is("RemovePermission") && !own.contains(statement)) return aws_error("ResourceNotFoundException", statement);
    if (is("AddPermission")) own.insert(statement);
    if (is("RemovePermission")) own.erase(statement);
    if (is("PutFunctionEventInvokeConfig")) own.insert("invoke config");
    if (is("DeleteFunctionEventInvokeConfig")) own.erase("invoke config");
    CUMULET_CHECK(change(function, is("DeleteFunction") ? Effect::removes : Effect::none));
    return done();
  }

  std::string mapping_uuid() const {
    const std::string source = text("EventSourceArn");
    return "uuid-" + text("FunctionName") + "-" + source.substr(source.rfind(':') + 1);
  }

  Result<json::value> mapping() {
    if (is("ListEventSourceMappings")) {
      json::array found;
      const std::string uuid = mapping_uuid();
      if (things.contains("mapping " + uuid))
        found.push_back(json::object{{"UUID", uuid}, {"EventSourceMappingArn", "arn:" + uuid}});
      return done({{"EventSourceMappings", std::move(found)}});
    }
    const std::string uuid = is("CreateEventSourceMapping") ? mapping_uuid() : text("UUID");
    const std::string thing = "mapping " + uuid;
    if (is("CreateEventSourceMapping") == things.contains(thing))
      return aws_error(things.contains(thing) ? "ResourceConflictException" : "ResourceNotFoundException", uuid);
    if (!is("GetEventSourceMapping"))
      CUMULET_CHECK(change(thing, is("CreateEventSourceMapping")   ? Effect::makes
                                  : is("DeleteEventSourceMapping") ? Effect::removes
                                                                   : Effect::none));
    return done({{"UUID", uuid}, {"State", "Enabled"}, {"EventSourceMappingArn", "arn:" + uuid}});
  }

  Result<json::value> logs() {
    if (is("DescribeLogGroups")) {
      json::array groups;
      const std::string group = text("logGroupNamePrefix");
      if (things.contains("log " + group)) groups.push_back(json::object{{"logGroupName", group}});
      return done({{"logGroups", std::move(groups)}});
    }
    const std::string group = "log " + text("logGroupName");
    if (is("CreateLogGroup") == things.contains(group))
      return aws_error(things.contains(group) ? "ResourceAlreadyExistsException" : "ResourceNotFoundException", group);
    CUMULET_CHECK(change(group, is("CreateLogGroup")   ? Effect::makes
                                : is("DeleteLogGroup") ? Effect::removes
                                                       : Effect::none));
    return done();
  }

  Result<json::value> sqs() {
    const std::string url = input_->contains("QueueName") ? "http://q/" + text("QueueName") : text("QueueUrl");
    const std::string queue = "queue " + url;
    if (!is("CreateQueue") && !things.contains(queue)) return aws_error("QueueDoesNotExist", queue);
    if (is("CreateQueue") && recently_deleted > 0 && recently_deleted-- > 0)
      return aws_error("QueueDeletedRecently", "You must wait 60 seconds after deleting a queue");
    std::set<std::string>& own = parts[queue];
    const bool with_policy = own.contains("policy");
    if (is("GetQueueUrl")) return done({{"QueueUrl", url}});
    if (is("GetQueueAttributes"))
      return done({{"Attributes", with_policy ? json::object{{"Policy", "a policy"}} : json::object{}}});
    if (const json::value* attributes = input_->if_contains("Attributes"); is("SetQueueAttributes") && attributes)
      if (const json::value* policy = json::find(*attributes, "Policy")) {
        if (*policy == json::value(""))
          own.erase("policy");
        else
          own.insert("policy");
      }
    CUMULET_CHECK(change(queue, is("CreateQueue")   ? Effect::makes
                                : is("DeleteQueue") ? Effect::removes
                                                    : Effect::none));
    return done({{"QueueUrl", url}});
  }

  Result<json::value> states() {
    const std::string arn = is("CreateStateMachine")
                                ? "arn:aws:states:us-east-1:000000000000:stateMachine:" + text("name")
                                : text("stateMachineArn");
    const std::string machine = "machine " + arn;
    if (!is("CreateStateMachine") && !things.contains(machine)) return aws_error("StateMachineDoesNotExist", arn);
    if (is("DescribeStateMachine")) return done({{"status", "ACTIVE"}});
    CUMULET_CHECK(change(machine, is("CreateStateMachine")   ? Effect::makes
                                  : is("DeleteStateMachine") ? Effect::removes
                                                             : Effect::none));
    return done({{"stateMachineArn", arn}});
  }

  std::string op_;
  const json::object* input_ = nullptr;
};

}  // namespace cumulet::cloudformation
