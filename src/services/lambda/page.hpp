#pragma once
#include <optional>
#include <string>

#include "base/encoding.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {

// After what a page goes on: the text in a Marker, which is the base64 of it; empty: from the beginning.
inline Result<std::string> marker_text(const std::optional<std::string>& marker) {
  if (!marker || marker->empty()) return std::string();
  auto decoded = base64_decode(*marker);
  if (!decoded) return user_error(kInvalidParameterValue, "Invalid Marker");
  return std::move(*decoded);
}

}  // namespace cumulet::lambda
