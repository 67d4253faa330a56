#include "cloudformation/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html
namespace cumulet::cloudformation {
namespace {

Result<void> put(Provisioning& p, const Desired& desired) {
  const Node* document = desired.properties.find("PolicyDocument");
  return discard(p.aws.call(
      "s3", "PutBucketPolicy",
      {{"Bucket", property_text(desired.properties, "Bucket")}, {"Policy", json::text(to_json(*document))}}));
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  if (desired.is_there) return aws_error("AlreadyExists", "the bucket " + desired.name + " has a policy already");
  CUMULET_CHECK(put(p, desired));
  return Created{.physical_id = desired.name, .attributes = {}, .applied = to_json(desired.properties).as_object()};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!property_changed(current, to_json(desired.properties).as_object(), "PolicyDocument")) return {};
  return put(p, desired);
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.aws.call("s3", "DeleteBucketPolicy", {{"Bucket", current.physical_id}})),
                     {"NoSuchBucket", "NoSuchBucketPolicy", "NotFound"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.aws.call("s3", "GetBucketPolicy", {{"Bucket", current.physical_id}})),
               {"NoSuchBucket", "NoSuchBucketPolicy", "NotFound"});
}

}  // namespace

const ResourceType kS3BucketPolicy{
    .name = "AWS::S3::BucketPolicy",
    .properties = {"Bucket", "PolicyDocument"},
    .ignored = {},
    .required = {"Bucket", "PolicyDocument"},
    .replacing = {"Bucket"},
    .name_property = "",
    .attributes = {},
    .create = create,
    .update = update,
    .remove = remove,
    .exists = exists,
    .new_name = [](Provisioning&, const Desired& desired) { return property_text(desired.properties, "Bucket"); }};

}  // namespace cumulet::cloudformation
