#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

inline constexpr ErrorKind kMalformedJson{"SerializationException", 400};

struct Limits {
  std::size_t depth = 256;
};

// Parses one JSON text (RFC 8259, UTF-8) into values that live in `storage`. A number with a fraction, an exponent or
// beyond 64 bits becomes the double nearest to it. Error: kMalformedJson with position.
Result<value> parse(std::string_view text, Limits limits = {}, boost::json::storage_ptr storage = {});

// Compact text, no blanks, members in order, non-ASCII as it is. Doubles as the shortest decimal that reads back the
// same, in plain notation where JavaScript would use it (Boost would write 0.1 as 1E-1).
std::string text(const value& v);
void append_text(std::string& out, const value& v);
void append_quoted(std::string& out, std::string_view s);

// Member look-up that does not throw: nullptr when absent or when v is no object.
const value* find(const value& v, std::string_view key);
// The member's text; empty when it is absent or no string.
std::string text_at(const value& v, std::string_view key);

}  // namespace cumulet::json
