#include "base/json.hpp"
#include "fuzz/fuzz.hpp"
#include "services/lambda/payload_check.hpp"

using namespace cumulet;

// What is refused is no JSON, and what is taken is.
CUMULET_FUZZ(bytes) {
  const auto checked = lambda::check_payload(bytes);
  CUMULET_HOLDS(checked.ok() == json::parse(bytes).ok());
}
