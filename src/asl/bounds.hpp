#pragma once
#include <cstddef>

#include "asl/payload.hpp"
#include "base/json.hpp"

// What evaluating one expression may cost. A definition of a megabyte can name an input of 256 KB a hundred thousand
// times, and a path can visit each value once for each of the others: refused before the memory is taken, since what is
// larger than a payload may be is refused in the end anyway.
namespace cumulet::asl {

inline constexpr std::size_t kMostVisits = 1'000'000;              // of values, by one path with its filters
inline constexpr std::size_t kMostFilled = 16 * kMaxPayloadBytes;  // bytes that one template or list may take
// https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#variable-limits
inline constexpr std::size_t kMaxVariablesBytes = 10 * 1024 * 1024;  // of one execution

// Takes what `v` weighs, about its text's length, off `left`; false, and nothing left, when it weighs more.
bool take_weight(const json::value& v, std::size_t& left);

}  // namespace cumulet::asl
