#include "base/json.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/shapes.hpp"

using namespace cumulet;

// What was read and written once reads and writes the same again.
CUMULET_FUZZ(bytes) {
  const auto value = fuzzing::decoded(wire::Protocol::aws_json_1_1, bytes);
  if (value.ok()) {
    const std::string written = fuzzing::encoded(wire::Protocol::aws_json_1_1, *value);
    const auto again = fuzzing::decoded(wire::Protocol::aws_json_1_1, written);
    CUMULET_HOLDS(again.ok());
    CUMULET_HOLDS(fuzzing::encoded(wire::Protocol::aws_json_1_1, *again) == written);
  }
  const auto document = json::parse(bytes);
  if (!document.ok()) return;
  const std::string text = json::text(*document);
  const auto again = json::parse(text);
  CUMULET_HOLDS(again.ok());
  CUMULET_HOLDS(json::text(*again) == text);
}
