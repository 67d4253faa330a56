#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/header_field.hpp"
#include "base/text.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/metadata.hpp"
#include "services/s3/service.hpp"

// What the headers of a write say: attributes to store, checksums.
namespace cumulet::s3 {
namespace {

constexpr std::size_t kMaxMetadata = 2048;
constexpr std::array<std::string_view, 8> kStorageClasses = {"STANDARD",     "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                                             "ONEZONE_IA",   "INTELLIGENT_TIERING", "GLACIER",
                                                             "DEEP_ARCHIVE", "GLACIER_IR"};
constexpr std::array<std::string_view, 8> kCannedAcls = {
    "private",       "public-read",       "public-read-write",         "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& set, std::string_view value) {
  return std::find(set.begin(), set.end(), value) != set.end();
}

// "aws-chunked" is a matter of the transfer, not of the object.
std::optional<std::string> without_aws_chunked(const std::optional<std::string>& header) {
  if (!header) return std::nullopt;
  std::string out;
  std::string_view rest = *header;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item.empty() || iequals(item, "aws-chunked")) continue;
    if (!out.empty()) out += ',';
    out += item;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

// Attributes are stored as text: bytes that are no UTF-8 are read as header bytes are by default.
std::optional<std::string> as_text(const std::optional<std::string>& header) {
  if (!header || is_valid_utf8(*header)) return header;
  return latin1_to_utf8(*header);
}

// Headers hold nothing that could end their line, but a presigned URL's query may say anything in their place. What is
// stored here is given back as a header.
Result<void> check_field(std::string_view name, std::string_view value) {
  if (!http::is_field_name(name)) return invalid_argument("Header name contains invalid characters.", name, value);
  if (!http::is_field_value(value)) return invalid_argument("Header value contains invalid characters.", name, value);
  return {};
}

Result<void> check_fields(const WriteHeaders& h) {
  const std::pair<std::string_view, const std::optional<std::string>&> given[] = {
      {"Cache-Control", h.cache_control},
      {"Content-Disposition", h.content_disposition},
      {"Content-Encoding", h.content_encoding},
      {"Content-Language", h.content_language},
      {"Content-Type", h.content_type},
      {"Expires", h.expires},
      {"x-amz-website-redirect-location", h.website_redirect_location},
      {"x-amz-server-side-encryption-aws-kms-key-id", h.sse_kms_key_id}};
  for (const auto& [name, value] : given)
    if (value) CUMULET_CHECK(check_field(name, *value));
  for (const auto& [name, value] : h.metadata) CUMULET_CHECK(check_field("x-amz-meta-" + name, value));
  return {};
}

Result<void> check_headers(const WriteHeaders& h) {
  CUMULET_CHECK(check_fields(h));
  if (h.acl && !is_one_of(kCannedAcls, *h.acl)) return invalid_argument("", "x-amz-acl", *h.acl);  // S3 says no more
  if (h.storage_class && !is_one_of(kStorageClasses, *h.storage_class))
    return Error{kInvalidStorageClass,
                 "The storage class you specified is not valid",
                 {{"StorageClassRequested", *h.storage_class}}};
  if (h.sse_customer_algorithm)
    return Error{kNotImplemented,
                 "Server-side encryption with customer-provided keys (SSE-C) is not implemented by this server"};
  if (h.server_side_encryption && *h.server_side_encryption != "AES256" && *h.server_side_encryption != "aws:kms" &&
      *h.server_side_encryption != "aws:kms:dsse")
    return invalid_argument("The encryption method specified is not supported", "x-amz-server-side-encryption",
                            *h.server_side_encryption);
  std::size_t size = 0;
  for (const auto& [name, value] : h.metadata) size += name.size() + value.size();
  if (size > kMaxMetadata)
    return Error{kMetadataTooLarge,
                 "Your metadata headers exceed the maximum allowed metadata size",
                 {{"Size", std::to_string(size)}, {"MaxSizeAllowed", std::to_string(kMaxMetadata)}}};
  if (h.website_redirect_location && !h.website_redirect_location->starts_with("/") &&
      !h.website_redirect_location->starts_with("http://") && !h.website_redirect_location->starts_with("https://"))
    return Error{kInvalidRedirectLocation,
                 "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."};
  return {};
}

}  // namespace

Result<void> check_promises(const wire::CallContext& context) {
  if (context.head == nullptr) return {};
  constexpr std::string_view kChecksum = "x-amz-checksum-";
  for (const auto& [field, value] : context.head->headers) {
    const std::string name = lower(field);
    if (name.starts_with("x-amz-server-side-encryption-customer-"))
      return Error{kNotImplemented,
                   "Server-side encryption with customer-provided keys (SSE-C) is not implemented by this server"};
    if (name == "x-amz-write-offset-bytes") return header_not_implemented(name);  // only directory buckets append
    if (name.starts_with("x-amz-object-lock-"))
      return Error{kInvalidRequest, "Bucket is missing Object Lock Configuration"};
    if (!name.starts_with(kChecksum) || name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-type" ||
        name == "x-amz-checksum-mode")
      continue;
    if (!algorithm_named(std::string_view(name).substr(kChecksum.size()))) return header_not_implemented(name);
  }
  return {};
}

Result<Attributes> attributes_from(const WriteHeaders& h) {
  CUMULET_CHECK(check_headers(h));
  Attributes a;
  a.cache_control = as_text(h.cache_control);
  a.content_disposition = as_text(h.content_disposition);
  a.content_encoding = as_text(without_aws_chunked(h.content_encoding));
  a.content_language = as_text(h.content_language);
  a.content_type = as_text(h.content_type);
  a.expires = as_text(h.expires);
  if (h.storage_class && *h.storage_class != "STANDARD") a.storage_class = h.storage_class;
  a.website_redirect_location = as_text(h.website_redirect_location);
  if (h.server_side_encryption && *h.server_side_encryption != "AES256")
    a.server_side_encryption = h.server_side_encryption;
  a.sse_kms_key_id = h.sse_kms_key_id;
  for (const auto& [name, value] : h.metadata) a.metadata.emplace(name, metadata_text(value));
  if (h.tagging && !h.tagging->empty()) {
    CUMULET_TRY(const auto tags, parse_tags(*h.tagging));
    CUMULET_CHECK(check_tags(tags, 10));
    if (!tags.empty()) a.tagging = tags_text(tags);
  }
  return a;
}

void set_checksum(ChecksumFields& f, Algorithm algorithm, std::string value) {
  switch (algorithm) {
    case Algorithm::crc32: f.crc32 = std::move(value); break;
    case Algorithm::crc32c: f.crc32c = std::move(value); break;
    case Algorithm::crc64nvme: f.crc64nvme = std::move(value); break;
    case Algorithm::sha1: f.sha1 = std::move(value); break;
    case Algorithm::sha256: f.sha256 = std::move(value); break;
  }
}

ChecksumFields to_fields(const Checksum& checksum) {
  ChecksumFields fields;
  set_checksum(fields, checksum.algorithm, checksum.value);
  return fields;
}

std::optional<std::string> checksum_in(const ChecksumFields& f, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::crc32: return f.crc32;
    case Algorithm::crc32c: return f.crc32c;
    case Algorithm::crc64nvme: return f.crc64nvme;
    case Algorithm::sha1: return f.sha1;
    case Algorithm::sha256: return f.sha256;
  }
  return std::nullopt;
}

