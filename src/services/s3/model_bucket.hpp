#pragma once
#include "services/s3/model_shared.hpp"

// Shapes of operations on buckets and on their settings.
namespace cumulet::s3 {

using wire::member;
using wire::structure;

struct BucketRequest {
  std::string bucket;

  static wire::Shape shape() { return structure("BucketRequest", {member<&BucketRequest::bucket>("Bucket").label()}); }
};
struct CreateBucketConfiguration {
  std::optional<std::string> location_constraint;
  std::vector<Tag> tags;
  std::optional<wire::Empty> location, bucket;  // of directory buckets

  static wire::Shape shape() {
    return structure("CreateBucketConfiguration",
                     {member<&CreateBucketConfiguration::location_constraint>("LocationConstraint"),
                      member<&CreateBucketConfiguration::tags>("Tags").entries("Tag"),
                      member<&CreateBucketConfiguration::location>("Location"),
                      member<&CreateBucketConfiguration::bucket>("Bucket")});
  }
};
struct CreateBucketRequest {
  std::string bucket;
  std::optional<std::string> acl;
  std::optional<bool> object_lock_enabled;
  std::optional<CreateBucketConfiguration> configuration;

  static wire::Shape shape() {
    return structure("CreateBucketRequest",
                     {
                         member<&CreateBucketRequest::bucket>("Bucket").label(),
                         member<&CreateBucketRequest::acl>("ACL").header("x-amz-acl"),
                         member<&CreateBucketRequest::object_lock_enabled>("ObjectLockEnabledForBucket")
                             .header("x-amz-bucket-object-lock-enabled"),
                         member<&CreateBucketRequest::configuration>("CreateBucketConfiguration").payload(),
                     });
  }
};
struct CreateBucketOutput {
  std::string location, arn;

  static wire::Shape shape() {
    return structure("CreateBucketOutput", {member<&CreateBucketOutput::location>("Location").header("Location"),
                                            member<&CreateBucketOutput::arn>("BucketArn").header("x-amz-bucket-arn")});
  }
};
struct HeadBucketOutput {
  std::string arn, region;
  std::string access_point_alias = "false";
  std::string content_type;  // of a body that there is not: S3 sends it

  static wire::Shape shape() {
    return structure(
        "HeadBucketOutput",
        {
            member<&HeadBucketOutput::arn>("BucketArn").header("x-amz-bucket-arn"),
            member<&HeadBucketOutput::region>("BucketRegion").header("x-amz-bucket-region"),
            member<&HeadBucketOutput::access_point_alias>("AccessPointAlias").header("x-amz-access-point-alias"),
            member<&HeadBucketOutput::content_type>("ContentType").header("Content-Type"),
        });
  }
};
struct BucketEntry {
  std::string name;
  TimePoint creation_date;
  std::optional<std::string> bucket_region;
  std::string arn;

  static wire::Shape shape() {
    return structure("Bucket",
                     {member<&BucketEntry::name>("Name"), member<&BucketEntry::creation_date>("CreationDate"),
                      member<&BucketEntry::bucket_region>("BucketRegion"), member<&BucketEntry::arn>("BucketArn")});
  }
};
struct ListBucketsRequest {
  std::optional<std::string> prefix, continuation_token, bucket_region;
  std::optional<int> max_buckets;

  static wire::Shape shape() {
    return structure(
        "ListBucketsRequest",
        {
            member<&ListBucketsRequest::prefix>("Prefix").query("prefix"),
            member<&ListBucketsRequest::continuation_token>("ContinuationToken").query("continuation-token"),
            member<&ListBucketsRequest::bucket_region>("BucketRegion").query("bucket-region"),
            member<&ListBucketsRequest::max_buckets>("MaxBuckets").query("max-buckets"),
        });
  }
};
struct ListBucketsOutput {
  Owner owner;
  std::vector<BucketEntry> buckets;
  std::optional<std::string> prefix, continuation_token;

  static wire::Shape shape() {
    return structure("ListAllMyBucketsResult", {
                                                   member<&ListBucketsOutput::owner>("Owner"),
                                                   member<&ListBucketsOutput::buckets>("Buckets").entries("Bucket"),
                                                   member<&ListBucketsOutput::prefix>("Prefix"),
                                                   member<&ListBucketsOutput::continuation_token>("ContinuationToken"),
                                               });
  }
};
// An XML document written as it stands (GetBucketLocation's root holds text; configurations are given back as stored).
struct XmlOutput {
  std::string content_type = "application/xml";
  std::string text;

  static wire::Shape shape() {
    return structure("XmlOutput", {
                                      member<&XmlOutput::content_type>("ContentType").header("Content-Type"),
                                      member<&XmlOutput::text>("Text").payload(),
                                  });
  }
};
struct PutDocumentRequest {
  std::string bucket;
  std::string text;

  static wire::Shape shape() {
    return structure("PutDocumentRequest", {member<&PutDocumentRequest::bucket>("Bucket").label(),
                                            member<&PutDocumentRequest::text>("Text").payload()});
  }
};
struct VersioningConfiguration {
  std::optional<std::string> status, mfa_delete;

  static wire::Shape shape() {
    return structure("VersioningConfiguration", {member<&VersioningConfiguration::status>("Status"),
                                                 member<&VersioningConfiguration::mfa_delete>("MfaDelete")});
  }
};
struct PutVersioningRequest {
  std::string bucket;
  std::optional<VersioningConfiguration> configuration;

  static wire::Shape shape() {
    return structure("PutBucketVersioningRequest",
                     {
                         member<&PutVersioningRequest::bucket>("Bucket").label(),
                         member<&PutVersioningRequest::configuration>("VersioningConfiguration").payload(),
                     });
  }
};
struct PutAclRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;  // of an object's
  std::optional<std::string> acl;
  std::optional<std::string> text;

  static wire::Shape shape() {
    return structure("PutAclRequest", {
                                          member<&PutAclRequest::bucket>("Bucket").label(),
                                          member<&PutAclRequest::key>("Key").greedy_label(),
                                          member<&PutAclRequest::version_id>("VersionId").query("versionId"),
                                          member<&PutAclRequest::acl>("ACL").header("x-amz-acl"),
                                          member<&PutAclRequest::text>("AccessControlPolicy").payload(),
                                      });
  }
};

}  // namespace cumulet::s3
