#include <cmath>

#include "base/json.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/shapes.hpp"

using namespace cumulet;

namespace {

// Equal but for the last bits of doubles: Boost.JSON 1.81 does not round numbers of many digits exactly, so that
// writing and reading moves them by an ulp (docs/differences.md).
bool same(const json::value& a, const json::value& b) {
  if (a.is_double() || b.is_double()) {
    if (!a.is_number() || !b.is_number()) return false;
    const double x = a.to_number<double>(), y = b.to_number<double>();
    return x == y || std::fabs(x - y) <= 4e-16 * std::fmax(std::fabs(x), std::fabs(y));
  }
  if (a.kind() != b.kind()) return false;
  if (a.is_array()) {
    if (a.get_array().size() != b.get_array().size()) return false;
    for (std::size_t i = 0; i < a.get_array().size(); ++i)
      if (!same(a.get_array()[i], b.get_array()[i])) return false;
    return true;
  }
  if (a.is_object()) {
    if (a.get_object().size() != b.get_object().size()) return false;
    for (const auto& [key, value] : a.get_object()) {
      const auto* other = b.get_object().if_contains(key);
      if (!other || !same(value, *other)) return false;
    }
    return true;
  }
  return a == b;
}

bool same_text(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto x = json::parse(a), y = json::parse(b);
  return x.ok() && y.ok() && same(*x, *y);
}

}  // namespace

// What was read and written once reads and writes the same again.
CUMULET_FUZZ(bytes) {
  const auto value = fuzzing::decoded(wire::Protocol::aws_json_1_1, bytes);
  if (value.ok()) {
    const std::string written = fuzzing::encoded(wire::Protocol::aws_json_1_1, *value);
    const auto again = fuzzing::decoded(wire::Protocol::aws_json_1_1, written);
    CUMULET_HOLDS(again.ok());
    CUMULET_HOLDS(same_text(fuzzing::encoded(wire::Protocol::aws_json_1_1, *again), written));
  }
  const auto document = json::parse(bytes);
  if (!document.ok()) return;
  const std::string text = json::text(*document);
  const auto again = json::parse(text);
  CUMULET_HOLDS(again.ok());
  CUMULET_HOLDS(same_text(json::text(*again), text));
}
