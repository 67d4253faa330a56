#include "aws/wire/xml_codec.hpp"

#include <pugixml.hpp>

#include "aws/wire/codec.hpp"
#include "aws/wire/scalar.hpp"
#include "base/encoding.hpp"
#include "base/readable.hpp"

namespace cumulet::wire {
namespace {

constexpr std::string_view kMalformed =
    "The XML you provided was not well-formed or did not validate against our published schema";

std::string_view xml_name(const Member& m) { return m.wire_name.empty() ? m.name : m.wire_name; }

std::string_view pick(std::string_view a, std::string_view b, std::string_view fallback) {
  return !a.empty() ? a : !b.empty() ? b : fallback;
}
std::string_view entry_name(const Member* m, const Shape& s) {
  return pick(m ? m->entry_name : std::string_view{}, s.entry_name, "member");
}
std::string_view key_name(const Member* m, const Shape& s) {
  return pick(m ? m->key_name : std::string_view{}, s.key_name, "key");
}
std::string_view value_name(const Member* m, const Shape& s) {
  return pick(m ? m->value_name : std::string_view{}, s.value_name, "value");
}

std::string_view local(std::string_view qualified) {
  const auto colon = qualified.rfind(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}
bool named(const pugi::xml_node& node, std::string_view name) {
  return node.type() == pugi::node_element && (name == node.name() || name == local(node.name()));
}
pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const auto& c : node.children())
    if (named(c, name)) return c;
  return {};
}

std::string text_of(const pugi::xml_node& node) {
  std::string out;
  for (const auto& c : node.children())
    if (c.type() == pugi::node_pcdata || c.type() == pugi::node_cdata) out += c.value();
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

class Reader {
 public:
  explicit Reader(Violations& violations) : violations_(violations) {}

  bool structure(const pugi::xml_node& node, const Shape& shape, void* out, Members members, int depth) {
    if (depth > kXmlDepth) return false;
    for (const Member& m : shape.members) {
      if (members == Members::body && m.location != Location::body) continue;
      Violations::Scope scope(violations_, m.name);
      const Shape& target = *m.shape(m);
      if (m.is_attribute) {
        if (!attribute(node, m, target, out)) return false;
        continue;
      }
      const pugi::xml_node found = child(node, xml_name(m));
      if (!found) {
        if (m.is_required) return false;  // AWS: did not validate against the schema
        continue;
      }
      void* member_value = m.emplace(m, out);
      const bool ok = m.is_flattened && (target.kind == Kind::list || target.kind == Kind::map)
                          ? flattened(found, m, target, member_value, depth + 1)
                          : value(found, &m, target, member_value, depth + 1);
      if (!ok) return false;
      violations_.check(m, target, member_value);
    }
    return true;
  }

 private:
  bool attribute(const pugi::xml_node& node, const Member& m, const Shape& target, void* out) {
    for (const auto& a : node.attributes())
      if (xml_name(m) == a.name() || xml_name(m) == local(a.name()))
        return parse_scalar(a.value(), target, m.emplace(m, out),
                            timestamp_format(&m, target, TimestampFormat::iso8601));
    return !m.is_required;
  }

  bool value(const pugi::xml_node& node, const Member* m, const Shape& shape, void* out, int depth) {
    switch (shape.kind) {
      case Kind::structure: return structure(node, shape, out, Members::all, depth);
      case Kind::list: {
        const Shape& element = *shape.element(shape);
        for (const auto& c : node.children())
          if (named(c, entry_name(m, shape)) && !value(c, nullptr, element, shape.append(shape, out), depth + 1))
            return false;
        return true;
      }
      case Kind::map:
        for (const auto& c : node.children())
          if (named(c, "entry") && !map_entry(c, m, shape, out, depth + 1)) return false;
        return true;
      case Kind::string: *static_cast<std::string*>(out) = text_of(node); return true;
      default: {
        const std::string text = text_of(node);
        return parse_scalar(trimmed(text), shape, out, timestamp_format(m, shape, TimestampFormat::iso8601));
      }
    }
  }

  bool flattened(const pugi::xml_node& first, const Member& m, const Shape& shape, void* out, int depth) {
    for (pugi::xml_node node = first; node; node = node.next_sibling()) {
      if (!named(node, xml_name(m))) continue;
      const bool ok = shape.kind == Kind::list
                          ? value(node, nullptr, *shape.element(shape), shape.append(shape, out), depth)
                          : map_entry(node, &m, shape, out, depth);
      if (!ok) return false;
    }
    return true;
  }

  bool map_entry(const pugi::xml_node& node, const Member* m, const Shape& shape, void* out, int depth) {
    const pugi::xml_node key = child(node, key_name(m, shape));
    if (!key || depth > kXmlDepth) return false;
    void* slot = shape.put(shape, out, text_of(key));
    const pugi::xml_node v = child(node, value_name(m, shape));
    return !v || value(v, nullptr, *shape.element(shape), slot, depth + 1);
  }

  Violations& violations_;
};

void append_namespace(std::string& out, std::string_view uri, std::string_view prefix) {
  if (uri.empty()) return;
  out += " xmlns";
  if (!prefix.empty()) (out += ':') += prefix;
  out += "=\"";
  append_xml_text(out, uri);
  out += '"';
}

void open(std::string& out, std::string_view name, std::string_view uri = {}, std::string_view prefix = {}) {
  (out += '<') += name;
  append_namespace(out, uri, prefix);
}
void close(std::string& out, std::string_view name) { ((out += "</") += name) += '>'; }

void write_attributes(std::string& out, const Shape& shape, const void* value) {
  for (const Member& m : shape.members) {
    if (!m.is_attribute) continue;
    const void* v = m.get(m, value);
    if (!v) continue;
    std::string text;
    const Shape& target = *m.shape(m);
    append_scalar(text, target, v, timestamp_format(&m, target, TimestampFormat::iso8601));
    ((out += ' ') += xml_name(m)) += "=\"";
    std::string written;
    append_xml_text(written, text);
    for (const char c : written) {  // readers make a blank of a bare line break or tab in an attribute
      if (c == '\n')
        out += "&#xA;";
      else if (c == '\t')
        out += "&#x9;";
      else
        out += c;
    }
    out += '"';
  }
}

struct Namespace {
  std::string_view uri, prefix;
};

// Where XML goes, and how its timestamps look where no shape says.
struct Sink {
  std::string& out;
  TimestampFormat format;
};

void write_members(Sink to, const Shape& shape, const void* value, Members members);
void write_element(Sink to, std::string_view name, Namespace ns, const Member* m, const Shape& shape,
                   const void* value);

struct MapWriter {
  Sink to;
  std::string_view wrapper;
  Namespace wrapper_ns;
  const Member* m;
  const Shape& shape;

  static void entry(void* context, std::string_view key, const void* value) {
    const auto& w = *static_cast<MapWriter*>(context);
    std::string& out = w.to.out;
    open(out, w.wrapper, w.wrapper_ns.uri, w.wrapper_ns.prefix);
    out += '>';
    open(out, key_name(w.m, w.shape), w.shape.key_namespace);
    out += '>';
    append_xml_text(out, key);
    close(out, key_name(w.m, w.shape));
    write_element(w.to, value_name(w.m, w.shape), {w.shape.value_namespace, {}}, nullptr, *w.shape.element(w.shape),
                  value);
    close(out, w.wrapper);
  }
};

void write_flattened(Sink to, const Member& m, const Shape& shape, const void* value) {
  const Namespace ns{m.xml_namespace, m.xml_prefix};
  if (shape.kind == Kind::map) {
    MapWriter writer{to, xml_name(m), ns, &m, shape};
    return shape.each(shape, value, &writer, &MapWriter::entry);
  }
  const Shape& element = *shape.element(shape);
  const Namespace of_element = ns.uri.empty() ? Namespace{shape.entry_namespace, {}} : ns;
  const std::size_t count = shape.size(shape, value);
  for (std::size_t i = 0; i < count; ++i)
    write_element(to, xml_name(m), of_element, nullptr, element, shape.at(shape, value, i));
}

void write_element(Sink to, std::string_view name, Namespace ns, const Member* m, const Shape& shape,
                   const void* value) {
  std::string& out = to.out;
  if (shape.kind == Kind::structure) {
    if (ns.uri.empty()) ns = {shape.xml_namespace, shape.xml_prefix};
    open(out, name, ns.uri, ns.prefix);
    write_attributes(out, shape, value);
    out += '>';
    write_members(to, shape, value, Members::all);
    return close(out, name);
  }
  open(out, name, ns.uri, ns.prefix);
  out += '>';
  if (shape.kind == Kind::list) {
    const Shape& element = *shape.element(shape);
    const std::size_t count = shape.size(shape, value);
    for (std::size_t i = 0; i < count; ++i)
      write_element(to, entry_name(m, shape), {shape.entry_namespace, {}}, nullptr, element, shape.at(shape, value, i));
  } else if (shape.kind == Kind::map) {
    MapWriter writer{to, "entry", {}, m, shape};
    shape.each(shape, value, &writer, &MapWriter::entry);
  } else if (shape.kind == Kind::string) {
    append_xml_text(out, *static_cast<const std::string*>(value));
  } else {
    append_scalar(out, shape, value, timestamp_format(m, shape, to.format));
  }
  close(out, name);
}

void write_members(Sink to, const Shape& shape, const void* value, Members members) {
  for (const Member& m : shape.members) {
    if (m.is_attribute || (members == Members::body && !is_in_response_body(m.location))) continue;
    const void* v = m.get(m, value);
    if (!v) continue;
    const Shape& target = *m.shape(m);
    if (m.is_flattened && (target.kind == Kind::list || target.kind == Kind::map))
      write_flattened(to, m, target, v);
    else
      write_element(to, xml_name(m), {m.xml_namespace, m.xml_prefix}, &m, target, v);
  }
}

}  // namespace

Result<void> read_xml(std::string_view text, const Shape& shape, void* out, Members members, Violations& violations) {
  const Error malformed{kMalformedXml, std::string(kMalformed)};
  if (text.size() > kXmlBytes) return malformed;
  constexpr unsigned kFlags = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_wconv_attribute | pugi::parse_eol |
                              pugi::parse_ws_pcdata_single | pugi::parse_doctype;
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size(), kFlags, pugi::encoding_utf8)) return malformed;
  for (const auto& node : document.children())
    if (node.type() == pugi::node_doctype) return malformed;  // no entities, no bombs
  const pugi::xml_node root = document.document_element();
  if (!root || !Reader(violations).structure(root, shape, out, members, 0)) return malformed;
  return {};
}

