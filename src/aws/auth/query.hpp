#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/encoding.hpp"

namespace cumulet::auth {

// Calls `each(name, raw value)` for every parameter of a query that is still percent-encoded.
template <class Each>
void for_each_parameter(std::string_view query, Each each) {
  std::size_t at = 0;
  while (at < query.size()) {
    const auto end = std::min(query.find('&', at), query.size());
    const auto pair = query.substr(at, end - at);
    at = end + 1;
    const auto equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      each(pair.substr(0, equals), equals < pair.size() ? pair.substr(equals + 1) : std::string_view{});
  }
}

// A malformed escape stays as it is.
inline std::string decoded_value(std::string_view raw) { return percent_decode(raw).value_or(std::string(raw)); }

}  // namespace cumulet::auth
