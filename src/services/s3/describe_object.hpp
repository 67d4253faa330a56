#pragma once
#include "services/s3/describe_common.hpp"

// Descriptions of the shapes of object operations.
namespace cumulet::wire {

template <>
struct Describe<s3::ObjectRequest> {
  static Shape shape() {
    using T = s3::ObjectRequest;
    return structure("ObjectRequest", {
                                          member<&T::bucket>("Bucket").label(),
                                          member<&T::key>("Key").greedy_label(),
                                          member<&T::version_id>("VersionId").query("versionId"),
                                      });
  }
};
template <>
struct Describe<s3::PutObjectRequest> {
  static Shape shape() {
    using T = s3::PutObjectRequest;
    return structure(
        "PutObjectRequest",
        s3::join(s3::join(s3::write_headers(), s3::checksum_headers<T, &T::checksums>()),
                 {
                     member<&T::bucket>("Bucket").label(),
                     member<&T::key>("Key").greedy_label(),
                     member<&T::content_md5>("ContentMD5").header("Content-MD5"),
                     member<&T::if_match>("IfMatch").header("If-Match"),
                     member<&T::if_none_match>("IfNoneMatch").header("If-None-Match"),
                     member<&T::sdk_checksum_algorithm>("ChecksumAlgorithm").header("x-amz-sdk-checksum-algorithm"),
                     member<&T::trailer>("Trailer").header("x-amz-trailer"),
                     member<&T::body>("Body").payload(),
                 }));
  }
};
template <>
struct Describe<s3::WriteOutput> {
  static Shape shape() {
    using T = s3::WriteOutput;
    return structure(
        "PutObjectOutput",
        s3::join(s3::checksum_headers<T, &T::checksums>(),
                 {
                     member<&T::e_tag>("ETag").header("ETag"),
                     member<&T::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                     member<&T::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
                     member<&T::sse_kms_key_id>("SSEKMSKeyId").header("x-amz-server-side-encryption-aws-kms-key-id"),
                     member<&T::size>("Size").header("x-amz-object-size"),
                 }));
  }
};
template <>
struct Describe<s3::GetObjectRequest> {
  static Shape shape() {
    using T = s3::GetObjectRequest;
    return structure(
        "GetObjectRequest",
        {
            member<&T::bucket>("Bucket").label(),
            member<&T::key>("Key").greedy_label(),
            member<&T::if_match>("IfMatch").header("If-Match"),
            member<&T::if_none_match>("IfNoneMatch").header("If-None-Match"),
            member<&T::if_modified_since>("IfModifiedSince").header("If-Modified-Since"),
            member<&T::if_unmodified_since>("IfUnmodifiedSince").header("If-Unmodified-Since"),
            member<&T::range>("Range").header("Range"),
            member<&T::version_id>("VersionId").query("versionId"),
            member<&T::checksum_mode>("ChecksumMode").header("x-amz-checksum-mode"),
            member<&T::part_number>("PartNumber").query("partNumber"),
            member<&T::response_cache_control>("ResponseCacheControl").query("response-cache-control"),
            member<&T::response_content_disposition>("ResponseContentDisposition")
                .query("response-content-disposition"),
            member<&T::response_content_encoding>("ResponseContentEncoding").query("response-content-encoding"),
            member<&T::response_content_language>("ResponseContentLanguage").query("response-content-language"),
            member<&T::response_content_type>("ResponseContentType").query("response-content-type"),
            member<&T::response_expires>("ResponseExpires").query("response-expires"),
        });
  }
};
template <>
struct Describe<s3::GetObjectOutput> {
  static Shape shape() {
    using T = s3::GetObjectOutput;
    return structure(
        "GetObjectOutput",
        s3::join(s3::checksum_headers<T, &T::checksums>(),
                 {
                     member<&T::status>("Status").status_code(),
                     member<&T::body>("Body").payload(),
                     member<&T::accept_ranges>("AcceptRanges").header("accept-ranges"),
                     member<&T::last_modified>("LastModified").header("Last-Modified"),
                     member<&T::e_tag>("ETag").header("ETag"),
                     member<&T::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                     member<&T::cache_control>("CacheControl").header("Cache-Control"),
                     member<&T::content_disposition>("ContentDisposition").header("Content-Disposition"),
                     member<&T::content_encoding>("ContentEncoding").header("Content-Encoding"),
                     member<&T::content_language>("ContentLanguage").header("Content-Language"),
                     member<&T::content_range>("ContentRange").header("Content-Range"),
                     member<&T::content_type>("ContentType").header("Content-Type"),
                     member<&T::expires>("Expires").header("Expires"),
                     member<&T::website_redirect_location>("WebsiteRedirectLocation")
                         .header("x-amz-website-redirect-location"),
                     member<&T::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
                     member<&T::sse_kms_key_id>("SSEKMSKeyId").header("x-amz-server-side-encryption-aws-kms-key-id"),
                     member<&T::storage_class>("StorageClass").header("x-amz-storage-class"),
                     member<&T::parts_count>("PartsCount").header("x-amz-mp-parts-count"),
                     member<&T::tag_count>("TagCount").header("x-amz-tagging-count"),
                     member<&T::metadata>("Metadata").header_map("x-amz-meta-"),
                     member<&T::missing_meta>("MissingMeta").header("x-amz-missing-meta"),
                 }));
  }
};
template <>
struct Describe<s3::GetObjectAttributesRequest> {
  static Shape shape() {
    using T = s3::GetObjectAttributesRequest;
    return structure("GetObjectAttributesRequest",
                     {
                         member<&T::bucket>("Bucket").label(),
                         member<&T::key>("Key").greedy_label(),
                         member<&T::version_id>("VersionId").query("versionId"),
                         member<&T::max_parts>("MaxParts").header("x-amz-max-parts"),
                         member<&T::part_number_marker>("PartNumberMarker").header("x-amz-part-number-marker"),
                         member<&T::object_attributes>("ObjectAttributes").header("x-amz-object-attributes"),
                     });
  }
};
template <>
struct Describe<s3::ChecksumElement> {
  static Shape shape() {
    using T = s3::ChecksumElement;
    return structure("Checksum",
                     s3::join(s3::checksum_elements<T, &T::checksums>(), {member<&T::checksum_type>("ChecksumType")}));
  }
};
template <>
struct Describe<s3::ObjectPart> {
  static Shape shape() {
    using T = s3::ObjectPart;
    return structure("ObjectPart", s3::join({member<&T::part_number>("PartNumber"), member<&T::size>("Size")},
                                            s3::checksum_elements<T, &T::checksums>()));
  }
};
template <>
struct Describe<s3::ObjectParts> {
  static Shape shape() {
    using T = s3::ObjectParts;
    return structure("GetObjectAttributesParts", {
                                                     member<&T::total_parts_count>("TotalPartsCount").as("PartsCount"),
                                                     member<&T::part_number_marker>("PartNumberMarker"),
                                                     member<&T::next_part_number_marker>("NextPartNumberMarker"),
                                                     member<&T::max_parts>("MaxParts"),
                                                     member<&T::is_truncated>("IsTruncated"),
                                                     member<&T::parts>("Parts").as("Part").flattened(),
                                                 });
  }
};
template <>
struct Describe<s3::GetObjectAttributesOutput> {
  static Shape shape() {
    using T = s3::GetObjectAttributesOutput;
    return structure("GetObjectAttributesResponse",
                     {
                         member<&T::last_modified>("LastModified").header("Last-Modified"),
                         member<&T::e_tag>("ETag"),
                         member<&T::checksum>("Checksum"),
                         member<&T::object_parts>("ObjectParts"),
                         member<&T::storage_class>("StorageClass"),
                         member<&T::object_size>("ObjectSize"),
                     });
  }
};
template <>
struct Describe<s3::DeleteObjectRequest> {
  static Shape shape() {
    using T = s3::DeleteObjectRequest;
    return structure("DeleteObjectRequest", {
                                                member<&T::bucket>("Bucket").label(),
                                                member<&T::key>("Key").greedy_label(),
                                                member<&T::version_id>("VersionId").query("versionId"),
                                                member<&T::if_match>("IfMatch").header("If-Match"),
                                            });
  }
};
template <>
struct Describe<s3::ObjectIdentifier> {
  static Shape shape() {
    using T = s3::ObjectIdentifier;
    return structure("ObjectIdentifier", {member<&T::key>("Key").required(), member<&T::version_id>("VersionId"),
                                          member<&T::e_tag>("ETag")});
  }
};
template <>
struct Describe<s3::Delete> {
  static Shape shape() {
    using T = s3::Delete;
    return structure("Delete",
                     {member<&T::objects>("Objects").as("Object").flattened().required(), member<&T::quiet>("Quiet")});
  }
};
template <>
struct Describe<s3::DeleteObjectsRequest> {
  static Shape shape() {
    using T = s3::DeleteObjectsRequest;
    return structure("DeleteObjectsRequest",
                     {member<&T::bucket>("Bucket").label(), member<&T::remove>("Delete").payload()});
  }
};
template <>
struct Describe<s3::DeletedObject> {
  static Shape shape() {
    return structure("DeletedObject",
                     {member<&s3::DeletedObject::key>("Key"), member<&s3::DeletedObject::version_id>("VersionId")});
  }
};
template <>
struct Describe<s3::DeleteError> {
  static Shape shape() {
    using T = s3::DeleteError;
    return structure("Error", {member<&T::key>("Key"), member<&T::version_id>("VersionId"), member<&T::code>("Code"),
                               member<&T::message>("Message")});
  }
};
template <>
struct Describe<s3::DeleteObjectsOutput> {
  static Shape shape() {
    using T = s3::DeleteObjectsOutput;
    return structure("DeleteResult", {member<&T::deleted>("Deleted").flattened(),
                                      member<&T::errors>("Errors").as("Error").flattened()});
  }
};

template <class Owner, s3::CopyConditions Owner::*Conditions, auto Field, class Value>
Member copy_condition(std::string_view name, std::string_view field) {
  Member m;
  m.name = name;
  m.shape = [](const Member&) { return &shape_of<Value>(); };
  m.get = [](const Member&, const void* owner) -> const void* {
    const auto& value = (static_cast<const Owner*>(owner)->*Conditions).*Field;
    return value ? &*value : nullptr;
  };
  m.emplace = [](const Member&, void* owner) -> void* {
    return &((static_cast<Owner*>(owner)->*Conditions).*Field).emplace();
  };
  return std::move(m).header(field);
}
template <class T>
s3::Members copy_conditions() {
  using C = s3::CopyConditions;
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
template <>
struct Describe<s3::CopyObjectRequest> {
  static Shape shape() {
    using T = s3::CopyObjectRequest;
    return structure(
        "CopyObjectRequest",
        s3::join(s3::join(s3::write_headers(), copy_conditions<T>()),
                 {
                     member<&T::bucket>("Bucket").label(),
                     member<&T::key>("Key").greedy_label(),
                     member<&T::copy_source>("CopySource").header("x-amz-copy-source"),
                     member<&T::metadata_directive>("MetadataDirective").header("x-amz-metadata-directive"),
                     member<&T::tagging_directive>("TaggingDirective").header("x-amz-tagging-directive"),
                     member<&T::checksum_algorithm>("ChecksumAlgorithm").header("x-amz-checksum-algorithm"),
                     member<&T::if_match>("IfMatch").header("If-Match"),
                     member<&T::if_none_match>("IfNoneMatch").header("If-None-Match"),
                 }));
  }
};
template <>
struct Describe<s3::CopyResult> {
  static Shape shape() {
    using T = s3::CopyResult;
    return structure("CopyResult", s3::join({member<&T::e_tag>("ETag"), member<&T::last_modified>("LastModified"),
                                             member<&T::checksum_type>("ChecksumType")},
                                            s3::checksum_elements<T, &T::checksums>()));
  }
};
template <>
struct Describe<s3::CopyObjectOutput> {
  static Shape shape() {
    using T = s3::CopyObjectOutput;
    return structure(
        "CopyObjectOutput",
        {
            member<&T::result>("CopyObjectResult").as("CopyObjectResult").payload(),
            member<&T::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
            member<&T::sse_kms_key_id>("SSEKMSKeyId").header("x-amz-server-side-encryption-aws-kms-key-id"),
        });
  }
};

}  // namespace cumulet::wire
