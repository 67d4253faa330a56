#pragma once
#include "services/s3/describe_common.hpp"

// Descriptions of the shapes of bucket operations.
namespace cumulet::wire {

template <>
struct Describe<s3::BucketRequest> {
  static Shape shape() { return structure("BucketRequest", {member<&s3::BucketRequest::bucket>("Bucket").label()}); }
};
template <>
struct Describe<s3::CreateBucketConfiguration> {
  static Shape shape() {
    return structure("CreateBucketConfiguration",
                     {member<&s3::CreateBucketConfiguration::location_constraint>("LocationConstraint")});
  }
};
template <>
struct Describe<s3::CreateBucketRequest> {
  static Shape shape() {
    using T = s3::CreateBucketRequest;
    return structure(
        "CreateBucketRequest",
        {
            member<&T::bucket>("Bucket").label(),
            member<&T::acl>("ACL").header("x-amz-acl"),
            member<&T::object_lock_enabled>("ObjectLockEnabledForBucket").header("x-amz-bucket-object-lock-enabled"),
            member<&T::configuration>("CreateBucketConfiguration").payload(),
        });
  }
};
template <>
struct Describe<s3::CreateBucketOutput> {
  static Shape shape() {
    return structure("CreateBucketOutput", {member<&s3::CreateBucketOutput::location>("Location").header("Location")});
  }
};
template <>
struct Describe<s3::HeadBucketOutput> {
  static Shape shape() {
    using T = s3::HeadBucketOutput;
    return structure("HeadBucketOutput",
                     {
                         member<&T::region>("BucketRegion").header("x-amz-bucket-region"),
                         member<&T::access_point_alias>("AccessPointAlias").header("x-amz-access-point-alias"),
                         member<&T::content_type>("ContentType").header("Content-Type"),
                     });
  }
};
template <>
struct Describe<s3::BucketEntry> {
  static Shape shape() {
    using T = s3::BucketEntry;
    return structure("Bucket", {member<&T::name>("Name"), member<&T::creation_date>("CreationDate"),
                                member<&T::bucket_region>("BucketRegion")});
  }
};
template <>
struct Describe<s3::ListBucketsRequest> {
  static Shape shape() {
    using T = s3::ListBucketsRequest;
    return structure("ListBucketsRequest",
                     {
                         member<&T::prefix>("Prefix").query("prefix"),
                         member<&T::continuation_token>("ContinuationToken").query("continuation-token"),
                         member<&T::bucket_region>("BucketRegion").query("bucket-region"),
                         member<&T::max_buckets>("MaxBuckets").query("max-buckets"),
                     });
  }
};
template <>
struct Describe<s3::ListBucketsOutput> {
  static Shape shape() {
    using T = s3::ListBucketsOutput;
    return structure("ListAllMyBucketsResult", {
                                                   member<&T::owner>("Owner"),
                                                   member<&T::buckets>("Buckets").entries("Bucket"),
                                                   member<&T::prefix>("Prefix"),
                                                   member<&T::continuation_token>("ContinuationToken"),
                                               });
  }
};
template <>
struct Describe<s3::PutDocumentRequest> {
  static Shape shape() {
    using T = s3::PutDocumentRequest;
    return structure("PutDocumentRequest", {member<&T::bucket>("Bucket").label(), member<&T::text>("Text").payload()});
  }
};
template <>
struct Describe<s3::VersioningConfiguration> {
  static Shape shape() {
    using T = s3::VersioningConfiguration;
    return structure("VersioningConfiguration", {member<&T::status>("Status"), member<&T::mfa_delete>("MfaDelete")});
  }
};
template <>
struct Describe<s3::PutVersioningRequest> {
  static Shape shape() {
    using T = s3::PutVersioningRequest;
    return structure("PutBucketVersioningRequest", {
                                                       member<&T::bucket>("Bucket").label(),
                                                       member<&T::configuration>("VersioningConfiguration").payload(),
                                                   });
  }
};
template <>
struct Describe<s3::PutAclRequest> {
  static Shape shape() {
    using T = s3::PutAclRequest;
    return structure("PutAclRequest", {
                                          member<&T::bucket>("Bucket").label(),
                                          member<&T::key>("Key").greedy_label(),
                                          member<&T::acl>("ACL").header("x-amz-acl"),
                                          member<&T::text>("AccessControlPolicy").payload(),
                                      });
  }
};
template <>
struct Describe<s3::Tag> {
  static Shape shape() {
    return structure("Tag", {member<&s3::Tag::key>("Key").required(), member<&s3::Tag::value>("Value").required()});
  }
};
template <>
struct Describe<s3::TagSet> {
  static Shape shape() { return structure("Tagging", {member<&s3::TagSet::tags>("TagSet").entries("Tag").required()}); }
};
template <>
struct Describe<s3::PutTaggingRequest> {
  static Shape shape() {
    using T = s3::PutTaggingRequest;
    return structure("PutTaggingRequest", {
                                              member<&T::bucket>("Bucket").label(),
                                              member<&T::key>("Key").greedy_label(),
                                              member<&T::version_id>("VersionId").query("versionId"),
                                              member<&T::tagging>("Tagging").payload(),
                                          });
  }
};

template <>
struct Describe<s3::FilterRule> {
  static Shape shape() {
    return structure("FilterRule", {member<&s3::FilterRule::name>("Name"), member<&s3::FilterRule::value>("Value")});
  }
};
template <>
struct Describe<s3::KeyFilter> {
  static Shape shape() {
    return structure("S3KeyFilter", {member<&s3::KeyFilter::rules>("FilterRules").as("FilterRule").flattened()});
  }
};
template <>
struct Describe<s3::NotificationFilter> {
  static Shape shape() {
    return structure("NotificationConfigurationFilter", {member<&s3::NotificationFilter::key>("Key").as("S3Key")});
  }
};
template <class T>
Shape target_configuration(std::string_view name, std::string_view arn_name, std::string_view arn_element) {
  using C = s3::TargetConfiguration;
  static_assert(std::is_base_of_v<C, T> && sizeof(T) == sizeof(C));
  return structure(name, {
                             member<&C::id>("Id"),
                             member<&C::arn>(arn_name).as(arn_element).required(),
                             member<&C::events>("Events").as("Event").flattened().required(),
                             member<&C::filter>("Filter"),
                         });
}
template <>
struct Describe<s3::FunctionConfiguration> {
  static Shape shape() {
    return target_configuration<s3::FunctionConfiguration>("LambdaFunctionConfiguration", "LambdaFunctionArn",
                                                           "CloudFunction");
  }
};
template <>
struct Describe<s3::QueueConfiguration> {
  static Shape shape() {
    return target_configuration<s3::QueueConfiguration>("QueueConfiguration", "QueueArn", "Queue");
  }
};
template <>
struct Describe<s3::TopicConfiguration> {
  static Shape shape() {
    return target_configuration<s3::TopicConfiguration>("TopicConfiguration", "TopicArn", "Topic");
  }
};
template <>
struct Describe<s3::EventBridgeConfiguration> {
  static Shape shape() { return structure("EventBridgeConfiguration", {}); }
};
template <>
struct Describe<s3::NotificationConfiguration> {
  static Shape shape() {
    using T = s3::NotificationConfiguration;
    return structure(
        "NotificationConfiguration",
        {
            member<&T::topics>("TopicConfigurations").as("TopicConfiguration").flattened(),
            member<&T::queues>("QueueConfigurations").as("QueueConfiguration").flattened(),
            member<&T::functions>("LambdaFunctionConfigurations").as("CloudFunctionConfiguration").flattened(),
            member<&T::event_bridge>("EventBridgeConfiguration"),
        });
  }
};
template <>
struct Describe<s3::NotificationRequest> {
  static Shape shape() {
    using T = s3::NotificationRequest;
    return structure("PutBucketNotificationConfigurationRequest",
                     {
                         member<&T::bucket>("Bucket").label(),
                         member<&T::configuration>("NotificationConfiguration").payload(),
                         member<&T::skip_destination_validation>("SkipDestinationValidation")
                             .header("x-amz-skip-destination-validation"),
                     });
  }
};

}  // namespace cumulet::wire
