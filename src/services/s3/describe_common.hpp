#pragma once
#include "services/s3/model.hpp"

// Pieces that the descriptions of several shapes share.
namespace cumulet::s3 {

using Members = std::vector<wire::Member>;

inline Members join(Members a, Members b) {
  for (auto& m : b) a.push_back(std::move(m));
  return a;
}

// WriteHeaders stands first in its heirs, so that a pointer to one is a pointer to it.
inline Members write_headers() {
  using wire::member;
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
Members checksum_elements() {
  return {
      checksum_member<Owner, Fields, &ChecksumFields::crc32>("ChecksumCRC32"),
      checksum_member<Owner, Fields, &ChecksumFields::crc32c>("ChecksumCRC32C"),
      checksum_member<Owner, Fields, &ChecksumFields::crc64nvme>("ChecksumCRC64NVME"),
      checksum_member<Owner, Fields, &ChecksumFields::sha1>("ChecksumSHA1"),
      checksum_member<Owner, Fields, &ChecksumFields::sha256>("ChecksumSHA256"),
  };
}

template <class Owner, ChecksumFields Owner::*Fields>
Members checksum_headers() {
  Members members = checksum_elements<Owner, Fields>();
  constexpr std::string_view kNames[] = {"x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme",
                                         "x-amz-checksum-sha1", "x-amz-checksum-sha256"};
  for (std::size_t i = 0; i < members.size(); ++i) {
    members[i].location = wire::Location::header;
    members[i].wire_name = kNames[i];
  }
  return members;
}

}  // namespace cumulet::s3

namespace cumulet::wire {

template <>
struct Describe<s3::Owner> {
  static Shape shape() {
    return structure("Owner", {member<&s3::Owner::id>("ID"), member<&s3::Owner::display_name>("DisplayName")});
  }
};
template <>
struct Describe<s3::XmlOutput> {
  static Shape shape() {
    return structure("XmlOutput", {
                                      member<&s3::XmlOutput::content_type>("ContentType").header("Content-Type"),
                                      member<&s3::XmlOutput::text>("Text").payload(),
                                  });
  }
};
template <>
struct Describe<s3::CommonPrefix> {
  static Shape shape() { return structure("CommonPrefix", {member<&s3::CommonPrefix::prefix>("Prefix")}); }
};

}  // namespace cumulet::wire