void write_xml_members(std::string& out, const Shape& shape, const void* value, Members members) {
  write_members({out, TimestampFormat::iso8601}, shape, value, members);
}

void write_xml_document(std::string& out, std::string_view name, std::string_view xml_namespace, const Member* member,
                        const Shape& shape, const void* value, Members members) {
  Namespace ns{shape.xml_namespace, shape.xml_prefix};
  if (member && !member->xml_namespace.empty()) ns = {member->xml_namespace, member->xml_prefix};
  if (ns.uri.empty()) ns = {xml_namespace, {}};
  open(out, name, ns.uri, ns.prefix);
  write_attributes(out, shape, value);
  out += '>';
  write_members({out, TimestampFormat::iso8601_millis}, shape, value, members);
  close(out, name);
}

void append_xml_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const std::size_t before = out.size();
  std::size_t start = 0;
  unsigned char seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    seen |= c;
    std::string_view escaped;
    char reference[] = "&#x00;";
    switch (c) {
      case '&': escaped = "&amp;"; break;
      case '<': escaped = "&lt;"; break;
      case '>': escaped = "&gt;"; break;
      case '"': escaped = "&quot;"; break;
      case '\n':
      case '\t': continue;
      default:
        if (c >= 0x20) continue;
        reference[3] = kHex[c >> 4];
        reference[4] = kHex[c & 15];
        escaped = c == '\r' ? std::string_view("&#xD;") : std::string_view(reference, 6);
    }
    out.append(text, start, i - start);
    out += escaped;
    start = i + 1;
  }
  out.append(text, start);
  if (seen < 0x80 || is_valid_utf8(text)) return;
  out.resize(before);
  append_xml_text(out, readable_utf8(text));
}

}  // namespace cumulet::wire
