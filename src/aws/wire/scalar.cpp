#include "aws/wire/scalar.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/encoding.hpp"
#include "base/json.hpp"

namespace cumulet::wire {
namespace {

template <class Int>
bool parse_integer(std::string_view text, void* out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return false;
  *static_cast<Int*>(out) = value;
  return true;
}

bool parse_double(std::string_view text, double& out) {
  if (text == "NaN")
    out = std::numeric_limits<double>::quiet_NaN();
  else if (text == "Infinity")
    out = std::numeric_limits<double>::infinity();
  else if (text == "-Infinity")
    out = -std::numeric_limits<double>::infinity();
  else {
    if (text.empty() || (text.front() != '-' && (text.front() < '0' || text.front() > '9'))) return false;
    if (text.size() > 1 && text.front() == '-' && (text[1] < '0' || text[1] > '9')) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
  }
  return true;
}

}  // namespace

bool is_scalar(Kind kind) {
  switch (kind) {
    case Kind::structure:
    case Kind::list:
    case Kind::map:
    case Kind::document:
    case Kind::input_stream:
    case Kind::output_body: return false;
    default: return true;
  }
}

TimestampFormat timestamp_format(const Member* member, const Shape& shape, TimestampFormat fallback) {
  if (member && member->timestamp != TimestampFormat::unspecified) return member->timestamp;
  return shape.timestamp != TimestampFormat::unspecified ? shape.timestamp : fallback;
}

void append_double(std::string& out, double d) {
  if (std::isnan(d))
    out += "NaN";
  else if (std::isinf(d))
    out += d > 0 ? "Infinity" : "-Infinity";
  else
    json::append_text(out, json::value(d));
}

void append_epoch_seconds(std::string& out, TimePoint t) {
  std::int64_t ms = to_millis(t);
  if (ms < 0) {
    out += '-';
    ms = -ms;
  }
  out += std::to_string(ms / 1000);
  if (const auto rest = static_cast<int>(ms % 1000); rest != 0) {
    const char digits[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
    std::string_view tail(digits, sizeof digits);
    while (tail.back() == '0') tail.remove_suffix(1);
    out += tail;
  }
}

std::optional<TimePoint> from_epoch_seconds(double seconds) {
  constexpr double kYear1 = -62'135'596'800, kYear10000 = 253'402'300'800;
  if (!(seconds >= kYear1 && seconds < kYear10000)) return std::nullopt;
  const std::int64_t ms = std::llround(seconds * 1000);
  if (ms >= static_cast<std::int64_t>(kYear10000) * 1000) return std::nullopt;
  return from_millis(ms);
}

void append_timestamp(std::string& out, TimePoint t, TimestampFormat format) {
  switch (format) {
    case TimestampFormat::rfc822: out += http_date(t); break;
    case TimestampFormat::iso8601_millis: out += iso8601_millis(t); break;
    case TimestampFormat::iso8601: out += to_millis(t) % 1000 == 0 ? iso8601(t) : iso8601_millis(t); break;
    default: append_epoch_seconds(out, t);
  }
}

bool parse_timestamp(std::string_view text, TimePoint& out, TimestampFormat format) {
  std::optional<TimePoint> parsed;
  if (format == TimestampFormat::rfc822) parsed = parse_http_date(text);
  if (!parsed && format != TimestampFormat::unix) parsed = parse_iso8601(text);
  if (!parsed && format == TimestampFormat::unix) {
    double seconds = 0;
    if (!parse_double(text, seconds) || !std::isfinite(seconds)) return false;
    parsed = from_epoch_seconds(seconds);
  }
  if (!parsed) return false;
  out = *parsed;
  return true;
}

void append_scalar(std::string& out, const Shape& shape, const void* value, TimestampFormat format) {
  switch (shape.kind) {
    case Kind::string: out += *static_cast<const std::string*>(value); break;
    case Kind::blob: out += base64_encode(static_cast<const Blob*>(value)->bytes); break;
    case Kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; break;
    case Kind::integer: out += std::to_string(*static_cast<const int*>(value)); break;
    case Kind::long_: out += std::to_string(*static_cast<const std::int64_t*>(value)); break;
    case Kind::float_: {
      const float f = *static_cast<const float*>(value);
      if (!std::isfinite(f)) return append_double(out, f);
      char buffer[64];
      out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, f).ptr);
      break;
    }
    case Kind::double_: append_double(out, *static_cast<const double*>(value)); break;
    case Kind::timestamp: append_timestamp(out, *static_cast<const TimePoint*>(value), format); break;
    default: break;
  }
}

bool parse_scalar(std::string_view text, const Shape& shape, void* value, TimestampFormat format) {
  switch (shape.kind) {
    case Kind::string: *static_cast<std::string*>(value) = text; return true;
    case Kind::blob: {
      auto bytes = base64_decode(text);
      if (!bytes) return false;
      static_cast<Blob*>(value)->bytes = std::move(*bytes);
      return true;
    }
    case Kind::boolean: {
      const bool is_true = iequals(text, "true");
      if (!is_true && !iequals(text, "false")) return false;
      *static_cast<bool*>(value) = is_true;
      return true;
    }
    case Kind::integer: return parse_integer<int>(text, value);
    case Kind::long_: return parse_integer<std::int64_t>(text, value);
    case Kind::float_: {
      double d = 0;
      if (!parse_double(text, d)) return false;
      *static_cast<float*>(value) = static_cast<float>(d);
      return true;
    }
    case Kind::double_: return parse_double(text, *static_cast<double*>(value));
    case Kind::timestamp: return parse_timestamp(text, *static_cast<TimePoint*>(value), format);
    default: return false;
  }
}

}  // namespace cumulet::wire
