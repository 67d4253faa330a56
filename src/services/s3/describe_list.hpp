#pragma once
#include "services/s3/describe_common.hpp"

// Descriptions of the shapes of listings.
namespace cumulet::wire {

// The shared part stands first in each request and page: a pointer to the whole is a pointer to it.
inline Shape list_request(std::string_view name, s3::Members own) {
  using T = s3::ListRequest;
  return structure(name, s3::join(
                             {
                                 member<&T::bucket>("Bucket").label(),
                                 member<&T::prefix>("Prefix").query("prefix"),
                                 member<&T::delimiter>("Delimiter").query("delimiter"),
                                 member<&T::encoding_type>("EncodingType").query("encoding-type"),
                                 member<&T::max_keys>("MaxKeys").query("max-keys"),
                             },
                             std::move(own)));
}
// In S3's order: what the page is, how it was asked for, its entries.
inline Shape list_page(std::string_view name, s3::Members own, Member entries) {
  using T = s3::ListPage;
  const s3::Members shared = {
      member<&T::max_keys>("MaxKeys"),
      member<&T::delimiter>("Delimiter"),
      member<&T::encoding_type>("EncodingType"),
      member<&T::is_truncated>("IsTruncated"),
      std::move(entries),
      member<&T::common_prefixes>("CommonPrefixes").flattened(),
  };
  const s3::Members head = {member<&T::region>("BucketRegion").header("x-amz-bucket-region"), member<&T::name>("Name"),
                            member<&T::prefix>("Prefix")};
  return structure(name, s3::join(s3::join(head, std::move(own)), shared));
}
template <>
struct Describe<s3::ListObjectsRequest> {
  static Shape shape() {
    return list_request("ListObjectsRequest", {member<&s3::ListObjectsRequest::marker>("Marker").query("marker")});
  }
};
template <>
struct Describe<s3::ListObjectsRequestV2> {
  static Shape shape() {
    using T = s3::ListObjectsRequestV2;
    return list_request("ListObjectsV2Request",
                        {
                            member<&T::start_after>("StartAfter").query("start-after"),
                            member<&T::continuation_token>("ContinuationToken").query("continuation-token"),
                            member<&T::fetch_owner>("FetchOwner").query("fetch-owner"),
                        });
  }
};
template <>
struct Describe<s3::ListVersionsRequest> {
  static Shape shape() {
    using T = s3::ListVersionsRequest;
    return list_request("ListObjectVersionsRequest",
                        {
                            member<&T::key_marker>("KeyMarker").query("key-marker"),
                            member<&T::version_id_marker>("VersionIdMarker").query("version-id-marker"),
                        });
  }
};
inline s3::Members entry_members() {
  using T = s3::ObjectEntry;
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
template <>
struct Describe<s3::ObjectEntry> {
  static Shape shape() { return structure("Object", entry_members()); }
};
template <>
struct Describe<s3::VersionEntry> {
  static Shape shape() {
    using T = s3::VersionEntry;
    // `entry` stands first: a pointer to the version is a pointer to it.
    return structure("ObjectVersion", s3::join(entry_members(), {member<&T::version_id>("VersionId"),
                                                                 member<&T::is_latest>("IsLatest")}));
  }
};
template <>
struct Describe<s3::ListObjectsOutput> {
  static Shape shape() {
    using T = s3::ListObjectsOutput;
    return list_page("ListBucketResult", {member<&T::marker>("Marker"), member<&T::next_marker>("NextMarker")},
                     member<&T::contents>("Contents").flattened());
  }
};
template <>
struct Describe<s3::ListObjectsV2Output> {
  static Shape shape() {
    using T = s3::ListObjectsV2Output;
    return list_page("ListBucketResult",
                     {member<&T::start_after>("StartAfter"), member<&T::continuation_token>("ContinuationToken"),
                      member<&T::next_continuation_token>("NextContinuationToken"), member<&T::key_count>("KeyCount")},
                     member<&T::contents>("Contents").flattened());
  }
};
template <>
struct Describe<s3::ListObjectVersionsOutput> {
  static Shape shape() {
    using T = s3::ListObjectVersionsOutput;
    return list_page(
        "ListVersionsResult",
        {member<&T::key_marker>("KeyMarker"), member<&T::version_id_marker>("VersionIdMarker"),
         member<&T::next_key_marker>("NextKeyMarker"), member<&T::next_version_id_marker>("NextVersionIdMarker")},
        member<&T::versions>("Versions").as("Version").flattened());
  }
};

}  // namespace cumulet::wire
