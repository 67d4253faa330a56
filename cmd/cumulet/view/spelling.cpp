#include "cmd/cumulet/view/spelling.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cumulet::view {
namespace {

// https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance (optimal string alignment)
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& words) {
  constexpr std::size_t kLongest = 64;
  if (typed.size() > kLongest) return {};
  std::string best;
  std::size_t least = std::min<std::size_t>(2, typed.size() / 3) + 1;
  for (const std::string& word : words)
    if (const std::size_t away = distance(lower(typed), lower(word)); away < least) {
      least = away;
      best = word;
    }
  return best;
}

}  // namespace cumulet::view
