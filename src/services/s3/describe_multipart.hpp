#pragma once
#include "services/s3/describe_object.hpp"

// Descriptions of the shapes of the multipart family.
namespace cumulet::wire {

template <>
struct Describe<s3::CreateMultipartUploadRequest> {
  static Shape shape() {
    using T = s3::CreateMultipartUploadRequest;
    return structure(
        "CreateMultipartUploadRequest",
        s3::join(s3::write_headers(),
                 {
                     member<&T::bucket>("Bucket").label(),
                     member<&T::key>("Key").greedy_label(),
                     member<&T::checksum_algorithm>("ChecksumAlgorithm").header("x-amz-checksum-algorithm"),
                     member<&T::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                 }));
  }
};
template <>
struct Describe<s3::CreateMultipartUploadOutput> {
  static Shape shape() {
    using T = s3::CreateMultipartUploadOutput;
    return structure(
        "InitiateMultipartUploadResult",
        {
            member<&T::bucket>("Bucket"),
            member<&T::key>("Key"),
            member<&T::upload_id>("UploadId"),
            member<&T::checksum_algorithm>("ChecksumAlgorithm").header("x-amz-checksum-algorithm"),
            member<&T::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
            member<&T::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
            member<&T::sse_kms_key_id>("SSEKMSKeyId").header("x-amz-server-side-encryption-aws-kms-key-id"),
        });
  }
};
template <>
struct Describe<s3::UploadPartRequest> {
  static Shape shape() {
    using T = s3::UploadPartRequest;
    return structure(
        "UploadPartRequest",
        s3::join(s3::checksum_headers<T, &T::checksums>(),
                 {
                     member<&T::bucket>("Bucket").label(),
                     member<&T::key>("Key").greedy_label(),
                     member<&T::upload_id>("UploadId").query("uploadId"),
                     member<&T::part_number>("PartNumber").query("partNumber"),
                     member<&T::content_md5>("ContentMD5").header("Content-MD5"),
                     member<&T::sdk_checksum_algorithm>("ChecksumAlgorithm").header("x-amz-sdk-checksum-algorithm"),
                     member<&T::trailer>("Trailer").header("x-amz-trailer"),
                     member<&T::body>("Body").payload(),
                 }));
  }
};
template <>
struct Describe<s3::UploadPartCopyRequest> {
  static Shape shape() {
    using T = s3::UploadPartCopyRequest;
    return structure(
        "UploadPartCopyRequest",
        s3::join(copy_conditions<T>(), {
                                           member<&T::bucket>("Bucket").label(),
                                           member<&T::key>("Key").greedy_label(),
                                           member<&T::upload_id>("UploadId").query("uploadId"),
                                           member<&T::part_number>("PartNumber").query("partNumber"),
                                           member<&T::copy_source>("CopySource").header("x-amz-copy-source"),
                                           member<&T::range>("CopySourceRange").header("x-amz-copy-source-range"),
                                       }));
  }
};
template <>
struct Describe<s3::UploadPartCopyOutput> {
  static Shape shape() {
    using T = s3::UploadPartCopyOutput;
    return structure(
        "UploadPartCopyOutput",
        {
            member<&T::result>("CopyPartResult").as("CopyPartResult").payload(),
            member<&T::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
        });
  }
};
template <>
struct Describe<s3::CompletedPart> {
  static Shape shape() {
    using T = s3::CompletedPart;
    return structure("CompletedPart",
                     s3::join({member<&T::part_number>("PartNumber").required(), member<&T::e_tag>("ETag").required()},
                              s3::checksum_elements<T, &T::checksums>()));
  }
};
template <>
struct Describe<s3::CompletedMultipartUpload> {
  static Shape shape() {
    return structure("CompletedMultipartUpload",
                     {member<&s3::CompletedMultipartUpload::parts>("Parts").as("Part").flattened().required()});
  }
};
template <>
struct Describe<s3::CompleteMultipartUploadRequest> {
  static Shape shape() {
    using T = s3::CompleteMultipartUploadRequest;
    return structure("CompleteMultipartUploadRequest",
                     s3::join(s3::checksum_headers<T, &T::checksums>(),
                              {
                                  member<&T::bucket>("Bucket").label(),
                                  member<&T::key>("Key").greedy_label(),
                                  member<&T::upload_id>("UploadId").query("uploadId"),
                                  member<&T::upload>("MultipartUpload").payload(),
                                  member<&T::checksum_type>("ChecksumType").header("x-amz-checksum-type"),
                                  member<&T::if_match>("IfMatch").header("If-Match"),
                                  member<&T::if_none_match>("IfNoneMatch").header("If-None-Match"),
                                  member<&T::object_size>("MpuObjectSize").header("x-amz-mp-object-size"),
                              }));
  }
};
template <>
struct Describe<s3::CompleteMultipartUploadOutput> {
  static Shape shape() {
    using T = s3::CompleteMultipartUploadOutput;
    return structure(
        "CompleteMultipartUploadResult",
        s3::join(s3::checksum_elements<T, &T::checksums>(),
                 {
                     member<&T::location>("Location"),
                     member<&T::bucket>("Bucket"),
                     member<&T::key>("Key"),
                     member<&T::e_tag>("ETag"),
                     member<&T::checksum_type>("ChecksumType"),
                     member<&T::server_side_encryption>("ServerSideEncryption").header("x-amz-server-side-encryption"),
                     member<&T::sse_kms_key_id>("SSEKMSKeyId").header("x-amz-server-side-encryption-aws-kms-key-id"),
                 }));
  }
};
template <>
struct Describe<s3::UploadRequest> {
  static Shape shape() {
    using T = s3::UploadRequest;
    return structure("AbortMultipartUploadRequest", {
                                                        member<&T::bucket>("Bucket").label(),
                                                        member<&T::key>("Key").greedy_label(),
                                                        member<&T::upload_id>("UploadId").query("uploadId"),
                                                    });
  }
};
template <>
struct Describe<s3::ListPartsRequest> {
  static Shape shape() {
    using T = s3::ListPartsRequest;
    return structure("ListPartsRequest",
                     {
                         member<&T::bucket>("Bucket").label(),
                         member<&T::key>("Key").greedy_label(),
                         member<&T::upload_id>("UploadId").query("uploadId"),
                         member<&T::max_parts>("MaxParts").query("max-parts"),
                         member<&T::part_number_marker>("PartNumberMarker").query("part-number-marker"),
                         member<&T::encoding_type>("EncodingType").query("encoding-type"),
                     });
  }
};
template <>
struct Describe<s3::Part> {
  static Shape shape() {
    using T = s3::Part;
    return structure("Part", s3::join({member<&T::part_number>("PartNumber"), member<&T::last_modified>("LastModified"),
                                       member<&T::e_tag>("ETag"), member<&T::size>("Size")},
                                      s3::checksum_elements<T, &T::checksums>()));
  }
};
template <>
struct Describe<s3::ListPartsOutput> {
  static Shape shape() {
    using T = s3::ListPartsOutput;
    return structure("ListPartsResult", {
                                            member<&T::bucket>("Bucket"),
                                            member<&T::key>("Key"),
                                            member<&T::upload_id>("UploadId"),
                                            member<&T::part_number_marker>("PartNumberMarker"),
                                            member<&T::next_part_number_marker>("NextPartNumberMarker"),
                                            member<&T::max_parts>("MaxParts"),
                                            member<&T::is_truncated>("IsTruncated"),
                                            member<&T::parts>("Parts").as("Part").flattened(),
                                            member<&T::initiator>("Initiator"),
                                            member<&T::owner>("Owner"),
                                            member<&T::storage_class>("StorageClass"),
                                            member<&T::checksum_algorithm>("ChecksumAlgorithm"),
                                            member<&T::checksum_type>("ChecksumType"),
                                        });
  }
};
template <>
struct Describe<s3::ListMultipartUploadsRequest> {
  static Shape shape() {
    using T = s3::ListMultipartUploadsRequest;
    return structure("ListMultipartUploadsRequest",
                     {
                         member<&T::bucket>("Bucket").label(),
                         member<&T::prefix>("Prefix").query("prefix"),
                         member<&T::delimiter>("Delimiter").query("delimiter"),
                         member<&T::encoding_type>("EncodingType").query("encoding-type"),
                         member<&T::key_marker>("KeyMarker").query("key-marker"),
                         member<&T::upload_id_marker>("UploadIdMarker").query("upload-id-marker"),
                         member<&T::max_uploads>("MaxUploads").query("max-uploads"),
                     });
  }
};
template <>
struct Describe<s3::UploadEntry> {
  static Shape shape() {
    using T = s3::UploadEntry;
    return structure("MultipartUpload", {
                                            member<&T::upload_id>("UploadId"),
                                            member<&T::key>("Key"),
                                            member<&T::initiated>("Initiated"),
                                            member<&T::storage_class>("StorageClass"),
                                            member<&T::owner>("Owner"),
                                            member<&T::initiator>("Initiator"),
                                            member<&T::checksum_algorithm>("ChecksumAlgorithm"),
                                            member<&T::checksum_type>("ChecksumType"),
                                        });
  }
};
template <>
struct Describe<s3::ListMultipartUploadsOutput> {
  static Shape shape() {
    using T = s3::ListMultipartUploadsOutput;
    return structure("ListMultipartUploadsResult", {
                                                       member<&T::bucket>("Bucket"),
                                                       member<&T::key_marker>("KeyMarker"),
                                                       member<&T::upload_id_marker>("UploadIdMarker"),
                                                       member<&T::next_key_marker>("NextKeyMarker"),
                                                       member<&T::next_upload_id_marker>("NextUploadIdMarker"),
                                                       member<&T::prefix>("Prefix"),
                                                       member<&T::delimiter>("Delimiter"),
                                                       member<&T::encoding_type>("EncodingType"),
                                                       member<&T::max_uploads>("MaxUploads"),
                                                       member<&T::is_truncated>("IsTruncated"),
                                                       member<&T::uploads>("Uploads").as("Upload").flattened(),
                                                       member<&T::common_prefixes>("CommonPrefixes").flattened(),
                                                   });
  }
};

}  // namespace cumulet::wire
