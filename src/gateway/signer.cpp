#include "gateway/signer.hpp"

#include "aws/auth/sigv2.hpp"

namespace cumulet::gateway {

Result<void> find_signer(Call& call, const auth::KeyDirectory& keys, UnknownKeys unknown) {
  const wire::Protocol protocol = call.identity.protocol;
  if (!call.signing.authorization.ok()) return refusal_on(protocol, call.signing.authorization.error());
  const auth::Authorization& authorization = call.authorization();
  CUMULET_TRY(call.caller, find_caller(authorization, keys, call.context.received, unknown, protocol));
  // Query requests may be for a service that only their form names: asked again then.
  const wire::ServiceDescriptor* service = call.service();
  if (service != nullptr) CUMULET_CHECK(check_scope(authorization, *service, protocol));
  if (authorization.placement != auth::Placement::none && authorization.scheme == auth::Scheme::v4)
    call.identity.region = call.context.region = authorization.scope.region;  // the one that is verified
  call.context.caller = call.caller.principal;
  const bool is_presigned = authorization.placement == auth::Placement::query;
  if (is_presigned && service != nullptr && service->reads_presigned_headers) {
    call.presigned = auth::with_presigned_headers(call.head);
    call.context.head = &call.decoded_head();
  }
  return {};
}

Result<void> verify_signature(const Call& call, std::string_view body_sha256_hex) {
  if (!call.caller.credentials) return {};
  const auth::Authorization& authorization = call.authorization();
  const auth::Credentials& credentials = *call.caller.credentials;
  const TimePoint now = call.context.received;
  Result<void> verified = authorization.scheme == auth::Scheme::v2
                              ? auth::verify_sigv2(authorization, credentials, call.head, call.identity.raw_path, now)
                              : auth::verify(authorization, credentials, call.head, body_sha256_hex, now,
                                             auth::path_style(authorization.scope.service));
  if (!verified.ok()) return refusal_on(call.identity.protocol, std::move(verified).error());
  return {};
}

}  // namespace cumulet::gateway
