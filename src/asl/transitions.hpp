#pragma once
#include <vector>

#include "asl/definition.hpp"

namespace cumulet::asl {

// Transitions that lead nowhere, states that nothing leads to, a machine without an end. Of a definition whose fields
// are well formed (validate.cpp).
std::vector<Diagnostic> transition_findings(const json::object& machine);

}  // namespace cumulet::asl
