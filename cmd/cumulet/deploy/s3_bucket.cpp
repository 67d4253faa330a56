#include <algorithm>

#include "base/encoding.hpp"
#include "cmd/cumulet/deploy/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
namespace cumulet::deploy {
namespace {

constexpr std::string_view kS3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

Result<Created> create(Provisioning& p, const Desired& desired) {
  std::string name = property_text(desired.properties, "BucketName");
  if (name.empty()) {
    name = generated_name(p, desired.logical_id, 63);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  // In us-east-1 S3 answers 200 for a bucket that is ours already; CloudFormation does not take such a bucket over.
  // A HEAD has no body to say what is wrong with a name (BadRequest): the PUT will.
  CUMULET_TRY(const bool there, found(discard(p.api.s3("HEAD", name, "")), {"NotFound", "NoSuchBucket", "BadRequest"}));
  if (there) return aws_error("BucketAlreadyOwnedByYou", name + " already exists");
  std::string body;
  if (p.environment.region != "us-east-1")
    body = "<CreateBucketConfiguration xmlns=\"" + std::string(kS3Namespace) + "\"><LocationConstraint>" +
           p.environment.region + "</LocationConstraint></CreateBucketConfiguration>";
  CUMULET_CHECK(p.api.s3("PUT", name, "", {}, std::move(body)));
  const Environment& e = p.environment;
  return Created{.physical_id = name,
                 .attributes = {{"Arn", "arn:" + e.partition + ":s3:::" + name},
                                {"DomainName", name + ".s3." + e.url_suffix},
                                {"RegionalDomainName", name + ".s3." + e.region + "." + e.url_suffix}},
                 .applied = {}};
}

// One <…Configuration> of a notification; `target` is the name of the element that holds the ARN.
Result<std::string> configuration_xml(const Node& node, std::string_view kind, std::string_view property,
                                      std::string_view target) {
  const std::string arn = property_text(node, property);
  const Node* event = node.find("Event");
  if (arn.empty() || !event)
    return template_error(node.line, "a notification needs " + std::string(property) + " and Event");
  std::string out = "<" + std::string(kind) + "><" + std::string(target) + ">" + xml_escape(arn) + "</" +
                    std::string(target) + "><Event>" + xml_escape(as_text(*event).value_or("")) + "</Event>";
  const Node* filter = node.find("Filter");
  const Node* key = filter ? filter->find("S3Key") : nullptr;
  const Node* rules = key ? key->find("Rules") : nullptr;
  if (filter && !rules) return template_error(filter->line, "the Filter of a notification needs S3Key with Rules");
  if (rules) {
    out += "<Filter><S3Key>";
    for (const Node& rule : rules->items)
      out += "<FilterRule><Name>" + xml_escape(property_text(rule, "Name")) + "</Name><Value>" +
             xml_escape(property_text(rule, "Value")) + "</Value></FilterRule>";
    out += "</S3Key></Filter>";
  }
  return out + "</" + std::string(kind) + ">";
}

Result<std::string> notification_xml(const Node* configuration) {
  std::string out = "<NotificationConfiguration xmlns=\"" + std::string(kS3Namespace) + "\">";
  if (configuration) {
    for (const auto& [name, value] : configuration->members) {
      if (name != "LambdaConfigurations" && name != "QueueConfigurations")
        return template_error(value.line, "NotificationConfiguration: " + name + " is not understood");
      const bool lambda = name == "LambdaConfigurations";
      for (const Node& item : value.items) {
        CUMULET_TRY(const std::string xml,
                    lambda ? configuration_xml(item, "CloudFunctionConfiguration", "Function", "CloudFunction")
                           : configuration_xml(item, "QueueConfiguration", "Queue", "Queue"));
        out += xml;
      }
    }
  }
  return out + "</NotificationConfiguration>";
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!property_changed(current, to_json(desired.properties).as_object(), "NotificationConfiguration")) return {};
  CUMULET_TRY(std::string xml, notification_xml(desired.properties.find("NotificationConfiguration")));
  return discard(p.api.s3("PUT", current.physical_id, "", {{"notification", ""}}, std::move(xml)));
}

Result<void> empty(Provisioning& p, const std::string& bucket) {
  for (int page = 0; page < 1'000'000; ++page) {
    CUMULET_TRY(const std::string reply, p.api.s3("GET", bucket, "", {{"list-type", "2"}, {"encoding-type", "url"}}));
    const auto keys = xml_texts(reply, "Key");
    if (keys.empty()) return {};
    for (const std::string& key : keys)
      CUMULET_CHECK(p.api.s3("DELETE", bucket, percent_decode(key, Plus::space).value_or(key)));
  }
  return {};
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  if (p.empty_buckets) CUMULET_CHECK(unless_gone(empty(p, current.physical_id), {"NoSuchBucket", "NotFound"}));
  return unless_gone(discard(p.api.s3("DELETE", current.physical_id, "")), {"NoSuchBucket", "NotFound"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.api.s3("HEAD", current.physical_id, "")), {"NoSuchBucket", "NotFound"});
}

}  // namespace

const ResourceType kS3Bucket{.name = "AWS::S3::Bucket",
                             .properties = {"BucketName", "NotificationConfiguration"},
                             .ignored = {"AccessControl", "BucketEncryption", "LifecycleConfiguration",
                                         "OwnershipControls", "PublicAccessBlockConfiguration", "Tags"},
                             .required = {},
                             .replacing = {"BucketName"},
                             .name_property = "BucketName",
                             .attributes = {"Arn", "DomainName", "RegionalDomainName"},
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .exists = exists};

}  // namespace cumulet::deploy
