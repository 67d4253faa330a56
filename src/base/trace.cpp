#include "base/trace.hpp"

#include <algorithm>
#include <cstdio>

#include "base/encoding.hpp"
#include "base/http.hpp"
#include "base/text.hpp"

namespace cumulet {
namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

// "1-", 8 hex digits, "-", 24 hex digits.
bool is_root(std::string_view text) {
  return text.size() == 35 && text.starts_with("1-") && text[10] == '-' && is_hex(text.substr(2, 8)) &&
         is_hex(text.substr(11));
}

}  // namespace

std::string_view trace_root(std::string_view header) {
  if (is_root(header)) return header;
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    std::string_view field = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (field.starts_with(' ')) field.remove_prefix(1);
    if (field.size() == 40 && iequals(field.substr(0, 5), "Root=") && is_root(field.substr(5)))
      return field.substr(5);
  }
  return {};
}

std::string derived_trace_root(TimePoint began, std::string_view name) {
  char seconds[16];
  std::snprintf(seconds, sizeof seconds, "1-%08llx-",
                static_cast<unsigned long long>(to_millis(began) / 1000) & 0xffffffffull);
  return seconds + hex_encode(md5(name)).substr(0, 24);
}

}  // namespace cumulet
