#include "aws/wire/http_binding.hpp"

#include <algorithm>
#include <map>

#include "aws/wire/json_codec.hpp"
#include "aws/wire/scalar.hpp"
#include "aws/wire/xml_codec.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"

namespace cumulet::wire {
namespace {

constexpr ErrorKind kInvalidArgument{"InvalidArgument", 400};

std::string_view wire_name(const Member& m) { return m.wire_name.empty() ? m.name : m.wire_name; }

TimestampFormat default_format(const Member& m) {
  return m.location == Location::header || m.location == Location::header_map ? TimestampFormat::rfc822
                                                                              : TimestampFormat::iso8601;
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Elements of a comma-separated field; quoted strings may hold commas, an HTTP date holds one.
std::vector<std::string> split_header(std::string_view text, int commas_inside) {
  std::vector<std::string> out;
  std::size_t i = 0;
  while (i < text.size()) {
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
    std::string item;
    if (i < text.size() && text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        item += text[i];
      }
      const auto comma = text.find(',', i);
      i = comma == std::string_view::npos ? text.size() : comma + 1;
    } else {
      std::size_t end = text.find(',', i);
      for (int n = 0; n < commas_inside && end != std::string_view::npos; ++n) end = text.find(',', end + 1);
      item = trimmed(text.substr(i, end == std::string_view::npos ? end : end - i));
      i = end == std::string_view::npos ? text.size() : end + 1;
    }
    out.push_back(std::move(item));
  }
  return out;
}

class RestReader {
 public:
  RestReader(Protocol protocol, const DecodeRequest& request, Violations& violations)
      : protocol_(protocol), request_(request), violations_(violations) {}

  Result<void> members(const Shape& shape, void* input) {
    for (const Member& m : shape.members) {
      if (m.location == Location::body) continue;
      Violations::Scope scope(violations_, m.name);
      const Shape& target = *m.shape(m);
      if (m.location == Location::payload) {
        CUMULET_CHECK(payload(m, target, input));
        continue;
      }
      CUMULET_TRY(const bool present, bound(m, target, input));
      if (!present && m.is_required) violations_.missing();
      if (present) violations_.check(m, target, m.get(m, input));
    }
    return {};
  }

 private:
  Result<bool> bound(const Member& m, const Shape& target, void* input) {
    switch (m.location) {
      case Location::label:
      case Location::greedy_label:
        for (const auto& [name, value] : request_.route->labels)
          if (name == m.name || name == wire_name(m)) return scalar(m, target, value, input);
        return false;
      case Location::query: return query(m, target, input);
      case Location::query_map: return query_map(m, target, input);
      case Location::header: return header(m, target, input);
      case Location::header_map: return header_map(m, target, input);
      default: return false;
    }
  }

  Result<bool> scalar(const Member& m, const Shape& target, std::string_view text, void* input) {
    if (m.location != Location::label && text.empty() && target.kind != Kind::string) return false;
    std::string decoded;
    if (m.is_json_value && m.location == Location::header) {
      auto bytes = base64_decode(text);
      if (!bytes) return unreadable(m, target, text);
      decoded = std::move(*bytes);
      text = decoded;
    }
    const auto format = timestamp_format(&m, target, default_format(m));
    // Into a fresh value first would need a copy: unreadable values end the request, but for dates S3 ignores.
    TimePoint probe;
    if (target.kind == Kind::timestamp && protocol_ == Protocol::rest_xml && m.location == Location::header &&
        !parse_timestamp(text, probe, format))
      return false;
    if (!parse_scalar(text, target, m.emplace(m, input), format)) return unreadable(m, target, text);
    return true;
  }

  Result<bool> list_item(const Member& m, const Shape& list, std::string_view text, void* value) {
    const Shape& element = *list.element(list);
    if (!parse_scalar(text, element, list.append(list, value), timestamp_format(&m, element, default_format(m))))
      return unreadable(m, element, text);
    return true;
  }

  Result<bool> query(const Member& m, const Shape& target, void* input) {
    void* list = nullptr;
    for (const auto& [key, value] : *request_.query) {
      if (key != wire_name(m)) continue;
      if (target.kind != Kind::list) return scalar(m, target, value, input);
      if (!list) list = m.emplace(m, input);
      CUMULET_CHECK(list_item(m, target, value, list));
    }
    return list != nullptr;
  }

