#include "services/s3/documents.hpp"
#include "services/s3/protocol.hpp"
#include "services/s3/service.hpp"

namespace cumulet::s3 {
namespace {

using Rows = std::vector<wire::Operation>;
using wire::operation;

template <const DocumentKind& Kind>
void add_document(Rows& rows, S3& s3, std::string_view get, std::string_view put, std::string_view remove,
                  std::string_view uri) {
  rows.push_back(operation(get, s3, &S3::get_document<Kind>).at("GET", uri));
  rows.push_back(operation(put, s3, &S3::put_document<Kind>).at("PUT", uri, Kind.root.empty() ? 204 : 200));
  if (!remove.empty()) rows.push_back(operation(remove, s3, &S3::delete_document<Kind>).at("DELETE", uri, 204));
}

void add_buckets(Rows& rows, S3& s3) {
  rows.push_back(operation("ListBuckets", s3, &S3::list_buckets).at("GET", "/"));
  rows.push_back(operation("CreateBucket", s3, &S3::create_bucket).at("PUT", "/{Bucket}"));
  rows.push_back(operation("DeleteBucket", s3, &S3::delete_bucket).at("DELETE", "/{Bucket}", 204));
  rows.push_back(operation("HeadBucket", s3, &S3::head_bucket).at("HEAD", "/{Bucket}"));
  rows.push_back(operation("GetBucketLocation", s3, &S3::get_bucket_location).at("GET", "/{Bucket}?location"));
  rows.push_back(operation("GetBucketVersioning", s3, &S3::get_bucket_versioning).at("GET", "/{Bucket}?versioning"));
  rows.push_back(operation("PutBucketVersioning", s3, &S3::put_bucket_versioning).at("PUT", "/{Bucket}?versioning"));
  rows.push_back(
      operation("GetBucketNotificationConfiguration", s3, &S3::get_notifications).at("GET", "/{Bucket}?notification"));
  rows.push_back(
      operation("PutBucketNotificationConfiguration", s3, &S3::put_notifications).at("PUT", "/{Bucket}?notification"));
  rows.push_back(operation("GetBucketAcl", s3, &S3::get_bucket_acl).at("GET", "/{Bucket}?acl"));
  rows.push_back(operation("PutBucketAcl", s3, &S3::put_acl).at("PUT", "/{Bucket}?acl"));
  rows.push_back(operation("GetBucketTagging", s3, &S3::get_bucket_tagging).at("GET", "/{Bucket}?tagging"));
  rows.push_back(operation("PutBucketTagging", s3, &S3::put_bucket_tagging).at("PUT", "/{Bucket}?tagging", 204));
  rows.push_back(
      operation("DeleteBucketTagging", s3, &S3::delete_bucket_tagging).at("DELETE", "/{Bucket}?tagging", 204));
  rows.push_back(operation("GetBucketPolicyStatus", s3, &S3::get_policy_status).at("GET", "/{Bucket}?policyStatus"));
  add_document<kPolicy>(rows, s3, "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "/{Bucket}?policy");
  add_document<kCors>(rows, s3, "GetBucketCors", "PutBucketCors", "DeleteBucketCors", "/{Bucket}?cors");
  add_document<kEncryption>(rows, s3, "GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption",
                            "/{Bucket}?encryption");
  add_document<kPublicAccessBlock>(rows, s3, "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock",
                                   "/{Bucket}?publicAccessBlock");
  add_document<kOwnershipControls>(rows, s3, "GetBucketOwnershipControls", "PutBucketOwnershipControls",
                                   "DeleteBucketOwnershipControls", "/{Bucket}?ownershipControls");
  // Nothing here acts on these yet: what is there can be read (nothing), and putting one is refused by name.
  rows.push_back(
      operation("GetBucketLifecycleConfiguration", s3, &S3::get_document<kLifecycle>).at("GET", "/{Bucket}?lifecycle"));
  rows.push_back(operation("GetBucketWebsite", s3, &S3::get_document<kWebsite>).at("GET", "/{Bucket}?website"));
  rows.push_back(
      operation("GetBucketReplication", s3, &S3::get_document<kReplication>).at("GET", "/{Bucket}?replication"));
  rows.push_back(
      operation("GetObjectLockConfiguration", s3, &S3::get_document<kObjectLock>).at("GET", "/{Bucket}?object-lock"));
  rows.push_back(operation("GetBucketLogging", s3, &S3::get_document<kLogging>).at("GET", "/{Bucket}?logging"));
  rows.push_back(operation("GetBucketRequestPayment", s3, &S3::get_document<kRequestPayment>)
                     .at("GET", "/{Bucket}?requestPayment"));
  rows.push_back(operation("GetBucketAccelerateConfiguration", s3, &S3::get_document<kAccelerate>)
                     .at("GET", "/{Bucket}?accelerate"));
}

void add_objects(Rows& rows, S3& s3) {
  rows.push_back(operation("PutObject", s3, &S3::put_object).at("PUT", "/{Bucket}/{Key+}"));
  rows.push_back(
      operation("CopyObject", s3, &S3::copy_object).at("PUT", "/{Bucket}/{Key+}").when_header("x-amz-copy-source"));
  rows.push_back(operation("GetObject", s3, &S3::get_object).at("GET", "/{Bucket}/{Key+}"));
  rows.push_back(operation("HeadObject", s3, &S3::head_object).at("HEAD", "/{Bucket}/{Key+}"));
  rows.push_back(operation("DeleteObject", s3, &S3::delete_object).at("DELETE", "/{Bucket}/{Key+}", 204));
  rows.push_back(operation("DeleteObjects", s3, &S3::delete_objects).at("POST", "/{Bucket}?delete"));
  rows.push_back(
      operation("GetObjectAttributes", s3, &S3::get_object_attributes).at("GET", "/{Bucket}/{Key+}?attributes"));
  rows.push_back(operation("GetObjectAcl", s3, &S3::get_object_acl).at("GET", "/{Bucket}/{Key+}?acl"));
  rows.push_back(operation("PutObjectAcl", s3, &S3::put_acl).at("PUT", "/{Bucket}/{Key+}?acl"));
  rows.push_back(operation("GetObjectTagging", s3, &S3::get_object_tagging).at("GET", "/{Bucket}/{Key+}?tagging"));
  rows.push_back(operation("PutObjectTagging", s3, &S3::put_object_tagging).at("PUT", "/{Bucket}/{Key+}?tagging"));
  rows.push_back(
      operation("DeleteObjectTagging", s3, &S3::delete_object_tagging).at("DELETE", "/{Bucket}/{Key+}?tagging", 204));
  rows.push_back(operation("ListObjects", s3, &S3::list_objects).at("GET", "/{Bucket}"));
  rows.push_back(operation("ListObjectsV2", s3, &S3::list_objects_v2).at("GET", "/{Bucket}?list-type=2"));
  rows.push_back(operation("ListObjectVersions", s3, &S3::list_object_versions).at("GET", "/{Bucket}?versions"));
}

void add_uploads(Rows& rows, S3& s3) {
  rows.push_back(
      operation("CreateMultipartUpload", s3, &S3::create_multipart_upload).at("POST", "/{Bucket}/{Key+}?uploads"));
  rows.push_back(operation("UploadPart", s3, &S3::upload_part).at("PUT", "/{Bucket}/{Key+}?partNumber&uploadId"));
  rows.push_back(operation("UploadPartCopy", s3, &S3::upload_part_copy)
                     .at("PUT", "/{Bucket}/{Key+}?partNumber&uploadId")
                     .when_header("x-amz-copy-source"));
  rows.push_back(
      operation("CompleteMultipartUpload", s3, &S3::complete_multipart_upload).at("POST", "/{Bucket}/{Key+}?uploadId"));
  rows.push_back(operation("AbortMultipartUpload", s3, &S3::abort_multipart_upload)
                     .at("DELETE", "/{Bucket}/{Key+}?uploadId", 204));
  rows.push_back(operation("ListParts", s3, &S3::list_parts).at("GET", "/{Bucket}/{Key+}?uploadId"));
  rows.push_back(operation("ListMultipartUploads", s3, &S3::list_multipart_uploads).at("GET", "/{Bucket}?uploads"));
}

}  // namespace

wire::ServiceDescriptor describe(S3& s3) {
  wire::ServiceDescriptor service;
  service.name = "s3";
  service.signing_names = {"s3-object-lambda", "s3express"};
  service.api_version = "2006-03-01";
  service.xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  service.protocols = {wire::Protocol::rest_xml};
  describe_protocol(service);
  service.page_rules = [&s3](const http::RequestHead& head, std::string_view raw_path, std::string_view origin) {
    return s3.page_rules(head, raw_path, origin);
  };
  add_buckets(service.operations, s3);
  add_objects(service.operations, s3);
  add_uploads(service.operations, s3);
  for (wire::Operation& one : service.operations)
    if (one.method == "GET" || one.method == "HEAD") one.is_brief = true;  // 1,000 rows at most
  return service;
}

}  // namespace cumulet::s3
