#pragma once
#include <string>
#include <string_view>

#include "aws/wire/shape.hpp"

// Scalars as text: XML element content, Query values, headers, labels, query strings.
namespace cumulet::wire {

bool is_scalar(Kind kind);

// Whether a member of a REST response stands in its body: bindings of requests mean nothing there.
constexpr bool is_in_response_body(Location where) {
  return where != Location::header && where != Location::header_map && where != Location::status_code &&
         where != Location::payload;
}

// Member's format, else the shape's, else `fallback`.
TimestampFormat timestamp_format(const Member* member, const Shape& shape, TimestampFormat fallback);

// Booleans "true"/"false", blobs base64, floats shortest form or NaN/Infinity/-Infinity.
void append_scalar(std::string& out, const Shape& shape, const void* value, TimestampFormat format);
// Fills `value`; false when the text is not of the kind (or out of an integer's range).
bool parse_scalar(std::string_view text, const Shape& shape, void* value, TimestampFormat format);

void append_double(std::string& out, double d);
// "1422172800" or "1422172800.123".
void append_epoch_seconds(std::string& out, TimePoint t);
// nullopt outside the years 1 to 9999, which the other formats cannot write.
std::optional<TimePoint> from_epoch_seconds(double seconds);
void append_timestamp(std::string& out, TimePoint t, TimestampFormat format);
bool parse_timestamp(std::string_view text, TimePoint& out, TimestampFormat format);

}  // namespace cumulet::wire
