#include "services/s3/metadata.hpp"

#include <algorithm>
#include <optional>

#include "base/encoding.hpp"
#include "base/http.hpp"

namespace cumulet::s3 {
namespace {

bool is_plain(char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; }
bool all_plain(std::string_view text) { return std::all_of(text.begin(), text.end(), is_plain); }

// "Q" of RFC 2047: '_' is a space, "=C3" a byte.
std::optional<std::string> decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

// The text of "=?charset?B?...?=" at the start of `rest`, and takes it off.
std::optional<std::string> take_word(std::string_view& rest) {
  if (!rest.starts_with("=?")) return std::nullopt;
  const auto charset_end = rest.find('?', 2);
  if (charset_end == rest.npos || charset_end + 2 >= rest.size() || rest[charset_end + 2] != '?') return std::nullopt;
  const auto end = rest.find("?=", charset_end + 3);
  if (end == rest.npos) return std::nullopt;
  const std::string_view charset = rest.substr(2, charset_end - 2);
  const char encoding = rest[charset_end + 1];
  const std::string_view encoded = rest.substr(charset_end + 3, end - charset_end - 3);
  std::optional<std::string> text;
  if (encoding == 'B' || encoding == 'b') text = base64_decode(encoded);
  if (encoding == 'Q' || encoding == 'q') text = decode_q(encoded);
  if (!text) return std::nullopt;
  if (iequals(charset, "ISO-8859-1"))
    text = latin1_to_utf8(*text);
  else if (!iequals(charset, "UTF-8") && !iequals(charset, "US-ASCII"))
    return std::nullopt;
  if (!is_valid_utf8(*text)) return std::nullopt;
  rest.remove_prefix(end + 2);
  return text;
}

}  // namespace

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | u >> 6);
      out += static_cast<char>(0x80 | (u & 0x3F));
    }
  }
  return out;
}

std::string metadata_text(std::string_view header) {
  if (header.find("=?") == header.npos) return latin1_to_utf8(header);
  std::string out;
  std::string spaces;  // between two words they are no part of the text
  bool after_word = false;
  while (!header.empty()) {
    if (auto word = take_word(header)) {
      if (!after_word) out += spaces;
      spaces.clear();
      out += *word;
      after_word = true;
      continue;
    }
    if (header.front() == ' ' || header.front() == '\t') {
      spaces += header.front();
      header.remove_prefix(1);
      continue;
    }
    out += spaces;
    spaces.clear();
    after_word = false;
    const std::size_t end = std::min(header.find_first_of(" \t", 1), std::max<std::size_t>(header.find("=?", 1), 1));
    out += latin1_to_utf8(header.substr(0, end));
    header.remove_prefix(std::min(end, header.size()));
  }
  return out + spaces;
}

// A text that itself looks like an encoded word would be read as one: it is encoded too.
std::string metadata_header(std::string_view text) {
  if (all_plain(text) && metadata_text(text) == text) return std::string(text);
  return "=?UTF-8?B?" + base64_encode(text) + "?=";
}

}  // namespace cumulet::s3
