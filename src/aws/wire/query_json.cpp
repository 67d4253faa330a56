#include "aws/wire/codec.hpp"
#include "aws/wire/scalar.hpp"
#include "base/json.hpp"
#include "base/readable.hpp"

// Query's answers as JSON: the same elements, but lists are arrays, maps are arrays of their entries, and what is
// absent is null.
namespace cumulet::wire {
namespace {

// SQS's own spelling of two lists, as its answers through API Gateway show it.
std::string_view json_name(const Member& m) {
  if (m.name == "Messages") return "messages";
  if (m.name == "QueueUrls") return "queueUrls";
  return m.wire_name.empty() || m.is_flattened ? m.name : m.wire_name;
}

void append_member(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  json::append_quoted(out, name);
  out += ':';
}

void write_value(std::string& out, const Shape& shape, const Member* m, const void* value);

void write_structure(std::string& out, const Shape& shape, const void* value) {
  out += '{';
  for (const Member& m : shape.members) {
    append_member(out, json_name(m));
    if (const void* there = m.get(m, value))
      write_value(out, *m.shape(m), &m, there);
    else
      out += "null";
  }
  out += '}';
}

void write_map(std::string& out, const Shape& shape, const Member* m, const void* value) {
  struct Visit {
    std::string& out;
    const Shape& element;
    std::string_view key_name, value_name;
  } visit{out, *shape.element(shape), m != nullptr && !m->key_name.empty() ? m->key_name : "key",
          m != nullptr && !m->value_name.empty() ? m->value_name : "value"};
  out += '[';
  shape.each(shape, value, &visit, [](void* context, std::string_view key, const void* item) {
    auto& v = *static_cast<Visit*>(context);
    v.out += v.out.back() == '[' ? "{" : ",{";
    append_member(v.out, v.key_name);
    json::append_quoted(v.out, key);
    append_member(v.out, v.value_name);
    write_value(v.out, v.element, nullptr, item);
    v.out += '}';
  });
  out += ']';
}

void write_value(std::string& out, const Shape& shape, const Member* m, const void* value) {
  switch (shape.kind) {
    case Kind::structure: return write_structure(out, shape, value);
    case Kind::map: return write_map(out, shape, m, value);
    case Kind::list: {
      const std::size_t count = shape.size(shape, value);
      out += '[';
      for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        write_value(out, *shape.element(shape), nullptr, shape.at(shape, value, i));
      }
      out += ']';
      return;
    }
    case Kind::boolean:
    case Kind::integer:
    case Kind::long_:
    case Kind::timestamp: return append_scalar(out, shape, value, TimestampFormat::unix);
    default: {
      std::string text;
      append_scalar(text, shape, value, TimestampFormat::unix);
      json::append_quoted(out, text);
    }
  }
}

http::Response json_response(int status, std::string body, std::string_view request_id) {
  http::Response response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", "application/json");
  response.body = http::Body(std::move(body));
  return response;
}

}  // namespace

http::Response encode_query_json(const Operation& op, const void* output, std::string_view request_id) {
  std::string out = "{";
  append_member(out, std::string(op.name) + "Response");
  out += '{';
  if (!op.output->members.empty()) {
    append_member(out, std::string(op.name) + "Result");
    write_structure(out, *op.output, output);
  }
  append_member(out, "ResponseMetadata");
  out += '{';
  append_member(out, "RequestId");
  json::append_quoted(out, request_id);
  out += "}}}";
  return json_response(op.success_status, std::move(out), request_id);
}

http::Response encode_query_json_error(const Error& error, std::string_view request_id) {
  const auto& kind = error.kind();
  std::string out = "{";
  append_member(out, "Error");
  out += '{';
  append_member(out, "Code");
  json::append_quoted(out, kind.query_code.empty() ? error.code() : kind.query_code);
  append_member(out, "Message");
  json::append_quoted(out, readable_utf8(error.message()));
  append_member(out, "Type");
  json::append_quoted(out, error.status() >= 500 ? "Receiver" : "Sender");
  out += '}';
  append_member(out, "RequestId");
  json::append_quoted(out, request_id);
  out += '}';
  return json_response(error.status(), std::move(out), request_id);
}

}  // namespace cumulet::wire
