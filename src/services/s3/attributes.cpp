#include "services/s3/attributes.hpp"

#include "base/json.hpp"

namespace cumulet::s3 {
namespace {

using Field = std::optional<std::string> Attributes::*;
struct Named {
  std::string_view name;
  Field field;
};
// Short names: they stand in every row.
constexpr Named kFields[] = {
    {"cc", &Attributes::cache_control},    {"cd", &Attributes::content_disposition},
    {"ce", &Attributes::content_encoding}, {"cl", &Attributes::content_language},
    {"ct", &Attributes::content_type},     {"ex", &Attributes::expires},
    {"sc", &Attributes::storage_class},    {"wr", &Attributes::website_redirect_location},
    {"tg", &Attributes::tagging},          {"se", &Attributes::server_side_encryption},
    {"kk", &Attributes::sse_kms_key_id},
};

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  json::append_quoted(out, name);
  out += ':';
  json::append_quoted(out, value);
}

std::string string_of(const json::value& v) {
  const auto* s = v.if_string();
  return s == nullptr ? std::string() : std::string(s->data(), s->size());
}

}  // namespace

std::string Attributes::text() const {
  std::string out = "{";
  for (const Named& named : kFields)
    if (const auto& value = this->*named.field) append_member(out, named.name, *value);
  if (checksum) {
    append_member(out, "ka", name_of(checksum->algorithm));
    append_member(out, "kt", name_of(checksum->type));
    append_member(out, "kv", checksum->value);
  }
  if (!metadata.empty()) {
    out += out.back() == '{' ? "\"m\":{" : ",\"m\":{";
    for (const auto& [name, value] : metadata) append_member(out, name, value);
    out += '}';
  }
  return out += '}';
}

Attributes Attributes::parse(std::string_view text) {
  Attributes a;
  const auto parsed = json::parse(text);
  if (!parsed.ok()) return a;
  const json::value& v = *parsed;
  for (const Named& named : kFields)
    if (const auto* found = json::find(v, named.name)) a.*named.field = string_of(*found);
  if (const auto* algorithm = json::find(v, "ka")) {
    Checksum c;
    c.algorithm = algorithm_named(string_of(*algorithm)).value_or(Algorithm::crc64nvme);
    if (const auto* type = json::find(v, "kt"))
      c.type =
          string_of(*type) == name_of(ChecksumType::composite) ? ChecksumType::composite : ChecksumType::full_object;
    if (const auto* value = json::find(v, "kv")) c.value = string_of(*value);
    a.checksum = std::move(c);
  }
  if (const auto* m = json::find(v, "m"); m != nullptr && m->is_object())
    for (const auto& [name, value] : m->get_object())
      a.metadata.emplace(std::string(name.data(), name.size()), string_of(value));
  return a;
}

}  // namespace cumulet::s3
