#include "fuzz/fuzz.hpp"
#include "fuzz/shapes.hpp"

using namespace cumulet;

CUMULET_FUZZ(bytes) {
  const auto value = fuzzing::decoded(wire::Protocol::rest_xml, bytes);
  if (!value.ok()) return;
  const std::string written = fuzzing::encoded(wire::Protocol::rest_xml, *value);
  const auto again = fuzzing::decoded(wire::Protocol::rest_xml, written);
  CUMULET_HOLDS(again.ok());
  const std::string rewritten = fuzzing::encoded(wire::Protocol::rest_xml, *again);
  CUMULET_HOLDS(rewritten == written);
}
