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

// Who signs, before any signature is checked. Unknown keys and unsigned requests are the account's root when
// `accept_unknown`, else refused; expired or foreign session tokens always are.
Result<Caller> find_caller(const auth::Authorization& authorization, const auth::KeyDirectory& keys, TimePoint now,
                           bool accept_unknown, wire::Protocol protocol);

// A page of some web site in a browser on this machine reaches loopback too: what nobody signed for with a known key is
// not taken from there. Error: AccessDenied for a request that changes something and that a browser marks as coming
// from another site.
Result<void> check_origin(const http::RequestHead& head, const Caller& caller, wire::Protocol protocol);

// A refusal of auth's, as the protocol says it.
Error refusal_on(wire::Protocol protocol, Error error);

}  // namespace cumulet::gateway
