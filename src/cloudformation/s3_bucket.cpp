#include <algorithm>

#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
namespace cumulet::cloudformation {
namespace {

constexpr std::size_t kBucketNameLength = 63;

std::string new_name(Provisioning& p, const Desired& desired) {
  std::string name = generated_name(p, desired.logical_id, kBucketNameLength);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

// A HEAD has no body to say what is wrong with a name (BadRequest): the PUT will.
Result<std::optional<std::string>> find(Provisioning& p, const Desired& desired) {
  CUMULET_TRY(const bool there, found(discard(p.aws.call("s3", "HeadBucket", {{"Bucket", desired.name}})),
                                      {"NotFound", "NoSuchBucket", "BadRequest"}));
  return there ? std::optional(desired.name) : std::nullopt;
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  const std::string& name = desired.name;
  // In us-east-1 S3 answers 200 for a bucket that is ours already; CloudFormation does not take such a bucket over.
  if (desired.is_there) return aws_error("BucketAlreadyOwnedByYou", name + " already exists");
  const Environment& e = p.environment;
  json::object input{{"Bucket", name}};
  if (e.region != "us-east-1") input["CreateBucketConfiguration"] = json::object{{"LocationConstraint", e.region}};
  CUMULET_CHECK(p.aws.call("s3", "CreateBucket", input));
  return Created{.physical_id = name,
                 .attributes = {{"Arn", "arn:" + e.partition + ":s3:::" + name},
                                {"DomainName", name + ".s3." + e.url_suffix},
                                {"RegionalDomainName", name + ".s3." + e.region + "." + e.url_suffix}},
                 .applied = {}};
}

// One entry of a notification in the API's spelling; `target` is its member that holds the ARN.
Result<json::object> notification_entry(const Node& node, std::string_view property, std::string_view target) {
  const std::string arn = property_text(node, property);
  const Node* event = node.find("Event");
  if (arn.empty() || !event)
    return template_error(node.line, "a notification needs " + std::string(property) + " and Event");
  json::object out{{target, arn}, {"Events", json::array{as_text(*event).value_or("")}}};
  const Node* filter = node.find("Filter");
  const Node* key = filter ? filter->find("S3Key") : nullptr;
  const Node* rules = key ? key->find("Rules") : nullptr;
  if (filter && !rules) return template_error(filter->line, "the Filter of a notification needs S3Key with Rules");
  if (rules) {
    json::array list;
    for (const Node& rule : rules->items)
      list.push_back(json::object{{"Name", property_text(rule, "Name")}, {"Value", property_text(rule, "Value")}});
    out["Filter"] = json::object{{"Key", json::object{{"FilterRules", std::move(list)}}}};
  }
  return out;
}

Result<json::object> notification(const Node* configuration) {
  json::object out;
  if (!configuration) return out;
  for (const auto& [name, value] : configuration->members) {
    if (name != "LambdaConfigurations" && name != "QueueConfigurations")
      return template_error(value.line, "NotificationConfiguration: " + name + " is not understood");
    const bool lambda = name == "LambdaConfigurations";
    json::array entries;
    for (const Node& item : value.items) {
      CUMULET_TRY(json::object entry, lambda ? notification_entry(item, "Function", "LambdaFunctionArn")
                                             : notification_entry(item, "Queue", "QueueArn"));
      entries.push_back(std::move(entry));
    }
    out[lambda ? "LambdaFunctionConfigurations" : "QueueConfigurations"] = std::move(entries);
  }
  return out;
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!property_changed(current, to_json(desired.properties).as_object(), "NotificationConfiguration")) return {};
  CUMULET_TRY(json::object configuration, notification(desired.properties.find("NotificationConfiguration")));
  return discard(
      p.aws.call("s3", "PutBucketNotificationConfiguration",
                 {{"Bucket", current.physical_id}, {"NotificationConfiguration", std::move(configuration)}}));
}

Result<void> empty(Provisioning& p, const std::string& bucket) {
  for (int page = 0; page < 1'000'000; ++page) {
    CUMULET_TRY(const json::value reply, p.aws.call("s3", "ListObjectsV2", {{"Bucket", bucket}}));
    const json::value* objects = json::find(reply, "Contents");
    if (!objects || !objects->is_array() || objects->as_array().empty()) return {};
    for (const json::value& object : objects->as_array())
      CUMULET_CHECK(p.aws.call("s3", "DeleteObject", {{"Bucket", bucket}, {"Key", member_text(object, "Key")}}));
  }
  return {};
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  if (p.empty_buckets) CUMULET_CHECK(unless_gone(empty(p, current.physical_id), {"NoSuchBucket", "NotFound"}));
  return unless_gone(discard(p.aws.call("s3", "DeleteBucket", {{"Bucket", current.physical_id}})),
                     {"NoSuchBucket", "NotFound"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("s3", "HeadBucket", {{"Bucket", current.physical_id}})),
               {"NoSuchBucket", "NotFound"});
}

}  // namespace

const ResourceType kS3Bucket{.name = "AWS::S3::Bucket",
                             .properties = {"BucketName", "NotificationConfiguration"},
                             .ignored = {"AccessControl", "BucketEncryption", "LifecycleConfiguration",
                                         "OwnershipControls", "PublicAccessBlockConfiguration", "Tags",
                                         "VersioningConfiguration"},
                             .required = {},
                             .replacing = {"BucketName"},
                             .name_property = "BucketName",
                             .name_length = kBucketNameLength,
                             .attributes = {"Arn", "DomainName", "RegionalDomainName"},
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .exists = exists,
                             .find = find,
                             .new_name = new_name};

}  // namespace cumulet::cloudformation
