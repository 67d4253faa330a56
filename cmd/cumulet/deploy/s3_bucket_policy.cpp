#include "cmd/cumulet/deploy/resource_type.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html
namespace cumulet::deploy {
namespace {

Result<void> put(Provisioning& p, const Desired& desired) {
  const Node* document = desired.properties.find("PolicyDocument");
  return discard(p.api.s3("PUT", property_text(desired.properties, "Bucket"), "", {{"policy", ""}},
                          json::text(to_json(*document)), {{"Content-Type", "application/json"}}));
}

Result<Created> create(Provisioning& p, const Desired& desired) {
  CUMULET_CHECK(put(p, desired));
  return Created{.physical_id = property_text(desired.properties, "Bucket"),
                 .attributes = {},
                 .applied = to_json(desired.properties).as_object()};
}

Result<void> update(Provisioning& p, const Desired& desired, StackResource& current) {
  if (!property_changed(current, to_json(desired.properties).as_object(), "PolicyDocument")) return {};
  return put(p, desired);
}

Result<void> remove(Provisioning& p, const StackResource& current) {
  return unless_gone(discard(p.api.s3("DELETE", current.physical_id, "", {{"policy", ""}})),
                     {"NoSuchBucket", "NoSuchBucketPolicy", "NotFound"});
}

Result<bool> exists(Provisioning& p, const StackResource& current) {
  return found(discard(p.api.s3("GET", current.physical_id, "", {{"policy", ""}})),
               {"NoSuchBucket", "NoSuchBucketPolicy", "NotFound"});
}

}  // namespace

const ResourceType kS3BucketPolicy{.name = "AWS::S3::BucketPolicy",
                                   .properties = {"Bucket", "PolicyDocument"},
                                   .ignored = {},
                                   .required = {"Bucket", "PolicyDocument"},
                                   .replacing = {"Bucket"},
                                   .name_property = "",
                                   .attributes = {},
                                   .create = create,
                                   .update = update,
                                   .remove = remove,
                                   .exists = exists};

}  // namespace cumulet::deploy
