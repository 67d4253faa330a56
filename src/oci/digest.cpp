#include "oci/digest.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace cumulet::oci {

std::optional<Digest> Digest::parse(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64) return std::nullopt;
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(text.begin() + kPrefix.size(), text.end(), is_hex)) return std::nullopt;
  return Digest(std::string(text));
}

Digest Digest::of(std::string_view bytes) { return of_hex(sha256_hex(bytes)); }

}  // namespace cumulet::oci
