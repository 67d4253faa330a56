#pragma once
#include "aws/wire/codec.hpp"
#include "aws/wire/constraints.hpp"

// The Query protocol's input: "Tags.member.1.Key=a&Tags.member.1.Value=b".
namespace cumulet::wire {

inline constexpr std::size_t kFormPairs = 20'000;
inline constexpr int kFormDepth = 32;

// Error: MalformedQueryString where the keys contradict each other or nest too deep.
Result<void> read_form(const QueryPairs& pairs, const Shape& shape, void* out, Violations& violations);

}  // namespace cumulet::wire
