#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
namespace cumulet::cloudformation {
namespace {

std::string policy_text(const Node& policy) {
  const json::value value = to_json(policy);
  return value.is_string() ? std::string(value.as_string()) : json::text(value);
}

std::string lifecycle_text(const Node& properties) {
  const Node* policy = properties.find("LifecyclePolicy");
  return policy ? property_text(*policy, "LifecyclePolicyText") : "";
}

// A repository in a call: RegistryId is the account's own.
json::object repository(const std::string& name) { return {{"repositoryName", name}}; }

json::array tag_list(const json::object& tags) {
  json::array out;
  for (const auto& [key, value] : tags) out.push_back(json::object{{"Key", key}, {"Value", value}});
  return out;
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  json::object input = repository(desired.name);
  json::object applied;
  if (const json::object tags = property_tags(desired.properties); !tags.empty()) input["tags"] = tag_list(tags);
  if (const Node* mutability = desired.properties.find("ImageTagMutability"))
    input["imageTagMutability"] = as_text(*mutability).value_or("");
  if (const Node* scanning = desired.properties.find("ImageScanningConfiguration"))
    input["imageScanningConfiguration"] = json::object{
        {"scanOnPush",
         as_boolean(scanning->find("ScanOnPush") ? *scanning->find("ScanOnPush") : Node{}).value_or(false)}};
  const json::object all = to_json(desired.properties).as_object();
  for (const char* property : {"Tags", "ImageTagMutability", "ImageScanningConfiguration"})
    if (const json::value* value = all.if_contains(property)) applied[property] = *value;
  CUMULET_TRY(const json::value answer, p.aws.call("ecr", "CreateRepository", input));
  const json::value* made = json::find(answer, "repository");
  const json::value empty = json::object{};
  return Created{.physical_id = desired.name,
                 .attributes = {{"Arn", member_text(made ? *made : empty, "repositoryArn")},
                                {"RepositoryUri", member_text(made ? *made : empty, "repositoryUri")}},
                 .applied = std::move(applied)};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  const json::object wanted = to_json(desired.properties).as_object();
  const std::string& name = current.physical_id;
  if (property_changed(current, wanted, "ImageTagMutability")) {
    json::object input = repository(name);
    input["imageTagMutability"] = property_text(desired.properties, "ImageTagMutability", "MUTABLE");
    CUMULET_CHECK(p.aws.call("ecr", "PutImageTagMutability", input));
  }
  if (property_changed(current, wanted, "ImageScanningConfiguration")) {
    json::object input = repository(name);
    const Node* scanning = desired.properties.find("ImageScanningConfiguration");
    const Node* flag = scanning ? scanning->find("ScanOnPush") : nullptr;
    input["imageScanningConfiguration"] =
        json::object{{"scanOnPush", flag ? as_boolean(*flag).value_or(false) : false}};
    CUMULET_CHECK(p.aws.call("ecr", "PutImageScanningConfiguration", input));
  }
  if (property_changed(current, wanted, "LifecyclePolicy")) {
    json::object input = repository(name);
    const std::string text = lifecycle_text(desired.properties);
    if (text.empty()) {
      CUMULET_CHECK(unless_gone(discard(p.aws.call("ecr", "DeleteLifecyclePolicy", input)),
                                {"LifecyclePolicyNotFoundException"}));
    } else {
      input["lifecyclePolicyText"] = text;
      CUMULET_CHECK(p.aws.call("ecr", "PutLifecyclePolicy", input));
    }
  }
  if (property_changed(current, wanted, "RepositoryPolicyText")) {
    json::object input = repository(name);
    if (const Node* policy = desired.properties.find("RepositoryPolicyText")) {
      input["policyText"] = policy_text(*policy);
      CUMULET_CHECK(p.aws.call("ecr", "SetRepositoryPolicy", input));
    } else {
      CUMULET_CHECK(unless_gone(discard(p.aws.call("ecr", "DeleteRepositoryPolicy", input)),
                                {"RepositoryPolicyNotFoundException"}));
    }
  }
  if (!property_changed(current, wanted, "Tags")) return {};
  const json::object tags = property_tags(desired.properties);
  const auto arn = current.attributes.find("Arn");
  if (arn == current.attributes.end()) return {};
  if (const json::array lost = lost_tags(current, tags); !lost.empty())
    CUMULET_CHECK(p.aws.call("ecr", "UntagResource", {{"resourceArn", arn->second}, {"tagKeys", lost}}));
  if (tags.empty()) return {};
  return discard(p.aws.call("ecr", "TagResource", {{"resourceArn", arn->second}, {"tags", tag_list(tags)}}));
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  json::object input = repository(current.physical_id);
  const json::value* emptied = current.properties.if_contains("EmptyOnDelete");
  if (p.empty_buckets || (emptied && (*emptied == json::value(true) || *emptied == json::value("true"))))
    input["force"] = true;
  return unless_gone(discard(p.aws.call("ecr", "DeleteRepository", input)), {"RepositoryNotFoundException"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("ecr", "DescribeRepositories",
                                  {{"repositoryNames", json::array{json::value(current.physical_id)}}})),
               {"RepositoryNotFoundException"});
}

// Names of repositories have no capitals.
std::string new_name(Provisioning& p, const Desired& desired) {
  std::string name = generated_name(p, desired.logical_id, 256);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace

const ResourceType kEcrRepository{.name = "AWS::ECR::Repository",
                                  .properties = {"RepositoryName", "ImageTagMutability", "ImageScanningConfiguration",
                                                 "LifecyclePolicy", "RepositoryPolicyText", "EmptyOnDelete", "Tags"},
                                  .ignored = {"EncryptionConfiguration", "ImageTagMutabilityExclusionFilters"},
                                  .required = {},
                                  .replacing = {"RepositoryName"},
                                  .name_property = "RepositoryName",
                                  .name_length = 256,
                                  .attributes = {"Arn", "RepositoryUri"},
                                  .create = create,
                                  .update = update,
                                  .remove = remove,
                                  .exists = exists,
                                  .new_name = new_name};

}  // namespace cumulet::cloudformation
