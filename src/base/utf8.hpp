#pragma once
#include <string>
#include <string_view>

namespace cumulet {

// The text with U+FFFD for every byte that belongs to no character.
std::string with_valid_utf8(std::string_view text);

// At most `bytes` of it, without cutting a character.
std::string_view cut_utf8(std::string_view text, std::size_t bytes);

}  // namespace cumulet
