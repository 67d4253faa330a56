#pragma once
#include <optional>
#include <string_view>

#include "asl/definition.hpp"

namespace cumulet::asl {

struct OperatorName {
  Operator op;
  bool path;  // "...Path": the operand is a path
};

// "NumericLessThanPath" → {numeric_less, path}; nullopt when it is no comparison operator.
std::optional<OperatorName> operator_named(std::string_view name);

enum class OperandKind { string, number, boolean, timestamp, flag };
OperandKind operand_kind(Operator op);

// True when the rule holds. Error: kRuntime for a variable or operand path that finds nothing.
Result<bool> holds(const Rule& rule, const Environment& env);

}  // namespace cumulet::asl
