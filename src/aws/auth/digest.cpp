#include "aws/auth/digest.hpp"

#include <array>
#include <cstring>

namespace cumulet::auth {

Digest256 hmac(std::string_view key, std::string_view bytes) {  // RFC 2104, block size 64
  std::array<char, 64> block{};
  if (key.size() > block.size()) {
    const Digest256 hashed = sha256_of(key);
    std::memcpy(block.data(), hashed.data(), hashed.size());
  } else {
    std::memcpy(block.data(), key.data(), key.size());
  }
  static thread_local Sha256 hash;
  const auto pad = [&block](char with) {
    std::array<char, 64> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(block[i] ^ with);
    return out;
  };
  const auto inner = pad(0x36), outer = pad(0x5c);
  hash.update({inner.data(), inner.size()});
  hash.update(bytes);
  const Digest256 middle = hash.finish();
  hash.update({outer.data(), outer.size()});
  hash.update(view(middle));
  return hash.finish();
}

}  // namespace cumulet::auth
