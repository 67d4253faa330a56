#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"
#include "services/s3/model_notification.hpp"

// Shapes of Amazon S3, API version 2006-03-01. Their descriptions (locations, XML names) are in describe*.hpp.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
namespace cumulet::s3 {

// x-amz-checksum-*: base64, for COMPOSITE with "-N" behind.
struct ChecksumFields {
  std::optional<std::string> crc32, crc32c, crc64nvme, sha1, sha256;
};

// Headers that PutObject, CopyObject and CreateMultipartUpload share: what is stored with the object.
struct WriteHeaders {
  std::optional<std::string> acl, cache_control, content_disposition, content_encoding, content_language, content_type,
      expires;
  std::optional<std::string> storage_class, website_redirect_location, tagging, server_side_encryption, sse_kms_key_id;
  std::optional<std::string> sse_customer_algorithm;
  std::map<std::string, std::string> metadata;  // names in lower case, without x-amz-meta-
};

struct Owner {
  std::string display_name, id;
};

struct BucketRequest {
  std::string bucket;
};
struct CreateBucketConfiguration {
  std::optional<std::string> location_constraint;
};
struct CreateBucketRequest {
  std::string bucket;
  std::optional<std::string> acl;
  std::optional<bool> object_lock_enabled;
  std::optional<CreateBucketConfiguration> configuration;
};
struct CreateBucketOutput {
  std::string location;
};
struct HeadBucketOutput {
  std::string region;
  std::string access_point_alias = "false";
  std::string content_type;  // of a body that there is not: S3 sends it
};
struct BucketEntry {
  std::string name;
  TimePoint creation_date;
  std::optional<std::string> bucket_region;
};
struct ListBucketsRequest {
  std::optional<std::string> prefix, continuation_token, bucket_region;
  std::optional<int> max_buckets;
};
struct ListBucketsOutput {
  Owner owner;
  std::vector<BucketEntry> buckets;
  std::optional<std::string> prefix, continuation_token;
};
// An XML document written as it stands (GetBucketLocation's root holds text; configurations are given back as stored).
struct XmlOutput {
  std::string content_type = "application/xml";
  std::string text;
};
struct PutDocumentRequest {
  std::string bucket;
  std::string text;
};
struct VersioningConfiguration {
  std::optional<std::string> status, mfa_delete;
};
struct PutVersioningRequest {
  std::string bucket;
  std::optional<VersioningConfiguration> configuration;
};
struct PutAclRequest {
  std::string bucket, key;
  std::optional<std::string> acl;
  std::optional<std::string> text;
};

struct ObjectRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;
};

struct PutObjectRequest : WriteHeaders {
  std::string bucket, key;
  std::optional<std::string> content_md5, if_match, if_none_match, sdk_checksum_algorithm, trailer;
  ChecksumFields checksums;
  wire::InputStream body;
};
struct WriteOutput {  // PutObject, UploadPart
  std::string e_tag;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, server_side_encryption, sse_kms_key_id;
  std::optional<std::int64_t> size;
};

struct GetObjectRequest {  // and HeadObject
  std::string bucket, key;
  std::optional<std::string> if_match, if_none_match, range, version_id, checksum_mode;
  std::optional<TimePoint> if_modified_since, if_unmodified_since;
  std::optional<std::string> response_cache_control, response_content_disposition, response_content_encoding,
      response_content_language, response_content_type, response_expires;
  std::optional<int> part_number;
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
};

struct GetObjectAttributesRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;
  std::optional<int> max_parts, part_number_marker;
  std::vector<std::string> object_attributes;
};
struct ChecksumElement {
  ChecksumFields checksums;
  std::optional<std::string> checksum_type;
};
struct ObjectPart {
  int part_number = 0;
  std::int64_t size = 0;
  ChecksumFields checksums;
};
struct ObjectParts {
  std::optional<int> part_number_marker, next_part_number_marker, max_parts;
  std::optional<bool> is_truncated;
  int total_parts_count = 0;
  std::optional<std::vector<ObjectPart>> parts;
};
struct GetObjectAttributesOutput {
  TimePoint last_modified;
  std::optional<std::string> e_tag;
  std::optional<ChecksumElement> checksum;
  std::optional<ObjectParts> object_parts;
  std::optional<std::string> storage_class;
  std::optional<std::int64_t> object_size;
};

struct DeleteObjectRequest {
  std::string bucket, key;
  std::optional<std::string> version_id, if_match;
};
struct ObjectIdentifier {
  std::string key;
  std::optional<std::string> version_id, e_tag;
};
struct Delete {
  std::vector<ObjectIdentifier> objects;
  std::optional<bool> quiet;
};
struct DeleteObjectsRequest {
  std::string bucket;
  std::optional<Delete> remove;
};
struct DeletedObject {
  std::string key;
  std::optional<std::string> version_id;
};
struct DeleteError {
  std::string key;
  std::optional<std::string> version_id;
  std::string code, message;
};
struct DeleteObjectsOutput {
  std::vector<DeletedObject> deleted;
  std::vector<DeleteError> errors;
};

struct CopyConditions {
  std::optional<std::string> if_match, if_none_match;
  std::optional<TimePoint> if_modified_since, if_unmodified_since;
};
struct CopyObjectRequest : WriteHeaders {
  std::string bucket, key, copy_source;
  CopyConditions conditions;
  std::optional<std::string> metadata_directive, tagging_directive, checksum_algorithm, if_match, if_none_match;
};
struct CopyResult {  // CopyObjectResult, CopyPartResult
  std::string e_tag;
  TimePoint last_modified;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type;
};
struct CopyObjectOutput {
  CopyResult result;
  std::optional<std::string> server_side_encryption, sse_kms_key_id;
};

