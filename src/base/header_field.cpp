#include "base/header_field.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace cumulet::http {
namespace {

constexpr bool is_token_character(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// One look-up a character: every header of every answer comes through here.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 1; c < 128; ++c) table[c] = is_token_character(static_cast<char>(c));
  return table;
}();

bool is_value_byte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || c == '\t';
}

}  // namespace

bool is_field_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view value) {
  // Eight bytes at once, as answers have hundreds: does any look like a control character? Tabs do, and are looked at.
  constexpr std::uint64_t kEach = 0x0101010101010101, kTop = kEach << 7;
  while (value.size() >= sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, value.data(), sizeof bytes);
    const std::uint64_t low = (bytes - kEach * 0x20) & ~bytes & kTop;
    const std::uint64_t del = bytes ^ kEach * 0x7f;
    if ((low | ((del - kEach) & ~del & kTop)) != 0 &&
        !std::ranges::all_of(value.substr(0, sizeof bytes), is_value_byte))
      return false;
    value.remove_prefix(sizeof bytes);
  }
  return std::ranges::all_of(value, is_value_byte);
}

}  // namespace cumulet::http