  Result<bool> query_map(const Member& m, const Shape& target, void* input) {
    if (request_.query->empty()) return false;
    void* map = m.emplace(m, input);
    const Shape& element = *target.element(target);
    for (const auto& [key, value] : *request_.query) {
      void* slot = target.put(target, map, key);
      if (element.kind == Kind::list) {
        CUMULET_CHECK(list_item(m, element, value, slot));
      } else if (!parse_scalar(value, element, slot, TimestampFormat::iso8601)) {
        return unreadable(m, element, value);
      }
    }
    return true;
  }

  Result<bool> header(const Member& m, const Shape& target, void* input) {
    void* list = nullptr;
    for (const auto& [name, value] : request_.head->headers) {
      if (!iequals(name, wire_name(m))) continue;
      if (target.kind != Kind::list) return scalar(m, target, trimmed(value), input);
      if (!list) list = m.emplace(m, input);
      const Shape& element = *target.element(target);
      const bool dates = element.kind == Kind::timestamp &&
                         timestamp_format(&m, element, TimestampFormat::rfc822) == TimestampFormat::rfc822;
      for (const auto& item : split_header(value, dates ? 1 : 0)) CUMULET_CHECK(list_item(m, target, item, list));
    }
    return list != nullptr;
  }

  Result<bool> header_map(const Member& m, const Shape& target, void* input) {
    std::map<std::string, std::string> joined;  // fields of one name are one field, their values joined by commas
    for (const auto& [name, value] : request_.head->headers) {
      if (name.size() <= m.wire_name.size() ||
          !iequals(std::string_view(name).substr(0, m.wire_name.size()), m.wire_name))
        continue;
      std::string key = lower(std::string_view(name).substr(m.wire_name.size()));
      const auto [found, is_new] = joined.try_emplace(std::move(key));
      if (!is_new) found->second += ',';
      found->second += trimmed(value);
    }
    if (joined.empty()) return false;
    void* const map = m.emplace(m, input);
    for (const auto& [key, value] : joined)
      if (!parse_scalar(value, *target.element(target), target.put(target, map, key), TimestampFormat::rfc822))
        return unreadable(m, *target.element(target), value);
    return true;
  }

  Result<void> payload(const Member& m, const Shape& target, void* input) {
    if (target.kind == Kind::input_stream) {
      *static_cast<InputStream*>(m.emplace(m, input)) = request_.stream;
      return {};
    }
    if (request_.body.empty()) {
      if (m.is_required) violations_.missing();
      return {};
    }
    void* value = m.emplace(m, input);
    if (target.kind == Kind::blob) {
      static_cast<Blob*>(value)->bytes = request_.body;
    } else if (target.kind == Kind::string) {
      *static_cast<std::string*>(value) = request_.body;
    } else if (protocol_ == Protocol::rest_xml) {
      CUMULET_CHECK(read_xml(request_.body, target, value, Members::all, violations_));
    } else {
      CUMULET_CHECK(read_json(request_.body, target, value, Members::all, violations_));
    }
    violations_.check(m, target, value);
    return {};
  }

  Error unreadable(const Member& m, const Shape& target, std::string_view text) {
    const std::string name(wire_name(m));
    if (protocol_ == Protocol::rest_json)
      return Error{kSerializationException, "Unable to read the value '" + std::string(text) + "' of " + name};
    const bool is_number = target.kind == Kind::integer || target.kind == Kind::long_;
    return Error{kInvalidArgument, is_number ? "Provided " + name + " not an integer or within integer range"
                                             : "Invalid value for " + name}
        .with("ArgumentName", name)
        .with("ArgumentValue", std::string(text));
  }

