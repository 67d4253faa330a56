#include "aws/wire/json_codec.hpp"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <cmath>
#include <limits>

#include "aws/wire/codec.hpp"
#include "aws/wire/scalar.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"

namespace cumulet::wire {
namespace {

namespace bj = boost::json;

// JSON knows no flattening: the name that a flattened list's entries have in XML and Query says nothing here.
std::string_view json_name(const Member& m) { return m.wire_name.empty() || m.is_flattened ? m.name : m.wire_name; }

class Reader {
 public:
  Reader(Violations& violations, Scalars scalars) : violations_(violations), scalars_(scalars) {}

  bool structure(const bj::value& json, const Shape& shape, void* out, Members members) {
    const bj::object* object = json.if_object();
    if (!object) return refuse_instead_of_structure(json);
    for (const Member& m : shape.members) {
      if (members == Members::body && m.location != Location::body) continue;
      const bj::value* found = object->if_contains(json_name(m));
      if (!found || found->is_null()) {
        if (m.is_required) {
          Violations::Scope scope(violations_, m.name);
          violations_.missing();
        }
        continue;
      }
      Violations::Scope scope(violations_, m.name);
      const Shape& target = *m.shape(m);
      void* member_value = m.emplace(m, out);
      if (!value(*found, target, &m, member_value)) return false;
      violations_.check(m, target, member_value);
    }
    return true;
  }

  bool value(const bj::value& json, const Shape& shape, const Member* m, void* out) {
    switch (shape.kind) {
      case Kind::structure: return structure(json, shape, out, Members::all);
      case Kind::list: return list(json, shape, out);
      case Kind::map: return map(json, shape, out);
      case Kind::string: {
        const auto* text = json.if_string();
        if (!text && scalars_ == Scalars::as_text && (json.is_number() || json.is_bool())) {
          *static_cast<std::string*>(out) = json::text(json);
          return true;
        }
        if (!text) return refuse(json, "String");
        static_cast<std::string*>(out)->assign(text->data(), text->size());
        return true;
      }
      case Kind::blob: {
        const auto* text = json.if_string();
        if (!text) return refuse(json, "Blob");
        auto bytes = base64_decode({text->data(), text->size()});
        if (!bytes) return fail("Blob input is not valid base64");
        static_cast<Blob*>(out)->bytes = std::move(*bytes);
        return true;
      }
      case Kind::boolean: {
        const bool* flag = json.if_bool();
        if (!flag) return refuse(json, "Boolean");
        *static_cast<bool*>(out) = *flag;
        return true;
      }
      case Kind::integer: {
        std::int64_t wide = 0;
        if (!integer(json, wide, "Integer")) return false;
        if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
          return fail("NUMBER_VALUE out of range for Integer");
        *static_cast<int*>(out) = static_cast<int>(wide);
        return true;
      }
      case Kind::long_: return integer(json, *static_cast<std::int64_t*>(out), "Long");
      case Kind::float_: {
        double d = 0;
        if (!number(json, d, "Float")) return false;
        *static_cast<float*>(out) = static_cast<float>(d);
        return true;
      }
      case Kind::double_: return number(json, *static_cast<double*>(out), "Double");
      case Kind::timestamp:
        return timestamp(json, timestamp_format(m, shape, TimestampFormat::unix), *static_cast<TimePoint*>(out));
      case Kind::document: *static_cast<bj::value*>(out) = json; return true;
      case Kind::input_stream:
      case Kind::output_body: return fail("Unexpected field type");
    }
    return false;
  }

  const std::string& message() const { return message_; }

 private:
  bool list(const bj::value& json, const Shape& shape, void* out) {
    const bj::array* array = json.if_array();
    if (!array) {
      if (json.is_object()) return fail("Start of structure or map found where not expected.");
      return fail(json.is_string() ? "Unrecognized collection type class java.lang.String" : "Unexpected field type");
    }
    const Shape& element = *shape.element(shape);
    std::size_t index = 0;
    for (const bj::value& item : *array) {
      Violations::Scope scope(violations_, index++);
      if (item.is_null()) continue;
      if (!value(item, element, nullptr, shape.append(shape, out))) return false;
    }
    return true;
  }

  bool map(const bj::value& json, const Shape& shape, void* out) {
    const bj::object* object = json.if_object();
    if (!object) return refuse_instead_of_structure(json);
    const Shape& element = *shape.element(shape);
    for (const auto& [key, item] : *object) {
      if (item.is_null()) continue;
      Violations::Scope scope(violations_, std::string_view(key));
      if (!value(item, element, nullptr, shape.put(shape, out, key))) return false;
    }
    return true;
  }

  bool integer(const bj::value& json, std::int64_t& out, std::string_view type) {
    if (const auto* i = json.if_int64()) {
      out = *i;
      return true;
    }
    if (json.is_uint64()) return fail("NUMBER_VALUE out of range for " + std::string(type));
    if (const double* d = json.if_double()) {
      if (std::fabs(*d) > 9e18) return fail("NUMBER_VALUE out of range for " + std::string(type));
      out = static_cast<std::int64_t>(*d);  // AWS truncates
      return true;
    }
    return refuse(json, type);
  }

  bool number(const bj::value& json, double& out, std::string_view type) {
    if (const auto* i = json.if_int64())
      out = static_cast<double>(*i);
    else if (const auto* u = json.if_uint64())
      out = static_cast<double>(*u);
    else if (const auto* d = json.if_double())
      out = *d;
    else if (const auto* text = json.if_string();
             text && (*text == "NaN" || *text == "Infinity" || *text == "-Infinity"))
      out = *text == "NaN" ? std::numeric_limits<double>::quiet_NaN()
                           : (text->front() == '-' ? -1 : 1) * std::numeric_limits<double>::infinity();
    else
      return refuse(json, type);
    return true;
  }

