#pragma once
#include <string_view>

#include "gateway/call.hpp"

// The steps of the request path that say who asks.
namespace cumulet::gateway {

// Who signs and for what, before any signature is checked; refused: nobody who may.
Result<void> find_signer(Call& call, const auth::KeyDirectory& keys, UnknownKeys unknown);

// The signature of a known key; nothing is asked of the others. `body_sha256_hex`: of the whole body, where the
// signature covers it (Authorization::needs_body_hash).
Result<void> verify_signature(const Call& call, std::string_view body_sha256_hex);

}  // namespace cumulet::gateway
