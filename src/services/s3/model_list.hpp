#pragma once
#include "services/s3/model_shared.hpp"

// Shapes of the listings of objects and versions.
namespace cumulet::s3 {

using wire::join;
using wire::member;
using wire::structure;

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

}  // namespace cumulet::s3
