#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// What shapes of several operations share.
namespace cumulet::s3 {

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

struct Owner {  // S3 tells no DisplayName since 2025
  std::string id;

  static wire::Shape shape() { return structure("Owner", {member<&Owner::id>("ID")}); }
};
struct Tag {
  std::string key, value;

  static wire::Shape shape() {
    return structure("Tag", {member<&Tag::key>("Key").required(), member<&Tag::value>("Value").required()});
  }
};

}  // namespace cumulet::s3
