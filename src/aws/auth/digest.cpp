#include "aws/auth/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>

#include "base/encoding.hpp"

namespace cumulet::auth {
namespace {

// Fetched once: EVP_sha256() makes OpenSSL 3 look the provider up at every initialisation.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

}  // namespace

void Sha256::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr); }
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

Digest256 Sha256::finish() {
  Digest256 out;
  EVP_DigestFinal_ex(context_.get(), out.data(), nullptr);
  EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr);
  return out;
}

std::string Sha256::finish_hex() { return hex_encode(view(finish())); }

Digest256 sha256_of(std::string_view bytes) {
  static thread_local Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string sha256_hex(std::string_view bytes) { return hex_encode(view(sha256_of(bytes))); }

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

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cumulet::auth
