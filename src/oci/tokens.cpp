#include "oci/tokens.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "base/sha256.hpp"

namespace cumulet::oci {
namespace {

constexpr std::size_t kLongest = 1024;

std::string seal(std::string_view secret, std::string_view text) { return hex_encode(hmac_sha256(secret, text)); }

}  // namespace

std::string Tokens::issue(const Grant& grant) const {
  const std::string text =
      hex_encode(std::to_string(to_millis(grant.expires)) + '/' + grant.account + '/' + grant.region);
  return text + '.' + seal(secret_, text);
}

std::optional<Grant> Tokens::read(std::string_view token, TimePoint now) const {
  const auto dot = token.find('.');
  if (token.size() > kLongest || dot == token.npos) return std::nullopt;
  if (!constant_time_equal(seal(secret_, token.substr(0, dot)), token.substr(dot + 1))) return std::nullopt;
  const auto text = hex_decode(token.substr(0, dot));
  if (!text) return std::nullopt;
  const auto first = text->find('/'), second = text->find('/', first + 1);
  if (first == text->npos || second == text->npos) return std::nullopt;
  std::int64_t expires = 0;
  std::from_chars(text->data(), text->data() + first, expires);
  if (from_millis(expires) <= now) return std::nullopt;
  return Grant{text->substr(first + 1, second - first - 1), text->substr(second + 1), from_millis(expires)};
}

}  // namespace cumulet::oci
