#pragma once
#include "services/s3/model_shared.hpp"

// Shapes of operations on objects.
namespace cumulet::s3 {

using wire::join;
using wire::member;
using wire::structure;

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
  std::optional<std::string> last_modified_time, size;  // conditions of directory buckets

  static wire::Shape shape() {
    return structure(
        "ObjectIdentifier",
        {member<&ObjectIdentifier::key>("Key").required(), member<&ObjectIdentifier::version_id>("VersionId"),
         member<&ObjectIdentifier::e_tag>("ETag"), member<&ObjectIdentifier::last_modified_time>("LastModifiedTime"),
         member<&ObjectIdentifier::size>("Size")});
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

}  // namespace cumulet::s3
