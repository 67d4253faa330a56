#pragma once
#include <optional>

#include "aws/auth/sigv4.hpp"
#include "aws/wire/operation.hpp"
#include "base/time.hpp"

// Whose request it is, and every protocol's way of refusing it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
namespace cumulet::gateway {

struct Caller {
  wire::Principal principal;
  std::optional<auth::Credentials> credentials;  // of a known key: its signatures are verified
};

// What becomes of requests with keys that nobody knows, and of unsigned ones: the account's root makes them, or nobody.
enum class UnknownKeys { are_root, are_refused };

// Who signs, before any signature is checked. Expired or foreign session tokens are always refused.
Result<Caller> find_caller(const auth::Authorization& authorization, const auth::KeyDirectory& keys, TimePoint now,
                           UnknownKeys unknown, wire::Protocol protocol);

// A signature is made for one service and one region: one for S3 says nothing to SQS, whatever else the request names.
// `service`: who is called. Errors: as AWS words them, in the protocol's code. Nothing is asked of unsigned requests.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
Result<void> check_scope(const auth::Authorization& authorization, const wire::ServiceDescriptor& service,
                         wire::Protocol protocol);

// Whose known key asks for a site beside AWS: by Signature Version 4 for the service "cumulet", in the header or
// presigned, of a request without a body (which that signature would not cover); or by HTTP Basic with the access key's
// id and secret (Prometheus and browsers know no other). `presigned_for`: a service that presigned requests of five
// minutes at most may be signed for too; empty: none. nullopt: nobody's.
std::optional<auth::KnownKey> key_of_visitor(const http::RequestHead& head, const auth::Signing& signing,
                                             const auth::KeyDirectory& keys, TimePoint now,
                                             std::string_view presigned_for = {});

// 403 AccessDenied (AccessDeniedException) of that text, in every protocol.
Error denied(wire::Protocol protocol, std::string message);

// A refusal of auth's, as the protocol says it.
Error refusal_on(wire::Protocol protocol, Error error);

}  // namespace cumulet::gateway
