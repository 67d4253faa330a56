#pragma once
#include <string>
#include <string_view>

namespace cumulet {

// The text, with U+FFFD for every byte that is part of no UTF-8 character: what clients sent us in any bytes can then
// be told in JSON or XML, which have no others.
std::string readable_utf8(std::string_view text);

}  // namespace cumulet
