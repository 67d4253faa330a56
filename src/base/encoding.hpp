#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cumulet {

std::string base64_encode(std::string_view bytes);
// Strict RFC 4648 with padding; nullopt on any other byte.
std::optional<std::string> base64_decode(std::string_view text);
std::string hex_encode(std::string_view bytes);  // lower case
std::optional<std::string> hex_decode(std::string_view text);

// RFC 3986 percent-encoding as AWS does it: all but A-Z a-z 0-9 - . _ ~ becomes %XX (upper case).
// `keep` names further characters left as they are ("/" for S3 keys in paths).
std::string percent_encode(std::string_view bytes, std::string_view keep = {});
// nullopt on a malformed escape. `plus_is_space` for application/x-www-form-urlencoded.
enum class Plus { literal, space };
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::literal);

bool is_valid_utf8(std::string_view text);

// Hash digests as raw bytes (OpenSSL).
std::string sha256(std::string_view bytes);
std::string md5(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace cumulet
