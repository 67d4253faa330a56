#include "base/readable.hpp"

#include "base/encoding.hpp"

namespace cumulet {

std::string readable_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::string_view character = text.substr(0, lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
    const bool is_whole = is_valid_utf8(character);
    out += is_whole ? character : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(is_whole ? character.size() : 1);
  }
  return out;
}

}  // namespace cumulet