  Protocol protocol_;
  const DecodeRequest& request_;
  Violations& violations_;
};

std::string quoted_if_needed(std::string text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void add_header(http::Headers& headers, const Member& m, const Shape& target, const void* value) {
  std::string text;
  if (target.kind == Kind::list) {
    const Shape& element = *target.element(target);
    const std::size_t count = target.size(target, value);
    for (std::size_t i = 0; i < count; ++i) {
      std::string item;
      append_scalar(item, element, target.at(target, value, i), timestamp_format(&m, element, TimestampFormat::rfc822));
      if (element.kind == Kind::string) item = quoted_if_needed(std::move(item));
      (text += i ? ", " : "") += item;
    }
  } else {
    append_scalar(text, target, value, timestamp_format(&m, target, TimestampFormat::rfc822));
    if (m.is_json_value) text = base64_encode(text);
  }
  if (!text.empty()) headers.add(std::string(wire_name(m)), std::move(text));
}

void add_header_map(http::Headers& headers, const Member& m, const Shape& target, const void* value) {
  struct Visit {
    http::Headers& headers;
    const Member& m;
    const Shape& element;
  } visit{headers, m, *target.element(target)};
  target.each(target, value, &visit, [](void* context, std::string_view key, const void* item) {
    auto& v = *static_cast<Visit*>(context);
    std::string text;
    append_scalar(text, v.element, item, TimestampFormat::rfc822);
    v.headers.add(std::string(v.m.wire_name).append(key), std::move(text));
  });
}

constexpr std::string_view kXmlDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

// Returns the content type.
std::string_view write_payload(Protocol protocol, const ServiceDescriptor& service, const Member& m,
                               const Shape& target, void* value, http::Response& response) {
  switch (target.kind) {
    case Kind::output_body: response.body = std::move(*static_cast<http::Body*>(value)); return {};
    case Kind::blob:
      response.body = http::Body(std::move(static_cast<Blob*>(value)->bytes));
      return "application/octet-stream";
    case Kind::string: response.body = http::Body(std::move(*static_cast<std::string*>(value))); return "text/plain";
    default: break;
  }
  std::string text;
  if (protocol == Protocol::rest_json) {
    write_json(text, target, value, Members::all);
  } else {
    text = kXmlDeclaration;
    write_xml_document(text, m.wire_name.empty() ? target.name : m.wire_name, service.xml_namespace, &m, target, value,
                       Members::all);
  }
  response.body = http::Body(std::move(text));
  return protocol == Protocol::rest_json ? "application/json" : "application/xml";
}

}  // namespace

Result<void> decode_rest(Protocol protocol, const Operation& op, const DecodeRequest& request, void* input,
                         Violations& violations) {
  CUMULET_CHECK(RestReader(protocol, request, violations).members(*op.input, input));
  bool has_payload = false, has_body = false;
  for (const Member& m : op.input->members) {
    has_payload = has_payload || m.location == Location::payload;
    has_body = has_body || m.location == Location::body;
  }
  if (has_payload || !has_body) return {};
  if (protocol == Protocol::rest_json) return read_json(request.body, *op.input, input, Members::body, violations);
  if (!request.body.empty()) return read_xml(request.body, *op.input, input, Members::body, violations);
  for (const Member& m : op.input->members)
    if (m.location == Location::body && m.is_required)
      return Error{kMalformedXml, "Missing required element " + std::string(wire_name(m))};
  return {};
}

void encode_rest(Protocol protocol, const ServiceDescriptor& service, const Operation& op, void* output,
                 std::string_view request_id, http::Response& response) {
  const bool is_json = protocol == Protocol::rest_json;
  response.headers.add(is_json ? "x-amzn-RequestId" : "x-amz-request-id", std::string(request_id));
  if (!is_json) response.headers.add("x-amz-id-2", std::string(kHostId));
  bool has_body = false;
  const Member* payload = nullptr;
  for (const Member& m : op.output->members) {
    if (m.location == Location::payload) payload = &m;
    if (is_in_response_body(m.location)) has_body = true;
    if (is_in_response_body(m.location) || m.location == Location::payload) continue;
    const void* value = m.get(m, output);
    if (!value) continue;
    const Shape& target = *m.shape(m);
    if (m.location == Location::status_code)
      response.status = *static_cast<const int*>(value);
    else if (m.location == Location::header)
      add_header(response.headers, m, target, value);
    else
      add_header_map(response.headers, m, target, value);
  }
  std::string_view content_type;
  if (payload) {
    // The output is ours to consume: a body is moved out, not copied.
    if (const void* value = payload->get(*payload, output))
      content_type =
          write_payload(protocol, service, *payload, *payload->shape(*payload), const_cast<void*>(value), response);
  } else if (has_body) {
    std::string text;
    if (is_json) {
      write_json(text, *op.output, output, Members::body);
    } else {
      text = kXmlDeclaration;
      write_xml_document(text, op.output->name, service.xml_namespace, nullptr, *op.output, output, Members::body);
    }
    content_type = is_json ? "application/json" : "application/xml";
    response.body = http::Body(std::move(text));
  }
  if (!content_type.empty() && !response.headers.has("Content-Type"))
    response.headers.add("Content-Type", std::string(content_type));
}

}  // namespace cumulet::wire