  bool timestamp(const bj::value& json, TimestampFormat format, TimePoint& out) {
    if (const auto* text = json.if_string())
      return parse_timestamp({text->data(), text->size()}, out,
                             format == TimestampFormat::unix ? TimestampFormat::iso8601 : format) ||
             refuse(json, "Timestamp");
    double seconds = 0;
    if (!number(json, seconds, "Timestamp")) return false;
    const auto time = from_epoch_seconds(seconds);
    if (!time) return fail("Timestamp out of range");
    out = *time;
    return true;
  }

  bool refuse_instead_of_structure(const bj::value& json) {
    if (json.is_array()) return fail("Start of list found where not expected");
    return fail("Unexpected field type");
  }

  bool refuse(const bj::value& json, std::string_view type) {
    std::string_view got = "NUMBER_VALUE";
    switch (json.kind()) {
      case bj::kind::object: return fail("Start of structure or map found where not expected.");
      case bj::kind::array: return fail("Start of list found where not expected");
      case bj::kind::string: got = "STRING_VALUE"; break;
      case bj::kind::bool_: got = json.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE"; break;
      default: break;
    }
    return fail(std::string(got) + " can not be converted to " + (type == "Integer" ? "an " : "a ") +
                std::string(type));
  }

  bool fail(std::string message) {
    message_ = std::move(message);
    return false;
  }

  Violations& violations_;
  Scalars scalars_;
  std::string message_;
};

void write_value(std::string& out, const Shape& shape, const Member* m, const void* value);

void write_structure(std::string& out, const Shape& shape, const void* value, Members members) {
  out += '{';
  bool first = true;
  for (const Member& m : shape.members) {
    if (members == Members::body && !is_in_response_body(m.location)) continue;
    const void* member_value = m.get(m, value);
    if (!member_value) continue;
    if (!first) out += ',';
    first = false;
    json::append_quoted(out, json_name(m));
    out += ':';
    write_value(out, *m.shape(m), &m, member_value);
  }
  out += '}';
}

void write_value(std::string& out, const Shape& shape, const Member* m, const void* value) {
  switch (shape.kind) {
    case Kind::structure: return write_structure(out, shape, value, Members::all);
    case Kind::list: {
      const Shape& element = *shape.element(shape);
      const std::size_t count = shape.size(shape, value);
      out += '[';
      for (std::size_t i = 0; i < count; ++i) {
        if (i) out += ',';
        write_value(out, element, nullptr, shape.at(shape, value, i));
      }
      out += ']';
      return;
    }
    case Kind::map: {
      struct Visit {
        std::string& out;
        const Shape& element;
        bool first;
      } visit{out, *shape.element(shape), true};
      out += '{';
      shape.each(shape, value, &visit, [](void* context, std::string_view key, const void* item) {
        auto& v = *static_cast<Visit*>(context);
        if (!v.first) v.out += ',';
        v.first = false;
        json::append_quoted(v.out, key);
        v.out += ':';
        write_value(v.out, v.element, nullptr, item);
      });
      out += '}';
      return;
    }
    case Kind::string: return json::append_quoted(out, *static_cast<const std::string*>(value));
    case Kind::timestamp: {
      const TimestampFormat format = timestamp_format(m, shape, TimestampFormat::unix);
      const bool quoted = format != TimestampFormat::unix;
      if (quoted) out += '"';
      append_timestamp(out, *static_cast<const TimePoint*>(value), format);
      if (quoted) out += '"';
      return;
    }
    case Kind::blob:
      out += '"';
      append_scalar(out, shape, value, TimestampFormat::unix);
      out += '"';
      return;
    case Kind::float_:
    case Kind::double_: {
      const double d = shape.kind == Kind::float_ ? static_cast<double>(*static_cast<const float*>(value))
                                                  : *static_cast<const double*>(value);
      if (!std::isfinite(d)) out += '"';
      append_scalar(out, shape, value, TimestampFormat::unix);
      if (!std::isfinite(d)) out += '"';
      return;
    }
    case Kind::document: return json::append_text(out, *static_cast<const bj::value*>(value));
    case Kind::input_stream:
    case Kind::output_body: out += "null"; return;
    default: return append_scalar(out, shape, value, TimestampFormat::unix);
  }
}

}  // namespace

Result<void> read_json(std::string_view text, const Shape& shape, void* out, Members members, Violations& violations,
                       Scalars scalars) {
  Reader reader(violations, scalars);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    if (shape.kind == Kind::structure) reader.structure(bj::value(bj::object_kind), shape, out, members);
    return {};
  }
  std::array<unsigned char, 4096> scratch;
  bj::monotonic_resource memory(scratch.data(), scratch.size());
  const auto parsed = json::parse(text, {.depth = kJsonDepth}, &memory);
  if (!parsed.ok())
    return Error{kSerializationException, "Unable to parse the request body as JSON: " + parsed.error().message()};
  const bj::value& json = *parsed;
  const bool ok = shape.kind == Kind::structure ? reader.structure(json, shape, out, members)
                                                : reader.value(json, shape, nullptr, out);
  if (!ok) return Error{kSerializationException, reader.message()};
  return {};
}

void write_json(std::string& out, const Shape& shape, const void* value, Members members) {
  if (shape.kind == Kind::structure)
    write_structure(out, shape, value, members);
  else
    write_value(out, shape, nullptr, value);
}

}  // namespace cumulet::wire
