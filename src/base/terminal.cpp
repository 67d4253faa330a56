#include "base/terminal.hpp"

#include <algorithm>
#include <cstdint>

namespace cumulet {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_byte(std::string& out, unsigned char byte) {
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_code_point(std::string& out, std::uint32_t code_point) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code_point >> shift) & 15];
}

bool is_plain(char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; }

struct Character {
  std::uint32_t code_point = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 stands here
};

// The character beyond ASCII at the start of `text` (RFC 3629: shortest form, no surrogates).
Character take(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t bytes = first >= 0xf0 && first < 0xf5   ? 4
                            : first >= 0xe0 && first < 0xf0 ? 3
                            : first >= 0xc2 && first < 0xe0 ? 2
                                                            : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  std::uint32_t code_point = first & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code_point = code_point << 6 | (next & 0x3f);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kLeast[bytes] || code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) return {};
  return {code_point, bytes};
}

bool acts_on_a_terminal(std::uint32_t c) {
  return (c >= 0x80 && c < 0xa0) ||                                                  // C1
         c == 0x061c || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 ||  // marks, line and paragraph ends
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||             // embeddings, overrides, isolates
         (c >= 0xfff9 && c <= 0xfffb);                                               // interlinear annotation
}

}  // namespace

std::string printable(std::string_view text, LineEnds ends) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const char c = text.front();
    std::size_t taken = 1;
    if (is_plain(c)) {
      out += c;
    } else if (c == '\n') {
      out += ends == LineEnds::kept ? "\n" : "\\n";
    } else if (static_cast<unsigned char>(c) < 0x80) {
      append_byte(out, static_cast<unsigned char>(c));
    } else if (const Character character = take(text); character.bytes == 0) {
      append_byte(out, static_cast<unsigned char>(c));
    } else {
      taken = character.bytes;
      if (acts_on_a_terminal(character.code_point))
        append_code_point(out, character.code_point);
      else
        out += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace cumulet
