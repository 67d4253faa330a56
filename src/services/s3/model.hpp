#pragma once
#include "services/s3/model_bucket.hpp"
#include "services/s3/model_list.hpp"
#include "services/s3/model_multipart.hpp"
#include "services/s3/model_notification.hpp"
#include "services/s3/model_object.hpp"

// Shapes of Amazon S3, API version 2006-03-01: all of them, and those of tags.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
namespace cumulet::s3 {

using wire::member;
using wire::structure;

struct TagSet {
  std::vector<Tag> tags;

  static wire::Shape shape() { return structure("Tagging", {member<&TagSet::tags>("TagSet").entries("Tag")}); }
};
struct PutTaggingRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;
  std::optional<TagSet> tagging;

  static wire::Shape shape() {
    return structure("PutTaggingRequest", {
                                              member<&PutTaggingRequest::bucket>("Bucket").label(),
                                              member<&PutTaggingRequest::key>("Key").greedy_label(),
                                              member<&PutTaggingRequest::version_id>("VersionId").query("versionId"),
                                              member<&PutTaggingRequest::tagging>("Tagging").payload(),
                                          });
  }
};

struct NotificationRequest {
  std::string bucket;
  std::optional<NotificationConfiguration> configuration;
  std::optional<bool> skip_destination_validation;

  static wire::Shape shape() {
    return structure("PutBucketNotificationConfigurationRequest",
                     {
                         member<&NotificationRequest::bucket>("Bucket").label(),
                         member<&NotificationRequest::configuration>("NotificationConfiguration").payload(),
                         member<&NotificationRequest::skip_destination_validation>("SkipDestinationValidation")
                             .header("x-amz-skip-destination-validation"),
                     });
  }
};

}  // namespace cumulet::s3
