#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"
#include "services/s3/model_notification.hpp"

// Shapes of Amazon S3, API version 2006-03-01.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
namespace cumulet::s3 {

using wire::join;
using wire::member;
using wire::structure;

// x-amz-checksum-*: base64, for COMPOSITE with "-N" behind.
struct ChecksumFields {
  std::optional<std::string> crc32, crc32c, crc64nvme, sha1, sha256;
};

// ChecksumFields is a member somewhere in the owner: its fields are described as the owner's own.
template <class Owner, ChecksumFields Owner::*Fields, std::optional<std::string> ChecksumFields::*Field>
wire::Member checksum_member(std::string_view name) {
  wire::Member m;
  m.name = name;
  m.shape = [](const wire::Member&) { return &wire::shape_of<std::string>(); };
  m.get = [](const wire::Member&, const void* owner) -> const void* {
    const auto& value = (static_cast<const Owner*>(owner)->*Fields).*Field;
    return value ? &*value : nullptr;
  };
  m.emplace = [](const wire::Member&, void* owner) -> void* {
    return &((static_cast<Owner*>(owner)->*Fields).*Field).emplace();
  };
  return m;
}

template <class Owner, ChecksumFields Owner::*Fields>
wire::MemberList checksum_elements() {
  return {
      checksum_member<Owner, Fields, &ChecksumFields::crc32>("ChecksumCRC32"),
      checksum_member<Owner, Fields, &ChecksumFields::crc32c>("ChecksumCRC32C"),
      checksum_member<Owner, Fields, &ChecksumFields::crc64nvme>("ChecksumCRC64NVME"),
      checksum_member<Owner, Fields, &ChecksumFields::sha1>("ChecksumSHA1"),
      checksum_member<Owner, Fields, &ChecksumFields::sha256>("ChecksumSHA256"),
  };
}

template <class Owner, ChecksumFields Owner::*Fields>
wire::MemberList checksum_headers() {
  wire::MemberList members = checksum_elements<Owner, Fields>();
  constexpr std::string_view kNames[] = {"x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme",
                                         "x-amz-checksum-sha1", "x-amz-checksum-sha256"};
  for (std::size_t i = 0; i < members.size(); ++i) {
    members[i].location = wire::Location::header;
    members[i].wire_name = kNames[i];
  }
  return members;
}

// Headers that PutObject, CopyObject and CreateMultipartUpload share: what is stored with the object.
struct WriteHeaders {
  std::optional<std::string> acl, cache_control, content_disposition, content_encoding, content_language, content_type,
      expires;
  std::optional<std::string> storage_class, website_redirect_location, tagging, server_side_encryption, sse_kms_key_id;
  std::optional<std::string> sse_customer_algorithm;
  std::map<std::string, std::string> metadata;  // names in lower case, without x-amz-meta-
};

// WriteHeaders stands first in its heirs, so that a pointer to one is a pointer to it.
inline wire::MemberList write_headers() {
  using W = WriteHeaders;
  return {
      member<&W::acl>("ACL").header("x-amz-acl"),
      member<&W::cache_control>("CacheControl").header("Cache-Control"),
      member<&W::content_disposition>("ContentDisposition").header("Content-Disposition"),
      member<&W::content_encoding>("ContentEncoding").header("Content-Encoding"),
      member<&W::content_language>("ContentLanguage").header("Content-Language"),
      member<&W::content_type>("ContentType").header("Content-Type"),
      member<&W::expires>("Expires").header("Expires"),
      member<&W::storage_class>("StorageClass").header("x-amz-storage-class"),
      member<&W::website_redirect_location>("WebsiteRedirectLocation").header("x-amz-website-redirect-location"),
      member<&W::tagging>("Tagging").header("x-amz-tagging"),
      member<&W::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
      member<&W::sse_kms_key_id>("SSEKMSKeyId").header("x-amz-server-side-encryption-aws-kms-key-id"),
      member<&W::sse_customer_algorithm>("SSECustomerAlgorithm")
          .header("x-amz-server-side-encryption-customer-algorithm"),
      member<&W::metadata>("Metadata").header_map("x-amz-meta-"),
  };
}

struct Owner {
  std::string display_name, id;

  static wire::Shape shape() {
    return structure("Owner", {member<&Owner::id>("ID"), member<&Owner::display_name>("DisplayName")});
  }
};

struct BucketRequest {
  std::string bucket;

  static wire::Shape shape() { return structure("BucketRequest", {member<&BucketRequest::bucket>("Bucket").label()}); }
};
struct CreateBucketConfiguration {
  std::optional<std::string> location_constraint;

  static wire::Shape shape() {
    return structure("CreateBucketConfiguration",
                     {member<&CreateBucketConfiguration::location_constraint>("LocationConstraint")});
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
  std::string location;

  static wire::Shape shape() {
    return structure("CreateBucketOutput",
                     {member<&CreateBucketOutput::location>("Location").header("Location")});
  }
};
struct HeadBucketOutput {
  std::string region;
  std::string access_point_alias = "false";
  std::string content_type;  // of a body that there is not: S3 sends it

