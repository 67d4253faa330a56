#include "services/s3/protocol.hpp"

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "services/s3/body_check.hpp"
#include "services/s3/errors.hpp"

namespace cumulet::s3 {
namespace {

constexpr ErrorKind kInvalidUri{"InvalidURI", 400};
constexpr ErrorKind kMaxMessageLength{"MaxMessageLengthExceeded", 400};

// Query keys that turn a request into another operation.
constexpr std::string_view kSubresources[] = {"accelerate",
                                              "acl",
                                              "analytics",
                                              "attributes",
                                              "cors",
                                              "delete",
                                              "encryption",
                                              "intelligent-tiering",
                                              "inventory",
                                              "legal-hold",
                                              "lifecycle",
                                              "location",
                                              "logging",
                                              "metadataConfiguration",
                                              "metadataTable",
                                              "metrics",
                                              "notification",
                                              "object-lock",
                                              "ownershipControls",
                                              "policy",
                                              "policyStatus",
                                              "publicAccessBlock",
                                              "renameObject",
                                              "replication",
                                              "requestPayment",
                                              "restore",
                                              "retention",
                                              "select",
                                              "session",
                                              "tagging",
                                              "torrent",
                                              "uploadId",
                                              "uploads",
                                              "versioning",
                                              "versions",
                                              "website",
                                              "append",
                                              "abac"};

std::string new_request_id() { return random_upper_alnum(16); }

void add_headers(http::Headers& headers, std::string_view request_id) {
  headers.add("Server", "AmazonS3");  // some clients choose their ways by it
  if (!headers.has("x-amz-request-id")) headers.add("x-amz-request-id", std::string(request_id));
  // S3's second id; clients quote it, nothing reads it. Derived, so that it is in the log with the first.
  if (!headers.has("x-amz-id-2"))
    headers.add("x-amz-id-2", base64_encode(hex_encode(sha256(request_id))).substr(0, 76));
}

Error bad_uri(const http::RequestHead& head) {
  return Error{kInvalidUri, "Couldn't parse the specified URI.", {{"URI", head.target.substr(0, 1024)}}};
}

Error body_too_large(std::size_t limit) {
  return Error{kMaxMessageLength, "Your request was too large."}.with("MaxMessageLengthBytes", std::to_string(limit));
}

}  // namespace

void describe_protocol(wire::ServiceDescriptor& service) {
  service.takes_the_rest = true;
  service.has_virtual_hosts = true;
  service.subresources = kSubresources;
  service.reads_presigned_headers = true;
  service.check_body = check_body;
  service.serves_documents = true;
  service.new_request_id = new_request_id;
  service.add_headers = add_headers;
  service.unknown_operation = &kNotImplemented;
  service.bad_uri = bad_uri;
  service.body_too_large = body_too_large;
  service.internal_error = &kInternalError;
}

}  // namespace cumulet::s3
