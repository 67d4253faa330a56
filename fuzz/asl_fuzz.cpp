#include <algorithm>

#include "asl/definition.hpp"
#include "asl/expression.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

// A definition parses exactly when nothing is wrong with it.
CUMULET_FUZZ(bytes) {
  const auto findings = asl::validate(bytes);
  const bool has_error =
      std::any_of(findings.begin(), findings.end(), [](const auto& d) { return d.severity == asl::Severity::error; });
  CUMULET_HOLDS(asl::parse(bytes).ok() == !has_error);
  (void)asl::Intrinsic::parse(bytes);
}
