#pragma once
#include "services/s3/model_list.hpp"
#include "services/s3/model_object.hpp"

// Shapes of multipart uploads.
namespace cumulet::s3 {

using wire::join;
using wire::member;
using wire::structure;

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
                     {member<&CompletedMultipartUpload::parts>("Parts").as("Part").flattened()});
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

}  // namespace cumulet::s3
