#include "base/text.hpp"

#include <algorithm>

namespace cumulet {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool matches_wildcard(std::string_view pattern, std::string_view text, Wildcards wildcards, Letters letters) {
  const auto same = [&](char p, char c) {
    if (p == '?' && wildcards == Wildcards::star_question) return true;
    return letters == Letters::exact ? p == c : lower(p) == lower(c);
  };
  // The text that the last `*` stands for grows by one byte each time that what follows it does not fit.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && same(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace cumulet
