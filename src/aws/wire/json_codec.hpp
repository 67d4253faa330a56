#pragma once
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "aws/wire/constraints.hpp"
#include "aws/wire/shape.hpp"
#include "base/result.hpp"

// Structures as JSON: awsJson bodies, REST-JSON bodies and payloads.
namespace cumulet::wire {

inline constexpr std::size_t kJsonDepth = 128;

enum class Members { all, body };  // which members of the outermost structure are in the JSON (REST: body only)

// Reads one JSON text into a value of `shape`. An empty text is an empty structure. Constraint breaks go to
// `violations`; wrong types and malformed text are SerializationException.
Result<void> read_json(std::string_view text, const Shape& shape, void* out, Members members, Violations& violations,
                       Scalars scalars = Scalars::strict);

void write_json(std::string& out, const Shape& shape, const void* value, Members members);

}  // namespace cumulet::wire
