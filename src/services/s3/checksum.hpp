#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// The additional checksums of S3 and the digests of bodies, computed piece by piece.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
namespace cumulet::s3 {

enum class Algorithm { crc32, crc32c, crc64nvme, sha1, sha256 };
inline constexpr std::array kAlgorithms{Algorithm::crc32, Algorithm::crc32c, Algorithm::crc64nvme, Algorithm::sha1,
                                        Algorithm::sha256};

std::string_view name_of(Algorithm algorithm);                    // "CRC32"
std::string_view lower_name_of(Algorithm algorithm);              // "crc32"
std::string_view header_of(Algorithm algorithm);                  // "x-amz-checksum-crc32"
std::optional<Algorithm> algorithm_named(std::string_view name);  // any case
std::size_t digest_size(Algorithm algorithm);                     // bytes
constexpr bool is_crc(Algorithm a) {
  return a == Algorithm::crc32 || a == Algorithm::crc32c || a == Algorithm::crc64nvme;
}

enum class ChecksumType { full_object, composite };
std::string_view name_of(ChecksumType type);

class Hasher {
 public:
  virtual ~Hasher() = default;
  virtual void update(std::string_view bytes) = 0;
  virtual std::string finish() = 0;  // raw digest, big-endian for CRCs; once
};
std::unique_ptr<Hasher> make_hasher(Algorithm algorithm);
std::unique_ptr<Hasher> make_md5();

std::string digest(Algorithm algorithm, std::string_view bytes);

// The CRC of two texts one after the other, from their CRCs (raw, big-endian) and the second one's length in bytes.
std::string combine_crc(Algorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_length);

}  // namespace cumulet::s3