struct CommonPrefix {
  std::string prefix;
};
// What the three listings of objects share.
struct ListRequest {
  std::string bucket;
  std::optional<std::string> prefix, delimiter, encoding_type;
  std::optional<int> max_keys;
};
struct ListPage {
  std::string name, prefix;
  std::optional<std::string> region;  // a header, of the two listings of objects
  std::optional<std::string> delimiter, encoding_type;
  int max_keys = 1000;
  bool is_truncated = false;
  std::vector<CommonPrefix> common_prefixes;
};
struct ListObjectsRequest : ListRequest {
  std::optional<std::string> marker;
};
struct ListObjectsRequestV2 : ListRequest {
  std::optional<std::string> start_after, continuation_token;
  std::optional<bool> fetch_owner;
};
struct ListVersionsRequest : ListRequest {
  std::optional<std::string> key_marker, version_id_marker;
};
struct ObjectEntry {
  std::string key;
  TimePoint last_modified;
  std::string e_tag;
  std::optional<std::vector<std::string>> checksum_algorithm;
  std::optional<std::string> checksum_type;
  std::int64_t size = 0;
  std::optional<Owner> owner;
  std::string storage_class = "STANDARD";
};
struct VersionEntry {
  ObjectEntry entry;
  std::string version_id = "null";
  bool is_latest = true;
};
struct ListObjectsOutput : ListPage {
  std::string marker;
  std::optional<std::string> next_marker;
  std::vector<ObjectEntry> contents;
};
struct ListObjectsV2Output : ListPage {
  std::optional<std::string> continuation_token, next_continuation_token, start_after;
  int key_count = 0;
  std::vector<ObjectEntry> contents;
};
struct ListObjectVersionsOutput : ListPage {
  std::string key_marker, version_id_marker;
  std::optional<std::string> next_key_marker, next_version_id_marker;
  std::vector<VersionEntry> versions;
};

struct CreateMultipartUploadRequest : WriteHeaders {
  std::string bucket, key;
  std::optional<std::string> checksum_algorithm, checksum_type;
};
struct CreateMultipartUploadOutput {
  std::string bucket, key, upload_id;
  std::optional<std::string> checksum_algorithm, checksum_type, server_side_encryption, sse_kms_key_id;
};
struct UploadPartRequest {
  std::string bucket, key, upload_id;
  std::optional<int> part_number;
  std::optional<std::string> content_md5, sdk_checksum_algorithm, trailer;
  ChecksumFields checksums;
  wire::InputStream body;
};
struct UploadPartCopyRequest {
  std::string bucket, key, upload_id, copy_source;
  std::optional<int> part_number;
  std::optional<std::string> range;
  CopyConditions conditions;
};
struct UploadPartCopyOutput {
  CopyResult result;
  std::optional<std::string> server_side_encryption;
};
struct CompletedPart {
  int part_number = 0;
  std::string e_tag;
  ChecksumFields checksums;
};
struct CompletedMultipartUpload {
  std::vector<CompletedPart> parts;
};
struct CompleteMultipartUploadRequest {
  std::string bucket, key, upload_id;
  std::optional<CompletedMultipartUpload> upload;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, if_match, if_none_match;
  std::optional<std::int64_t> object_size;
};
struct CompleteMultipartUploadOutput {
  std::string location, bucket, key, e_tag;
  ChecksumFields checksums;
  std::optional<std::string> checksum_type, server_side_encryption, sse_kms_key_id;
};
struct UploadRequest {  // AbortMultipartUpload
  std::string bucket, key, upload_id;
};
struct ListPartsRequest {
  std::string bucket, key, upload_id;
  std::optional<int> max_parts, part_number_marker;
  std::optional<std::string> encoding_type;
};
struct Part {
  int part_number = 0;
  TimePoint last_modified;
  std::string e_tag;
  std::int64_t size = 0;
  ChecksumFields checksums;
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
};
struct ListMultipartUploadsRequest {
  std::string bucket;
  std::optional<std::string> prefix, delimiter, encoding_type, key_marker, upload_id_marker;
  std::optional<int> max_uploads;
};
struct UploadEntry {
  std::string upload_id, key;
  TimePoint initiated;
  std::string storage_class = "STANDARD";
  Owner owner, initiator;
  std::optional<std::string> checksum_algorithm, checksum_type;
};
struct ListMultipartUploadsOutput {
  std::string bucket, key_marker, upload_id_marker;
  std::optional<std::string> next_key_marker, next_upload_id_marker, prefix, delimiter, encoding_type;
  int max_uploads = 1000;
  bool is_truncated = false;
  std::vector<UploadEntry> uploads;
  std::vector<CommonPrefix> common_prefixes;
};

struct Tag {
  std::string key, value;
};
struct TagSet {
  std::vector<Tag> tags;
};
struct PutTaggingRequest {
  std::string bucket, key;
  std::optional<std::string> version_id;
  std::optional<TagSet> tagging;
};

struct NotificationRequest {
  std::string bucket;
  std::optional<NotificationConfiguration> configuration;
  std::optional<bool> skip_destination_validation;
};

}  // namespace cumulet::s3