  static wire::Shape shape() {
    return structure(
        "HeadBucketOutput",
        {
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

  static wire::Shape shape() {
    return structure("Bucket", {member<&BucketEntry::name>("Name"), member<&BucketEntry::creation_date>("CreationDate"),
                                member<&BucketEntry::bucket_region>("BucketRegion")});
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
  std::optional<std::string> acl;
  std::optional<std::string> text;

  static wire::Shape shape() {
    return structure("PutAclRequest", {
                                          member<&PutAclRequest::bucket>("Bucket").label(),
                                          member<&PutAclRequest::key>("Key").greedy_label(),
                                          member<&PutAclRequest::acl>("ACL").header("x-amz-acl"),
                                          member<&PutAclRequest::text>("AccessControlPolicy").payload(),
                                      });
  }
};

struct ObjectRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;

  static wire::Shape shape() {
    return structure("ObjectRequest", {
                                          member<&ObjectRequest::bucket>("Bucket").label(),
                                          member<&ObjectRequest::key>("Key").greedy_label(),
                                          member<&ObjectRequest::version_id>("VersionId").query("versionId"),
                                      });
  }
};

struct PutObjectRequest : WriteHeaders {
  std::string bucket, key;
  std::optional<std::string> content_md5, if_match, if_none_match, sdk_checksum_algorithm, trailer;
  ChecksumFields checksums;
  wire::InputStream body;

  static wire::Shape shape() {
    return structure("PutObjectRequest",
                     join(join(write_headers(), checksum_headers<PutObjectRequest, &PutObjectRequest::checksums>()),
                          {
                              member<&PutObjectRequest::bucket>("Bucket").label(),
                              member<&PutObjectRequest::key>("Key").greedy_label(),
                              member<&PutObjectRequest::content_md5>("ContentMD5").header("Content-MD5"),
                              member<&PutObjectRequest::if_match>("IfMatch").header("If-Match"),
                              member<&PutObjectRequest::if_none_match>("IfNoneMatch").header("If-None-Match"),
                              member<&PutObjectRequest::sdk_checksum_algorithm>("ChecksumAlgorithm")
                                  .header("x-amz-sdk-checksum-algorithm"),
                              member<&PutObjectRequest::trailer>("Trailer").header("x-amz-trailer"),
                              member<&PutObjectRequest::body>("Body").payload(),
                          }));
  }
};
struct WriteOutput {  // PutObject, UploadPart
  std::string e_tag;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, server_side_encryption, sse_kms_key_id;
  std::optional<std::int64_t> size;

  static wire::Shape shape() {
    return structure("PutObjectOutput",
                     join(checksum_headers<WriteOutput, &WriteOutput::checksums>(),
                          {
                              member<&WriteOutput::e_tag>("ETag").header("ETag"),
                              member<&WriteOutput::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                              member<&WriteOutput::server_side_encryption>("ServerSideEncryption")
                                  .header("x-amz-server-side-encryption"),
                              member<&WriteOutput::sse_kms_key_id>("SSEKMSKeyId")
                                  .header("x-amz-server-side-encryption-aws-kms-key-id"),
                              member<&WriteOutput::size>("Size").header("x-amz-object-size"),
                          }));
  }
};

struct GetObjectRequest {  // and HeadObject
  std::string bucket, key;
  std::optional<std::string> if_match, if_none_match, range, version_id, checksum_mode;
  std::optional<TimePoint> if_modified_since, if_unmodified_since;
  std::optional<std::string> response_cache_control, response_content_disposition, response_content_encoding,
      response_content_language, response_content_type, response_expires;
  std::optional<int> part_number;

  static wire::Shape shape() {
    return structure(
        "GetObjectRequest",
        {
            member<&GetObjectRequest::bucket>("Bucket").label(),
            member<&GetObjectRequest::key>("Key").greedy_label(),
            member<&GetObjectRequest::if_match>("IfMatch").header("If-Match"),
            member<&GetObjectRequest::if_none_match>("IfNoneMatch").header("If-None-Match"),
            member<&GetObjectRequest::if_modified_since>("IfModifiedSince").header("If-Modified-Since"),
            member<&GetObjectRequest::if_unmodified_since>("IfUnmodifiedSince").header("If-Unmodified-Since"),
            member<&GetObjectRequest::range>("Range").header("Range"),
            member<&GetObjectRequest::version_id>("VersionId").query("versionId"),
            member<&GetObjectRequest::checksum_mode>("ChecksumMode").header("x-amz-checksum-mode"),
            member<&GetObjectRequest::part_number>("PartNumber").query("partNumber"),
            member<&GetObjectRequest::response_cache_control>("ResponseCacheControl").query("response-cache-control"),
            member<&GetObjectRequest::response_content_disposition>("ResponseContentDisposition")
                .query("response-content-disposition"),
            member<&GetObjectRequest::response_content_encoding>("ResponseContentEncoding")
                .query("response-content-encoding"),
            member<&GetObjectRequest::response_content_language>("ResponseContentLanguage")
                .query("response-content-language"),
            member<&GetObjectRequest::response_content_type>("ResponseContentType").query("response-content-type"),
            member<&GetObjectRequest::response_expires>("ResponseExpires").query("response-expires"),
        });
  }
};
struct GetObjectOutput {
  int status = 200;
  http::Body body;
  std::string accept_ranges = "bytes";
  TimePoint last_modified;
  std::string e_tag;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, cache_control, content_disposition, content_encoding, content_language,
      content_range, content_type, expires, website_redirect_location, server_side_encryption, sse_kms_key_id,
      storage_class;
  std::optional<int> parts_count, tag_count;
  std::map<std::string, std::string> metadata;
  std::optional<int> missing_meta;  // metadata that no header can hold

  static wire::Shape shape() {
    return structure(
        "GetObjectOutput",
        join(checksum_headers<GetObjectOutput, &GetObjectOutput::checksums>(),
             {
                 member<&GetObjectOutput::status>("Status").status_code(),
                 member<&GetObjectOutput::body>("Body").payload(),
                 member<&GetObjectOutput::accept_ranges>("AcceptRanges").header("accept-ranges"),
                 member<&GetObjectOutput::last_modified>("LastModified").header("Last-Modified"),
                 member<&GetObjectOutput::e_tag>("ETag").header("ETag"),
                 member<&GetObjectOutput::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                 member<&GetObjectOutput::cache_control>("CacheControl").header("Cache-Control"),
                 member<&GetObjectOutput::content_disposition>("ContentDisposition").header("Content-Disposition"),
                 member<&GetObjectOutput::content_encoding>("ContentEncoding").header("Content-Encoding"),
                 member<&GetObjectOutput::content_language>("ContentLanguage").header("Content-Language"),
                 member<&GetObjectOutput::content_range>("ContentRange").header("Content-Range"),
                 member<&GetObjectOutput::content_type>("ContentType").header("Content-Type"),
                 member<&GetObjectOutput::expires>("Expires").header("Expires"),
                 member<&GetObjectOutput::website_redirect_location>("WebsiteRedirectLocation")
                     .header("x-amz-website-redirect-location"),
                 member<&GetObjectOutput::server_side_encryption>("ServerSideEncryption")
                     .header("x-amz-server-side-encryption"),
                 member<&GetObjectOutput::sse_kms_key_id>("SSEKMSKeyId")
                     .header("x-amz-server-side-encryption-aws-kms-key-id"),
                 member<&GetObjectOutput::storage_class>("StorageClass").header("x-amz-storage-class"),
                 member<&GetObjectOutput::parts_count>("PartsCount").header("x-amz-mp-parts-count"),
                 member<&GetObjectOutput::tag_count>("TagCount").header("x-amz-tagging-count"),
                 member<&GetObjectOutput::metadata>("Metadata").header_map("x-amz-meta-"),
                 member<&GetObjectOutput::missing_meta>("MissingMeta").header("x-amz-missing-meta"),
             }));
  }
};

struct GetObjectAttributesRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;
  std::optional<int> max_parts, part_number_marker;
  std::vector<std::string> object_attributes;

  static wire::Shape shape() {
    return structure("GetObjectAttributesRequest",
                     {
                         member<&GetObjectAttributesRequest::bucket>("Bucket").label(),
                         member<&GetObjectAttributesRequest::key>("Key").greedy_label(),
                         member<&GetObjectAttributesRequest::version_id>("VersionId").query("versionId"),
                         member<&GetObjectAttributesRequest::max_parts>("MaxParts").header("x-amz-max-parts"),
                         member<&GetObjectAttributesRequest::part_number_marker>("PartNumberMarker")
                             .header("x-amz-part-number-marker"),
                         member<&GetObjectAttributesRequest::object_attributes>("ObjectAttributes")
                             .header("x-amz-object-attributes"),
                     });
  }
};
struct ChecksumElement {
  ChecksumFields checksums;
  std::optional<std::string> checksum_type;

  static wire::Shape shape() {
    return structure("Checksum", join(checksum_elements<ChecksumElement, &ChecksumElement::checksums>(),
                                      {member<&ChecksumElement::checksum_type>("ChecksumType")}));
  }
};
struct ObjectPart {
  int part_number = 0;
  std::int64_t size = 0;
  ChecksumFields checksums;

  static wire::Shape shape() {
    return structure("ObjectPart",
                     join({member<&ObjectPart::part_number>("PartNumber"), member<&ObjectPart::size>("Size")},
                          checksum_elements<ObjectPart, &ObjectPart::checksums>()));
  }
};
struct ObjectParts {
  std::optional<int> part_number_marker, next_part_number_marker, max_parts;
  std::optional<bool> is_truncated;
  int total_parts_count = 0;
  std::optional<std::vector<ObjectPart>> parts;

  static wire::Shape shape() {
    return structure("GetObjectAttributesParts",
                     {
                         member<&ObjectParts::total_parts_count>("TotalPartsCount").as("PartsCount"),
                         member<&ObjectParts::part_number_marker>("PartNumberMarker"),
                         member<&ObjectParts::next_part_number_marker>("NextPartNumberMarker"),
                         member<&ObjectParts::max_parts>("MaxParts"),
                         member<&ObjectParts::is_truncated>("IsTruncated"),
                         member<&ObjectParts::parts>("Parts").as("Part").flattened(),
                     });
  }
};
struct GetObjectAttributesOutput {
  TimePoint last_modified;
  std::optional<std::string> e_tag;
  std::optional<ChecksumElement> checksum;
  std::optional<ObjectParts> object_parts;
  std::optional<std::string> storage_class;
  std::optional<std::int64_t> object_size;

  static wire::Shape shape() {
    return structure("GetObjectAttributesResponse",
                     {
                         member<&GetObjectAttributesOutput::last_modified>("LastModified").header("Last-Modified"),
                         member<&GetObjectAttributesOutput::e_tag>("ETag"),
                         member<&GetObjectAttributesOutput::checksum>("Checksum"),
                         member<&GetObjectAttributesOutput::object_parts>("ObjectParts"),
                         member<&GetObjectAttributesOutput::storage_class>("StorageClass"),
                         member<&GetObjectAttributesOutput::object_size>("ObjectSize"),
                     });
  }
};

struct DeleteObjectRequest {
  std::string bucket, key;
  std::optional<std::string> version_id, if_match;

  static wire::Shape shape() {
    return structure("DeleteObjectRequest",
                     {
                         member<&DeleteObjectRequest::bucket>("Bucket").label(),
                         member<&DeleteObjectRequest::key>("Key").greedy_label(),
                         member<&DeleteObjectRequest::version_id>("VersionId").query("versionId"),
                         member<&DeleteObjectRequest::if_match>("IfMatch").header("If-Match"),
                     });
  }
};
struct ObjectIdentifier {
  std::string key;
  std::optional<std::string> version_id, e_tag;

  static wire::Shape shape() {
    return structure("ObjectIdentifier",
                     {member<&ObjectIdentifier::key>("Key").required(),
                      member<&ObjectIdentifier::version_id>("VersionId"), member<&ObjectIdentifier::e_tag>("ETag")});
  }
};
struct Delete {
  std::vector<ObjectIdentifier> objects;
  std::optional<bool> quiet;

  static wire::Shape shape() {
    return structure("Delete", {member<&Delete::objects>("Objects").as("Object").flattened().required(),
                                member<&Delete::quiet>("Quiet")});
  }
};
struct DeleteObjectsRequest {
  std::string bucket;
  std::optional<Delete> remove;

  static wire::Shape shape() {
    return structure("DeleteObjectsRequest", {member<&DeleteObjectsRequest::bucket>("Bucket").label(),
                                              member<&DeleteObjectsRequest::remove>("Delete").payload()});
  }
};
struct DeletedObject {
  std::string key;
  std::optional<std::string> version_id;

  static wire::Shape shape() {
    return structure("DeletedObject",
                     {member<&DeletedObject::key>("Key"), member<&DeletedObject::version_id>("VersionId")});
  }
};
struct DeleteError {
  std::string key;
  std::optional<std::string> version_id;
  std::string code, message;

  static wire::Shape shape() {
    return structure("Error", {member<&DeleteError::key>("Key"), member<&DeleteError::version_id>("VersionId"),
                               member<&DeleteError::code>("Code"), member<&DeleteError::message>("Message")});
  }
};
struct DeleteObjectsOutput {
  std::vector<DeletedObject> deleted;
  std::vector<DeleteError> errors;

  static wire::Shape shape() {
    return structure("DeleteResult", {member<&DeleteObjectsOutput::deleted>("Deleted").flattened(),
                                      member<&DeleteObjectsOutput::errors>("Errors").as("Error").flattened()});
  }
};

struct CopyConditions {
  std::optional<std::string> if_match, if_none_match;
  std::optional<TimePoint> if_modified_since, if_unmodified_since;
};

template <class Owner, CopyConditions Owner::*Conditions, auto Field, class Value>
wire::Member copy_condition(std::string_view name, std::string_view field) {
  wire::Member m;
  m.name = name;
  m.shape = [](const wire::Member&) { return &wire::shape_of<Value>(); };
  m.get = [](const wire::Member&, const void* owner) -> const void* {
    const auto& value = (static_cast<const Owner*>(owner)->*Conditions).*Field;
    return value ? &*value : nullptr;
  };
  m.emplace = [](const wire::Member&, void* owner) -> void* {
    return &((static_cast<Owner*>(owner)->*Conditions).*Field).emplace();
  };
  return std::move(m).header(field);
}
template <class T>
wire::MemberList copy_conditions() {
  using C = CopyConditions;
  return {
      copy_condition<T, &T::conditions, &C::if_match, std::string>("CopySourceIfMatch", "x-amz-copy-source-if-match"),
      copy_condition<T, &T::conditions, &C::if_none_match, std::string>("CopySourceIfNoneMatch",
                                                                        "x-amz-copy-source-if-none-match"),
      copy_condition<T, &T::conditions, &C::if_modified_since, TimePoint>("CopySourceIfModifiedSince",
                                                                          "x-amz-copy-source-if-modified-since"),
      copy_condition<T, &T::conditions, &C::if_unmodified_since, TimePoint>("CopySourceIfUnmodifiedSince",
                                                                            "x-amz-copy-source-if-unmodified-since"),
  };
}
struct CopyObjectRequest : WriteHeaders {
  std::string bucket, key, copy_source;
  CopyConditions conditions;
  std::optional<std::string> metadata_directive, tagging_directive, checksum_algorithm, if_match, if_none_match;

  static wire::Shape shape() {
    return structure(
        "CopyObjectRequest",
        join(join(write_headers(), copy_conditions<CopyObjectRequest>()),
             {
                 member<&CopyObjectRequest::bucket>("Bucket").label(),
                 member<&CopyObjectRequest::key>("Key").greedy_label(),
                 member<&CopyObjectRequest::copy_source>("CopySource").header("x-amz-copy-source"),
                 member<&CopyObjectRequest::metadata_directive>("MetadataDirective").header("x-amz-metadata-directive"),
                 member<&CopyObjectRequest::tagging_directive>("TaggingDirective").header("x-amz-tagging-directive"),
                 member<&CopyObjectRequest::checksum_algorithm>("ChecksumAlgorithm").header("x-amz-checksum-algorithm"),
                 member<&CopyObjectRequest::if_match>("IfMatch").header("If-Match"),
                 member<&CopyObjectRequest::if_none_match>("IfNoneMatch").header("If-None-Match"),
             }));
  }
};
struct CopyResult {  // CopyObjectResult, CopyPartResult
  std::string e_tag;
  TimePoint last_modified;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type;

  static wire::Shape shape() {
    return structure("CopyResult",
                     join({member<&CopyResult::e_tag>("ETag"), member<&CopyResult::last_modified>("LastModified"),
                           member<&CopyResult::checksum_type>("ChecksumType")},
                          checksum_elements<CopyResult, &CopyResult::checksums>()));
  }
};
struct CopyObjectOutput {
  CopyResult result;
  std::optional<std::string> server_side_encryption, sse_kms_key_id;

  static wire::Shape shape() {
    return structure("CopyObjectOutput",
                     {
                         member<&CopyObjectOutput::result>("CopyObjectResult").as("CopyObjectResult").payload(),
                         member<&CopyObjectOutput::server_side_encryption>("ServerSideEncryption")
                             .header("x-amz-server-side-encryption"),
                         member<&CopyObjectOutput::sse_kms_key_id>("SSEKMSKeyId")
                             .header("x-amz-server-side-encryption-aws-kms-key-id"),
                     });
  }
};

struct CommonPrefix {
  std::string prefix;

  static wire::Shape shape() { return structure("CommonPrefix", {member<&CommonPrefix::prefix>("Prefix")}); }
};
// What the three listings of objects share.
struct ListRequest {
  std::string bucket;
  std::optional<std::string> prefix, delimiter, encoding_type;
  std::optional<int> max_keys;
};

// The shared part stands first in each request and page: a pointer to the whole is a pointer to it.
inline wire::Shape list_request(std::string_view name, wire::MemberList own) {
  using T = ListRequest;
  return structure(name, join(
                             {
                                 member<&T::bucket>("Bucket").label(),
                                 member<&T::prefix>("Prefix").query("prefix"),
                                 member<&T::delimiter>("Delimiter").query("delimiter"),
                                 member<&T::encoding_type>("EncodingType").query("encoding-type"),
                                 member<&T::max_keys>("MaxKeys").query("max-keys"),
                             },
                             std::move(own)));
}
struct ListPage {
  std::string name, prefix;
  std::optional<std::string> region;  // a header, of the two listings of objects
  std::optional<std::string> delimiter, encoding_type;
  int max_keys = 1000;
  bool is_truncated = false;
  std::vector<CommonPrefix> common_prefixes;
};

// In S3's order: what the page is, how it was asked for, its entries.
inline wire::Shape list_page(std::string_view name, wire::MemberList own, wire::Member entries) {
  using T = ListPage;
  const wire::MemberList shared = {
      member<&T::max_keys>("MaxKeys"),
      member<&T::delimiter>("Delimiter"),
      member<&T::encoding_type>("EncodingType"),
      member<&T::is_truncated>("IsTruncated"),
      std::move(entries),
      member<&T::common_prefixes>("CommonPrefixes").flattened(),
  };
  const wire::MemberList head = {member<&T::region>("BucketRegion").header("x-amz-bucket-region"),
                                 member<&T::name>("Name"), member<&T::prefix>("Prefix")};
  return structure(name, join(join(head, std::move(own)), shared));
}
struct ListObjectsRequest : ListRequest {
  std::optional<std::string> marker;

  static wire::Shape shape() {
    return list_request("ListObjectsRequest", {member<&ListObjectsRequest::marker>("Marker").query("marker")});
  }
};
struct ListObjectsRequestV2 : ListRequest {
  std::optional<std::string> start_after, continuation_token;
  std::optional<bool> fetch_owner;

  static wire::Shape shape() {
    return list_request(
        "ListObjectsV2Request",
        {
            member<&ListObjectsRequestV2::start_after>("StartAfter").query("start-after"),
            member<&ListObjectsRequestV2::continuation_token>("ContinuationToken").query("continuation-token"),
            member<&ListObjectsRequestV2::fetch_owner>("FetchOwner").query("fetch-owner"),
        });
  }
};
struct ListVersionsRequest : ListRequest {
  std::optional<std::string> key_marker, version_id_marker;

  static wire::Shape shape() {
    return list_request(
        "ListObjectVersionsRequest",
        {
            member<&ListVersionsRequest::key_marker>("KeyMarker").query("key-marker"),
            member<&ListVersionsRequest::version_id_marker>("VersionIdMarker").query("version-id-marker"),
        });
  }
};
inline wire::MemberList entry_members();
struct ObjectEntry {
  std::string key;
  TimePoint last_modified;
  std::string e_tag;
  std::optional<std::vector<std::string>> checksum_algorithm;
  std::optional<std::string> checksum_type;
  std::int64_t size = 0;
  std::optional<Owner> owner;
  std::string storage_class = "STANDARD";

  static wire::Shape shape() { return structure("Object", entry_members()); }
};

// What an object and a version of one have in common. The entry stands first in the version, so that a pointer to one
// is a pointer to it.
inline wire::MemberList entry_members() {
  using T = ObjectEntry;
  return {
      member<&T::key>("Key"),
      member<&T::last_modified>("LastModified"),
      member<&T::e_tag>("ETag"),
      member<&T::checksum_algorithm>("ChecksumAlgorithm").flattened(),
      member<&T::checksum_type>("ChecksumType"),
      member<&T::size>("Size"),
      member<&T::owner>("Owner"),
      member<&T::storage_class>("StorageClass"),
  };
}
struct VersionEntry {
  ObjectEntry entry;
  std::string version_id = "null";
  bool is_latest = true;

  static wire::Shape shape() {
    // `entry` stands first: a pointer to the version is a pointer to it.
    return structure("ObjectVersion", join(entry_members(), {member<&VersionEntry::version_id>("VersionId"),
                                                             member<&VersionEntry::is_latest>("IsLatest")}));
  }
};
struct ListObjectsOutput : ListPage {
  std::string marker;
  std::optional<std::string> next_marker;
  std::vector<ObjectEntry> contents;

  static wire::Shape shape() {
    return list_page(
        "ListBucketResult",
        {member<&ListObjectsOutput::marker>("Marker"), member<&ListObjectsOutput::next_marker>("NextMarker")},
        member<&ListObjectsOutput::contents>("Contents").flattened());
  }
};
struct ListObjectsV2Output : ListPage {
  std::optional<std::string> continuation_token, next_continuation_token, start_after;
  int key_count = 0;
  std::vector<ObjectEntry> contents;

  static wire::Shape shape() {
    return list_page("ListBucketResult",
                     {member<&ListObjectsV2Output::start_after>("StartAfter"),
                      member<&ListObjectsV2Output::continuation_token>("ContinuationToken"),
                      member<&ListObjectsV2Output::next_continuation_token>("NextContinuationToken"),
                      member<&ListObjectsV2Output::key_count>("KeyCount")},
                     member<&ListObjectsV2Output::contents>("Contents").flattened());
  }
};
struct ListObjectVersionsOutput : ListPage {
  std::string key_marker, version_id_marker;
  std::optional<std::string> next_key_marker, next_version_id_marker;
  std::vector<VersionEntry> versions;

  static wire::Shape shape() {
    return list_page("ListVersionsResult",
                     {member<&ListObjectVersionsOutput::key_marker>("KeyMarker"),
                      member<&ListObjectVersionsOutput::version_id_marker>("VersionIdMarker"),
                      member<&ListObjectVersionsOutput::next_key_marker>("NextKeyMarker"),
                      member<&ListObjectVersionsOutput::next_version_id_marker>("NextVersionIdMarker")},
                     member<&ListObjectVersionsOutput::versions>("Versions").as("Version").flattened());
  }
};

struct CreateMultipartUploadRequest : WriteHeaders {
  std::string bucket, key;
  std::optional<std::string> checksum_algorithm, checksum_type;

  static wire::Shape shape() {
    return structure(
        "CreateMultipartUploadRequest",
        join(write_headers(),
             {
                 member<&CreateMultipartUploadRequest::bucket>("Bucket").label(),
                 member<&CreateMultipartUploadRequest::key>("Key").greedy_label(),
                 member<&CreateMultipartUploadRequest::checksum_algorithm>("ChecksumAlgorithm")
                     .header("x-amz-checksum-algorithm"),
                 member<&CreateMultipartUploadRequest::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
             }));
  }
};
struct CreateMultipartUploadOutput {
  std::string bucket, key, upload_id;
  std::optional<std::string> checksum_algorithm, checksum_type, server_side_encryption, sse_kms_key_id;

  static wire::Shape shape() {
    return structure(
        "InitiateMultipartUploadResult",
        {
            member<&CreateMultipartUploadOutput::bucket>("Bucket"),
            member<&CreateMultipartUploadOutput::key>("Key"),
            member<&CreateMultipartUploadOutput::upload_id>("UploadId"),
            member<&CreateMultipartUploadOutput::checksum_algorithm>("ChecksumAlgorithm")
                .header("x-amz-checksum-algorithm"),
            member<&CreateMultipartUploadOutput::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
            member<&CreateMultipartUploadOutput::server_side_encryption>("ServerSideEncryption")
                .header("x-amz-server-side-encryption"),
            member<&CreateMultipartUploadOutput::sse_kms_key_id>("SSEKMSKeyId")
                .header("x-amz-server-side-encryption-aws-kms-key-id"),
        });
  }
};
struct UploadPartRequest {
  std::string bucket, key, upload_id;
  std::optional<int> part_number;
  std::optional<std::string> content_md5, sdk_checksum_algorithm, trailer;
  ChecksumFields checksums;
  wire::InputStream body;

  static wire::Shape shape() {
    return structure("UploadPartRequest",
                     join(checksum_headers<UploadPartRequest, &UploadPartRequest::checksums>(),
                          {
                              member<&UploadPartRequest::bucket>("Bucket").label(),
                              member<&UploadPartRequest::key>("Key").greedy_label(),
                              member<&UploadPartRequest::upload_id>("UploadId").query("uploadId"),
                              member<&UploadPartRequest::part_number>("PartNumber").query("partNumber"),
                              member<&UploadPartRequest::content_md5>("ContentMD5").header("Content-MD5"),
                              member<&UploadPartRequest::sdk_checksum_algorithm>("ChecksumAlgorithm")
                                  .header("x-amz-sdk-checksum-algorithm"),
                              member<&UploadPartRequest::trailer>("Trailer").header("x-amz-trailer"),
                              member<&UploadPartRequest::body>("Body").payload(),
                          }));
  }
};
struct UploadPartCopyRequest {
  std::string bucket, key, upload_id, copy_source;
  std::optional<int> part_number;
  std::optional<std::string> range;
  CopyConditions conditions;

  static wire::Shape shape() {
    return structure(
        "UploadPartCopyRequest",
        join(copy_conditions<UploadPartCopyRequest>(),
             {
                 member<&UploadPartCopyRequest::bucket>("Bucket").label(),
                 member<&UploadPartCopyRequest::key>("Key").greedy_label(),
                 member<&UploadPartCopyRequest::upload_id>("UploadId").query("uploadId"),
                 member<&UploadPartCopyRequest::part_number>("PartNumber").query("partNumber"),
                 member<&UploadPartCopyRequest::copy_source>("CopySource").header("x-amz-copy-source"),
                 member<&UploadPartCopyRequest::range>("CopySourceRange").header("x-amz-copy-source-range"),
             }));
  }
};
struct UploadPartCopyOutput {
  CopyResult result;
  std::optional<std::string> server_side_encryption;

  static wire::Shape shape() {
    return structure("UploadPartCopyOutput",
                     {
                         member<&UploadPartCopyOutput::result>("CopyPartResult").as("CopyPartResult").payload(),
                         member<&UploadPartCopyOutput::server_side_encryption>("ServerSideEncryption")
                             .header("x-amz-server-side-encryption"),
                     });
  }
};
struct CompletedPart {
  int part_number = 0;
  std::string e_tag;
  ChecksumFields checksums;

  static wire::Shape shape() {
    return structure("CompletedPart", join({member<&CompletedPart::part_number>("PartNumber").required(),
                                            member<&CompletedPart::e_tag>("ETag").required()},
                                           checksum_elements<CompletedPart, &CompletedPart::checksums>()));
  }
};
struct CompletedMultipartUpload {
  std::vector<CompletedPart> parts;

  static wire::Shape shape() {
    return structure("CompletedMultipartUpload",
                     {member<&CompletedMultipartUpload::parts>("Parts").as("Part").flattened().required()});
  }
};
struct CompleteMultipartUploadRequest {
  std::string bucket, key, upload_id;
  std::optional<CompletedMultipartUpload> upload;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, if_match, if_none_match;
  std::optional<std::int64_t> object_size;

  static wire::Shape shape() {
    return structure(
        "CompleteMultipartUploadRequest",
        join(checksum_headers<CompleteMultipartUploadRequest, &CompleteMultipartUploadRequest::checksums>(),
             {
                 member<&CompleteMultipartUploadRequest::bucket>("Bucket").label(),
                 member<&CompleteMultipartUploadRequest::key>("Key").greedy_label(),
                 member<&CompleteMultipartUploadRequest::upload_id>("UploadId").query("uploadId"),
                 member<&CompleteMultipartUploadRequest::upload>("MultipartUpload").payload(),
                 member<&CompleteMultipartUploadRequest::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                 member<&CompleteMultipartUploadRequest::if_match>("IfMatch").header("If-Match"),
                 member<&CompleteMultipartUploadRequest::if_none_match>("IfNoneMatch").header("If-None-Match"),
                 member<&CompleteMultipartUploadRequest::object_size>("MpuObjectSize").header("x-amz-mp-object-size"),
             }));
  }
};
struct CompleteMultipartUploadOutput {
  std::string location, bucket, key, e_tag;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, server_side_encryption, sse_kms_key_id;

  static wire::Shape shape() {
    return structure("CompleteMultipartUploadResult",
                     join(checksum_elements<CompleteMultipartUploadOutput, &CompleteMultipartUploadOutput::checksums>(),
                          {
                              member<&CompleteMultipartUploadOutput::location>("Location"),
                              member<&CompleteMultipartUploadOutput::bucket>("Bucket"),
                              member<&CompleteMultipartUploadOutput::key>("Key"),
                              member<&CompleteMultipartUploadOutput::e_tag>("ETag"),
                              member<&CompleteMultipartUploadOutput::checksum_type>("ChecksumType"),
                              member<&CompleteMultipartUploadOutput::server_side_encryption>("ServerSideEncryption")
                                  .header("x-amz-server-side-encryption"),
                              member<&CompleteMultipartUploadOutput::sse_kms_key_id>("SSEKMSKeyId")
                                  .header("x-amz-server-side-encryption-aws-kms-key-id"),
                          }));
  }
};
struct UploadRequest {  // AbortMultipartUpload
  std::string bucket, key, upload_id;

  static wire::Shape shape() {
    return structure("AbortMultipartUploadRequest", {
                                                        member<&UploadRequest::bucket>("Bucket").label(),
                                                        member<&UploadRequest::key>("Key").greedy_label(),
                                                        member<&UploadRequest::upload_id>("UploadId").query("uploadId"),
                                                    });
  }
};
struct ListPartsRequest {
  std::string bucket, key, upload_id;
  std::optional<int> max_parts, part_number_marker;
  std::optional<std::string> encoding_type;

  static wire::Shape shape() {
    return structure("ListPartsRequest",
                     {
                         member<&ListPartsRequest::bucket>("Bucket").label(),
                         member<&ListPartsRequest::key>("Key").greedy_label(),
                         member<&ListPartsRequest::upload_id>("UploadId").query("uploadId"),
                         member<&ListPartsRequest::max_parts>("MaxParts").query("max-parts"),
                         member<&ListPartsRequest::part_number_marker>("PartNumberMarker").query("part-number-marker"),
                         member<&ListPartsRequest::encoding_type>("EncodingType").query("encoding-type"),
                     });
  }
};
struct Part {
  int part_number = 0;
  TimePoint last_modified;
  std::string e_tag;
  std::int64_t size = 0;
  ChecksumFields checksums;

  static wire::Shape shape() {
    return structure("Part",
                     join({member<&Part::part_number>("PartNumber"), member<&Part::last_modified>("LastModified"),
                           member<&Part::e_tag>("ETag"), member<&Part::size>("Size")},
                          checksum_elements<Part, &Part::checksums>()));
  }
};
struct ListPartsOutput {
  std::string bucket, key, upload_id;
  int part_number_marker = 0;
  std::optional<int> next_part_number_marker;
  int max_parts = 1000;
  bool is_truncated = false;
  std::vector<Part> parts;
  Owner initiator, owner;
  std::string storage_class = "STANDARD";
  std::optional<std::string> checksum_algorithm, checksum_type;

  static wire::Shape shape() {
    return structure("ListPartsResult", {
                                            member<&ListPartsOutput::bucket>("Bucket"),
                                            member<&ListPartsOutput::key>("Key"),
                                            member<&ListPartsOutput::upload_id>("UploadId"),
                                            member<&ListPartsOutput::part_number_marker>("PartNumberMarker"),
                                            member<&ListPartsOutput::next_part_number_marker>("NextPartNumberMarker"),
                                            member<&ListPartsOutput::max_parts>("MaxParts"),
                                            member<&ListPartsOutput::is_truncated>("IsTruncated"),
                                            member<&ListPartsOutput::parts>("Parts").as("Part").flattened(),
                                            member<&ListPartsOutput::initiator>("Initiator"),
                                            member<&ListPartsOutput::owner>("Owner"),
                                            member<&ListPartsOutput::storage_class>("StorageClass"),
                                            member<&ListPartsOutput::checksum_algorithm>("ChecksumAlgorithm"),
                                            member<&ListPartsOutput::checksum_type>("ChecksumType"),
                                        });
  }
};
struct ListMultipartUploadsRequest {
  std::string bucket;
  std::optional<std::string> prefix, delimiter, encoding_type, key_marker, upload_id_marker;
  std::optional<int> max_uploads;

  static wire::Shape shape() {
    return structure(
        "ListMultipartUploadsRequest",
        {
            member<&ListMultipartUploadsRequest::bucket>("Bucket").label(),
            member<&ListMultipartUploadsRequest::prefix>("Prefix").query("prefix"),
            member<&ListMultipartUploadsRequest::delimiter>("Delimiter").query("delimiter"),
            member<&ListMultipartUploadsRequest::encoding_type>("EncodingType").query("encoding-type"),
            member<&ListMultipartUploadsRequest::key_marker>("KeyMarker").query("key-marker"),
            member<&ListMultipartUploadsRequest::upload_id_marker>("UploadIdMarker").query("upload-id-marker"),
            member<&ListMultipartUploadsRequest::max_uploads>("MaxUploads").query("max-uploads"),
        });
  }
};
struct UploadEntry {
  std::string upload_id, key;
  TimePoint initiated;
  std::string storage_class = "STANDARD";
  Owner owner, initiator;
  std::optional<std::string> checksum_algorithm, checksum_type;

  static wire::Shape shape() {
    return structure("MultipartUpload", {
                                            member<&UploadEntry::upload_id>("UploadId"),
                                            member<&UploadEntry::key>("Key"),
                                            member<&UploadEntry::initiated>("Initiated"),
                                            member<&UploadEntry::storage_class>("StorageClass"),
                                            member<&UploadEntry::owner>("Owner"),
                                            member<&UploadEntry::initiator>("Initiator"),
                                            member<&UploadEntry::checksum_algorithm>("ChecksumAlgorithm"),
                                            member<&UploadEntry::checksum_type>("ChecksumType"),
                                        });
  }
};
struct ListMultipartUploadsOutput {
  std::string bucket, key_marker, upload_id_marker;
  std::optional<std::string> next_key_marker, next_upload_id_marker, prefix, delimiter, encoding_type;
  int max_uploads = 1000;
  bool is_truncated = false;
  std::vector<UploadEntry> uploads;
  std::vector<CommonPrefix> common_prefixes;

  static wire::Shape shape() {
    return structure("ListMultipartUploadsResult",
                     {
                         member<&ListMultipartUploadsOutput::bucket>("Bucket"),
                         member<&ListMultipartUploadsOutput::key_marker>("KeyMarker"),
                         member<&ListMultipartUploadsOutput::upload_id_marker>("UploadIdMarker"),
                         member<&ListMultipartUploadsOutput::next_key_marker>("NextKeyMarker"),
                         member<&ListMultipartUploadsOutput::next_upload_id_marker>("NextUploadIdMarker"),
                         member<&ListMultipartUploadsOutput::prefix>("Prefix"),
                         member<&ListMultipartUploadsOutput::delimiter>("Delimiter"),
                         member<&ListMultipartUploadsOutput::encoding_type>("EncodingType"),
                         member<&ListMultipartUploadsOutput::max_uploads>("MaxUploads"),
                         member<&ListMultipartUploadsOutput::is_truncated>("IsTruncated"),
                         member<&ListMultipartUploadsOutput::uploads>("Uploads").as("Upload").flattened(),
                         member<&ListMultipartUploadsOutput::common_prefixes>("CommonPrefixes").flattened(),
                     });
  }
};

struct Tag {
  std::string key, value;

  static wire::Shape shape() {
    return structure("Tag", {member<&Tag::key>("Key").required(), member<&Tag::value>("Value").required()});
  }
};
struct TagSet {
  std::vector<Tag> tags;

  static wire::Shape shape() {
    return structure("Tagging", {member<&TagSet::tags>("TagSet").entries("Tag").required()});
  }
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
