#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.hpp"
#include "services/iam/service.hpp"

namespace cumulet::iam {

inline constexpr int kDefaultPage = 100;

// Markers are the key of the last item of the page before, encoded so that nobody builds on it.
inline std::string marker_of(std::string_view last_key) { return base64_encode(last_key); }

inline Result<std::string> key_after(const std::optional<std::string>& marker) {
  if (!marker) return std::string{};
  auto key = base64_decode(*marker);
  if (!key) return Error{kValidationError, "Invalid Marker."};
  return std::move(*key);
}

// Cuts `all`, which is sorted by `key_of`, to the page that a request asks for; fills is_truncated and marker.
template <class Item, class KeyOf, class Response>
Result<void> cut_page(std::vector<Item>& all, KeyOf key_of, const std::optional<std::string>& marker,
                      std::optional<int> max_items, Response& response) {
  CUMULET_TRY(const std::string after, key_after(marker));
  std::erase_if(all, [&](const Item& item) { return key_of(item) <= after; });
  const auto limit = static_cast<std::size_t>(max_items.value_or(kDefaultPage));
  if (all.size() <= limit) return {};
  all.resize(limit);
  response.is_truncated = true;
  response.marker = marker_of(key_of(all.back()));
  return {};
}

}  // namespace cumulet::iam
