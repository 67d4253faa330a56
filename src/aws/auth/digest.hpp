#pragma once
#include <string_view>

#include "base/sha256.hpp"

// What signatures are made of.
namespace cumulet::auth {

using cumulet::constant_time_equal;
using cumulet::Digest256;
using cumulet::Sha256;
using cumulet::sha256_hex;
using cumulet::sha256_of;
using cumulet::view;

Digest256 hmac(std::string_view key, std::string_view bytes);

// Lower-case hex SHA-256 of nothing.
inline constexpr std::string_view kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace cumulet::auth
