#pragma once
#include <openssl/types.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

// SHA-256 for the hot path: incremental, no algorithm look-up per call.
namespace cumulet {

using Digest256 = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept = default;
  Sha256& operator=(Sha256&&) noexcept = default;
  ~Sha256();

  void update(std::string_view bytes);
  // The digest of everything since construction or the last finish(); starts afresh.
  Digest256 finish();
  std::string finish_hex();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

Digest256 sha256_of(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // lower case
inline std::string_view view(const Digest256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Compares in time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace cumulet
