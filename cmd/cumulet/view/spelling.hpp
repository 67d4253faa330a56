#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cumulet::view {

// The word that was probably meant: the nearest by letters that were left out, added, changed or swapped with their
// neighbour; case counts for nothing. Empty: none is near (a third of the letters at most, and two).
std::string nearest(std::string_view typed, const std::vector<std::string>& words);

}  // namespace cumulet::view
