#include "services/s3/checksum.hpp"

#include <openssl/evp.h>

#include <bit>
#include <cstring>

#include "base/http.hpp"

namespace cumulet::s3 {
namespace {

struct Names {
  std::string_view upper, lower, header;
  std::size_t size;
};
constexpr std::array<Names, 5> kNames{{{"CRC32", "crc32", "x-amz-checksum-crc32", 4},
                                       {"CRC32C", "crc32c", "x-amz-checksum-crc32c", 4},
                                       {"CRC64NVME", "crc64nvme", "x-amz-checksum-crc64nvme", 8},
                                       {"SHA1", "sha1", "x-amz-checksum-sha1", 20},
                                       {"SHA256", "sha256", "x-amz-checksum-sha256", 32}}};
constexpr const Names& names(Algorithm a) { return kNames[static_cast<std::size_t>(a)]; }

// Reflected polynomials; start and final value are all ones.
constexpr std::uint64_t polynomial(Algorithm a) {
  switch (a) {
    case Algorithm::crc32: return 0xEDB88320u;
    case Algorithm::crc32c: return 0x82F63B78u;
    default: return 0x9A6C9329AC4BC9B5ull;
  }
}
constexpr int width(Algorithm a) { return a == Algorithm::crc64nvme ? 64 : 32; }
constexpr std::uint64_t ones(Algorithm a) { return a == Algorithm::crc64nvme ? ~0ull : 0xFFFFFFFFull; }

// tables[k][b]: the CRC of byte b followed by k zero bytes ("slicing by 8").
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;
constexpr Tables make_tables(std::uint64_t poly) {
  Tables t{};
  for (std::uint64_t b = 0; b < 256; ++b) {
    std::uint64_t crc = b;
    for (int i = 0; i < 8; ++i) crc = (crc & 1) ? (crc >> 1) ^ poly : crc >> 1;
    t[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xff];
  return t;
}
const Tables& tables(Algorithm a) {
  static const Tables crc32 = make_tables(polynomial(Algorithm::crc32));
  static const Tables crc32c = make_tables(polynomial(Algorithm::crc32c));
  static const Tables crc64 = make_tables(polynomial(Algorithm::crc64nvme));
  return a == Algorithm::crc32 ? crc32 : a == Algorithm::crc32c ? crc32c : crc64;
}

std::string big_endian(std::uint64_t value, int bits) {
  std::string out;
  for (int shift = bits - 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}
std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

class CrcHasher final : public Hasher {
 public:
  explicit CrcHasher(Algorithm algorithm) : algorithm_(algorithm), tables_(tables(algorithm)), crc_(ones(algorithm)) {}

  void update(std::string_view bytes) override {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t n = bytes.size();
    std::uint64_t crc = crc_;
    static_assert(std::endian::native == std::endian::little);
    for (; n >= 8; n -= 8, p += 8) {
      std::uint64_t word;
      std::memcpy(&word, p, 8);
      word ^= crc;
      crc = tables_[7][word & 0xff] ^ tables_[6][word >> 8 & 0xff] ^ tables_[5][word >> 16 & 0xff] ^
            tables_[4][word >> 24 & 0xff] ^ tables_[3][word >> 32 & 0xff] ^ tables_[2][word >> 40 & 0xff] ^
            tables_[1][word >> 48 & 0xff] ^ tables_[0][word >> 56];
    }
    for (; n > 0; --n, ++p) crc = (crc >> 8) ^ tables_[0][(crc ^ *p) & 0xff];
    crc_ = crc;
  }
  std::string finish() override { return big_endian(crc_ ^ ones(algorithm_), width(algorithm_)); }

 private:
  Algorithm algorithm_;
  const Tables& tables_;
  std::uint64_t crc_;
};

class EvpHasher final : public Hasher {
 public:
  explicit EvpHasher(const EVP_MD* md) : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, md, nullptr); }
  ~EvpHasher() override { EVP_MD_CTX_free(context_); }
  EvpHasher(const EvpHasher&) = delete;
  EvpHasher& operator=(const EvpHasher&) = delete;
  void update(std::string_view bytes) override { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string finish() override {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_, out, &size);
    return std::string(reinterpret_cast<const char*>(out), size);
  }

 private:
  EVP_MD_CTX* context_;
};

// Fetched once: looking an algorithm up costs more than hashing a small body.
const EVP_MD* fetched(const char* name) { return EVP_MD_fetch(nullptr, name, nullptr); }

// a*b mod the polynomial, in the reflected representation (the top bit is x^0).
std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t poly, int bits) {
  std::uint64_t product = 0;
  for (std::uint64_t mask = 1ull << (bits - 1); mask != 0; mask >>= 1) {
    if (a & mask) product ^= b;
    b = (b & 1) ? (b >> 1) ^ poly : b >> 1;
  }
  return product;
}

// x^(8*bytes) mod the polynomial, by squaring.
std::uint64_t shift_by(std::uint64_t bytes, std::uint64_t poly, int bits) {
  std::uint64_t result = 1ull << (bits - 1);  // x^0
  std::uint64_t power = 1ull << (bits - 9);   // x^8
  for (; bytes != 0; bytes >>= 1) {
    if (bytes & 1) result = multiply(result, power, poly, bits);
    power = multiply(power, power, poly, bits);
  }
  return result;
}

}  // namespace

std::string_view name_of(Algorithm a) { return names(a).upper; }
std::string_view lower_name_of(Algorithm a) { return names(a).lower; }
std::string_view header_of(Algorithm a) { return names(a).header; }
std::size_t digest_size(Algorithm a) { return names(a).size; }
std::string_view name_of(ChecksumType type) { return type == ChecksumType::composite ? "COMPOSITE" : "FULL_OBJECT"; }

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Algorithm a : kAlgorithms)
    if (iequals(name, names(a).upper)) return a;
  return std::nullopt;
}

std::unique_ptr<Hasher> make_hasher(Algorithm algorithm) {
  static const EVP_MD* sha1 = fetched("SHA1");
  static const EVP_MD* sha256 = fetched("SHA256");
  if (algorithm == Algorithm::sha1) return std::make_unique<EvpHasher>(sha1);
  if (algorithm == Algorithm::sha256) return std::make_unique<EvpHasher>(sha256);
  return std::make_unique<CrcHasher>(algorithm);
}

std::unique_ptr<Hasher> make_md5() {
  static const EVP_MD* md5 = fetched("MD5");
  return std::make_unique<EvpHasher>(md5);
}

std::string digest(Algorithm algorithm, std::string_view bytes) {
  auto hasher = make_hasher(algorithm);
  hasher->update(bytes);
  return hasher->finish();
}

std::string combine_crc(Algorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_length) {
  const int bits = width(algorithm);
  const std::uint64_t poly = polynomial(algorithm);
  // Parts are mostly of one size: its shift is worked out once.
  thread_local std::array<std::pair<std::uint64_t, std::uint64_t>, 3> remembered{};
  auto& [length, shift] = remembered[static_cast<std::size_t>(algorithm)];
  if (length != second_length || shift == 0) {
    length = second_length;
    shift = shift_by(second_length, poly, bits);
  }
  const std::uint64_t moved = multiply(shift, from_big_endian(first), poly, bits);
  return big_endian(moved ^ from_big_endian(second), bits);
}

}  // namespace cumulet::s3
