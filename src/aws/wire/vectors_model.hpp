#pragma once
// Test support: Shapes and values made at run time from a protocol vector's JSON model.
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/wire/scalar.hpp"
#include "aws/wire/shape.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"

namespace cumulet::wire::vectors {

// A value of any shape. Codecs see the C++ scalar inside for scalars, the Dynamic itself for the rest.
struct Dynamic {
  std::string text;
  Blob blob;
  bool flag = false;
  int i = 0;
  std::int64_t l = 0;
  float f = 0;
  double d = 0;
  TimePoint time;
  json::value document;
  std::vector<std::unique_ptr<Dynamic>> list;
  std::map<std::string, std::unique_ptr<Dynamic>> entries;  // members or map entries

  void* as(Kind kind) {
    switch (kind) {
      case Kind::string: return &text;
      case Kind::blob: return &blob;
      case Kind::boolean: return &flag;
      case Kind::integer: return &i;
      case Kind::long_: return &l;
      case Kind::float_: return &f;
      case Kind::double_: return &d;
      case Kind::timestamp: return &time;
      case Kind::document: return &document;
      default: return this;
    }
  }
};

class Model {
 public:
  explicit Model(const json::value& shapes) : json_(shapes) {}

  const Shape& shape(std::string_view name) {
    if (const auto it = made_.find(name); it != made_.end()) return it->second->shape;
    auto& info = *(made_[std::string(name)] = std::make_unique<Info>());
    const json::value* description = json::find(json_, name);
    Shape& s = info.shape;
    s.name = keep(text(*description, "locationName", name));
    s.context = &info;
    s.timestamp = format(text(*description, "timestampFormat"));
    const std::string type = text(*description, "type");
    const json::value* is_document = json::find(*description, "document");
    if (type == "structure" && !is_document)
      describe_structure(s, info, *description);
    else if (type == "list")
      describe_list(s, info, *description);
    else if (type == "map")
      describe_map(s, info, *description);
    else
      s.kind = scalar_kind(type);
    return s;
  }

  // The value of a vector's params or result; nulls are left out.
  std::unique_ptr<Dynamic> value(const json::value& from, const Shape& s) {
    auto out = std::make_unique<Dynamic>();
    switch (s.kind) {
      case Kind::structure:
        for (const Member& m : s.members)
          if (const auto* v = json::find(from, m.name); v && !v->is_null())
            out->entries[std::string(m.name)] = value(*v, *m.shape(m));
        break;
      case Kind::list:
        for (const auto& v : from.as_array()) out->list.push_back(value(v, *s.element(s)));
        break;
      case Kind::map:
        for (const auto& [key, v] : from.as_object()) out->entries[key] = value(v, *s.element(s));
        break;
      case Kind::document: out->document = from; break;
      case Kind::string: out->text = from.as_string(); break;
      case Kind::blob: out->blob.bytes = from.as_string(); break;
      case Kind::timestamp: out->time = from_epoch_seconds(from.to_number<double>()).value(); break;
      default:
        parse_scalar(from.is_string() ? std::string(from.as_string()) : json::text(from), s, out->as(s.kind),
                     TimestampFormat::unix);
    }
    return out;
  }

  // For comparison.
  json::value plain(const Dynamic& v, const Shape& s) const {
    switch (s.kind) {
      case Kind::structure: {
        json::object out;
        for (const Member& m : s.members)
          if (const auto it = v.entries.find(std::string(m.name)); it != v.entries.end())
            out[m.name] = plain(*it->second, *m.shape(m));
        return out;
      }
      case Kind::list: {
        json::array out;
        for (const auto& item : v.list) out.push_back(plain(*item, *s.element(s)));
        return out;
      }
      case Kind::map: {
        json::object out;
        for (const auto& [key, item] : v.entries) out[key] = plain(*item, *s.element(s));
        return out;
      }
      case Kind::document: return v.document;
      default: {
        std::string text;
        append_scalar(text, s, const_cast<Dynamic&>(v).as(s.kind), TimestampFormat::unix);
        return json::value(text);
      }
    }
  }

 private:
  struct Info {
    Shape shape;
    const Shape* element = nullptr;
    std::deque<std::pair<std::string, const Shape*>> members;
  };
  using MemberInfo = std::pair<std::string, const Shape*>;

  static std::string text(const json::value& v, std::string_view key, std::string_view fallback = {}) {
    const auto* found = json::find(v, key);
    return found && found->is_string() ? std::string(found->as_string()) : std::string(fallback);
  }
  static bool flag(const json::value& v, std::string_view key) {
    const auto* found = json::find(v, key);
    return found && found->is_bool() && found->as_bool();
  }
  static TimestampFormat format(const std::string& name) {
    return name == "iso8601"         ? TimestampFormat::iso8601
           : name == "rfc822"        ? TimestampFormat::rfc822
           : name == "unixTimestamp" ? TimestampFormat::unix
                                     : TimestampFormat::unspecified;
  }
  static Kind scalar_kind(const std::string& type) {
    static const std::map<std::string, Kind> kinds = {
        {"string", Kind::string},   {"blob", Kind::blob},           {"boolean", Kind::boolean},
        {"integer", Kind::integer}, {"long", Kind::long_},          {"float", Kind::float_},
        {"double", Kind::double_},  {"timestamp", Kind::timestamp}, {"structure", Kind::document}};
    return kinds.at(type);
  }
  std::string_view keep(std::string s) { return kept_.emplace_back(std::move(s)); }