Error invalid_checksum_value(Algorithm algorithm) {
  return Error{kInvalidRequest, "Value for " + std::string(header_of(algorithm)) + " header is invalid."};
}

bool is_checksum(std::string_view base64, Algorithm algorithm) {
  const auto raw = base64_decode(base64);
  return raw && raw->size() == digest_size(algorithm) && base64_encode(*raw) == base64;
}

Result<ChecksumPlan> checksum_plan(const ChecksumFields& fields, const std::optional<std::string>& sdk_algorithm,
                                   const std::optional<std::string>& trailer) {
  ChecksumPlan plan;
  for (const Algorithm a : kAlgorithms) {
    const auto value = checksum_in(fields, a);
    const bool trails = trailer && iequals(*trailer, header_of(a));
    if (!value && !trails) continue;
    if (plan.named)
      return Error{kInvalidRequest,
                   "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."};
    plan.algorithm = a;
    plan.named = true;
    plan.in_trailer = trails;
    if (value) {
      if (!is_checksum(*value, a)) return invalid_checksum_value(a);
      plan.expected = *value;
    }
  }
  if (trailer && !plan.in_trailer && trailer->starts_with("x-amz-checksum-"))
    return Error{kInvalidRequest, "The value specified in the x-amz-trailer header is not supported"};
  if (!sdk_algorithm || sdk_algorithm->empty()) return plan;
  const auto announced = algorithm_named(*sdk_algorithm);
  if (!announced)
    return Error{kInvalidRequest,
                 "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, "
                 "CRC32C, CRC64NVME, "
                 "SHA1, SHA256]"};
  if (!plan.named)
    return Error{kInvalidRequest,
                 "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                 "headers were found."};
  if (*announced != plan.algorithm)
    return Error{kInvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid."};
  return plan;
}

Result<void> verify_checksum(const ChecksumPlan& plan, const http::Headers* trailers, std::string_view computed) {
  if (!plan.named) return {};
  std::string expected = plan.expected;
  if (plan.in_trailer) {
    const auto found = trailers ? trailers->get(header_of(plan.algorithm)) : std::nullopt;
    if (!found)
      return Error{kInvalidRequest, "The announced trailer " + std::string(header_of(plan.algorithm)) + " is missing."};
    expected = *found;
    if (!is_checksum(expected, plan.algorithm)) return invalid_checksum_value(plan.algorithm);
  }
  if (base64_encode(computed) == expected) return {};
  return Error{kBadDigest,
               "The " + std::string(name_of(plan.algorithm)) + " you specified did not match the calculated checksum."};
}

Result<std::optional<std::string>> expected_md5(const std::optional<std::string>& header) {
  if (!header) return std::optional<std::string>();
  auto raw = base64_decode(*header);
  if (!raw || raw->size() != 16)
    return Error{kInvalidDigest, "The Content-MD5 you specified was invalid.", {{"Content-MD5", *header}}};
  return std::optional(std::move(*raw));
}

Result<void> verify_md5(const std::optional<std::string>& expected, std::string_view computed) {
  if (!expected || *expected == computed) return {};
  return Error{kBadDigest,
               "The Content-MD5 you specified did not match what we received.",
               {{"ExpectedDigest", base64_encode(*expected)}, {"CalculatedDigest", base64_encode(computed)}}};
}

Result<void> check_length(const wire::CallContext& context, const wire::InputStream& body) {
  if (body.length && *body.length > kMaxPut) return entity_too_large(*body.length);
  if (context.head && !context.head->content_length && !context.head->chunked)
    return Error{kMissingContentLength, "You must provide the Content-Length HTTP header."};
  return {};
}

}  // namespace cumulet::s3
