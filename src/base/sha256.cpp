#include "base/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/encoding.hpp"

namespace cumulet {
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

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cumulet