  // An xmlNamespace is a URI or {prefix, uri}.
  void read_namespace(const json::value& from, std::string_view& uri, std::string_view& prefix) {
    const auto* ns = json::find(from, "xmlNamespace");
    if (!ns) return;
    uri = keep(ns->is_string() ? std::string(ns->as_string()) : text(*ns, "uri"));
    if (ns->is_object()) prefix = keep(text(*ns, "prefix"));
  }

  void describe_structure(Shape& s, Info& info, const json::value& description) {
    s.kind = Kind::structure;
    read_namespace(description, s.xml_namespace, s.xml_prefix);
    const std::string payload = text(description, "payload");
    for (const auto& [name, json_member] : json::find(description, "members")->as_object()) {
      const auto& target = shape(text(json_member, "shape"));
      Member m;
      MemberInfo& member_info = info.members.emplace_back(std::string(name), &target);
      m.name = member_info.first;
      m.context = &member_info;
      if (const auto location_name = text(json_member, "locationName");
          location_name != m.name || text(json_member, "location") != "")
        m.wire_name = keep(location_name);
      m.timestamp = format(text(json_member, "timestampFormat"));
      m.is_flattened = flag(json_member, "flattened");
      m.is_attribute = flag(json_member, "xmlAttribute");
      m.is_json_value = flag(json_member, "jsonvalue");
      read_namespace(json_member, m.xml_namespace, m.xml_prefix);
      const std::string location = text(json_member, "location");
      if (m.name == payload)
        m.location = Location::payload;
      else if (location == "uri")
        m.location = Location::label;
      else if (location == "querystring")
        m.location = target.kind == Kind::map ? Location::query_map : Location::query;
      else if (location == "header")
        m.location = Location::header;
      else if (location == "headers")
        m.location = Location::header_map;
      else if (location == "statusCode")
        m.location = Location::status_code;
      m.shape = [](const Member& self) { return static_cast<const MemberInfo*>(self.context)->second; };
      m.get = [](const Member& self, const void* owner) -> const void* {
        const auto& entries = static_cast<const Dynamic*>(owner)->entries;
        const auto it = entries.find(static_cast<const MemberInfo*>(self.context)->first);
        return it == entries.end() ? nullptr : it->second->as(self.shape(self)->kind);
      };
      m.emplace = [](const Member& self, void* owner) -> void* {
        auto& slot = static_cast<Dynamic*>(owner)->entries[static_cast<const MemberInfo*>(self.context)->first];
        slot = std::make_unique<Dynamic>();
        return slot->as(self.shape(self)->kind);
      };
      s.members.push_back(m);
    }
  }

  void describe_list(Shape& s, Info& info, const json::value& description) {
    s.kind = Kind::list;
    const json::value& member = *json::find(description, "member");
    s.entry_name = keep(text(member, "locationName"));
    std::string_view prefix;
    read_namespace(member, s.entry_namespace, prefix);
    info.element = &shape(text(member, "shape"));
    s.element = [](const Shape& self) { return static_cast<const Info*>(self.context)->element; };
    s.size = [](const Shape&, const void* v) { return static_cast<const Dynamic*>(v)->list.size(); };
    s.at = [](const Shape& self, const void* v, std::size_t i) -> const void* {
      return static_cast<const Dynamic*>(v)->list[i]->as(self.element(self)->kind);
    };
    s.append = [](const Shape& self, void* v) -> void* {
      return static_cast<Dynamic*>(v)->list.emplace_back(std::make_unique<Dynamic>())->as(self.element(self)->kind);
    };
  }

  void describe_map(Shape& s, Info& info, const json::value& description) {
    s.kind = Kind::map;
    const json::value& key = *json::find(description, "key");
    const json::value& value = *json::find(description, "value");
    s.key_name = keep(text(key, "locationName"));
    s.value_name = keep(text(value, "locationName"));
    std::string_view prefix;
    read_namespace(key, s.key_namespace, prefix);
    read_namespace(value, s.value_namespace, prefix);
    info.element = &shape(text(value, "shape"));
    s.element = [](const Shape& self) { return static_cast<const Info*>(self.context)->element; };
    s.size = [](const Shape&, const void* v) { return static_cast<const Dynamic*>(v)->entries.size(); };
    s.each = [](const Shape& self, const void* v, void* context, void (*visit)(void*, std::string_view, const void*)) {
      for (const auto& [k, item] : static_cast<const Dynamic*>(v)->entries)
        visit(context, k, item->as(self.element(self)->kind));
    };
    s.put = [](const Shape& self, void* v, std::string_view k) -> void* {
      auto& slot = static_cast<Dynamic*>(v)->entries[std::string(k)];
      if (!slot) slot = std::make_unique<Dynamic>();
      return slot->as(self.element(self)->kind);
    };
  }

  const json::value& json_;
  std::map<std::string, std::unique_ptr<Info>, std::less<>> made_;
  std::deque<std::string> kept_;
};

}  // namespace cumulet::wire::vectors
