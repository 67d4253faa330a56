#include "services/sqs/message.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "services/sqs/errors.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kAttributes = 10;
constexpr std::size_t kNameBytes = 256;

Error invalid(std::string text) { return Error{kInvalidParameterValue, std::move(text)}; }

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char p, char c) { return (c | 0x20) == (p | 0x20); });
}

// Letters, digits, "_", "-" and "."; letters are also those from U+00C0 to U+017F, as SQS turned out to take them.
bool has_name_characters(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.')
      continue;
    const bool is_accented = c >= 0xC3 && c <= 0xC5 && i + 1 < name.size() && (name[i + 1] & 0xC0) == 0x80;
    if (!is_accented) return false;
    ++i;
  }
  return true;
}

Result<void> check_name(const std::string& name) {
  if (name.empty()) return invalid("The request must contain non-empty message (user) attribute names.");
  if (name.size() >= kNameBytes) return invalid("Message (user) attribute names must be shorter than 256 Bytes");
  if (!has_name_characters(name))
    return invalid(
        "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens "
        "and underscores. ");
  if (starts_with_ignoring_case(name, "aws.") || starts_with_ignoring_case(name, "amazon.") || name.front() == '.' ||
      name.back() == '.' || name.find("..") != std::string::npos)
    return invalid(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for "
        "internal use. Additionally, they cannot start or end with '.'.");
  return {};
}

// SQS holds numbers of up to 38 digits; it keeps them as text.
bool is_number(std::string_view text) {
  if (text.empty() || text.front() == '+') return false;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return end == text.data() + text.size() && (error == std::errc{} || error == std::errc::result_out_of_range) &&
         text.find_first_of("in") == std::string_view::npos;
}

std::string_view type_prefix(std::string_view type) { return type.substr(0, type.find('.')); }

Result<MessageAttribute> check_value(const std::string& name, MessageAttributeValue& value) {
  const bool has_texts = value.string_list_values && !value.string_list_values->empty();
  const bool has_blobs = value.binary_list_values && !value.binary_list_values->empty();
  if (has_texts || has_blobs)
    return Error{kUnsupportedOperation, "Message attribute list values in SendMessage operation are not supported."};
  const std::string type = value.data_type.value_or("");
  if (type.empty())
    return invalid("The message (user) attribute '" + name + "' must contain a non-empty message attribute type.");
  if (type.size() >= kNameBytes) return invalid("Message (user) attribute types must be shorter than 256 Bytes");
  const std::string_view prefix = type_prefix(type);
  if (prefix != "String" && prefix != "Number" && prefix != "Binary")
    return invalid("The type of message (user) attribute '" + name +
                   "' is invalid. You must use only the following supported type prefixes: Binary, Number, String.");
  MessageAttribute out;
  out.data_type = type;
  if (prefix == "Binary") {
    if (value.string_value && !value.binary_value)
      return invalid("The message (user) attribute '" + name + "' with type 'Binary' must use field 'Binary'.");
    if (!value.binary_value || value.binary_value->bytes.empty())
      return invalid("Message (user) attribute '" + name + "' must contain a non-empty value of type 'Binary'.");
    out.binary_value = std::move(value.binary_value->bytes);
    return out;
  }
  if (value.binary_value && !value.string_value)
    return invalid("The message (user) attribute '" + name + "' with type '" + std::string(prefix) +
                   "' must use field 'String'.");
  if (!value.string_value || value.string_value->empty())
    return invalid("Message (user) attribute '" + name + "' must contain a non-empty value of type 'String'.");
  if (!has_only_message_characters(*value.string_value))
    return invalid("Invalid binary character was found in the value of message (user) attribute '" + name +
                   "', the set of allowed characters is #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | "
                   "[#x10000 to #x10FFFF]");
  if (prefix == "Number" && !is_number(*value.string_value))
    return invalid("Can't cast the value of message (user) attribute '" + name + "' to a number.");
  out.string_value = std::move(value.string_value);
  return out;
}

void append_measured(std::string& out, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xFF);
  out += bytes;
}

json::value attributes_json(const MessageAttributes& attributes) {
  json::object out;
  for (const auto& [name, attribute] : attributes) {
    json::object one{{"t", attribute.data_type}};
    if (attribute.string_value) one["s"] = *attribute.string_value;
    if (attribute.binary_value) one["b"] = base64_encode(*attribute.binary_value);
    out[name] = std::move(one);
  }
  return out;
}

}  // namespace

std::string md5_hex(std::string_view bytes) { return hex_encode(md5(bytes)); }

std::string md5_of(const MessageAttributes& attributes) {
  if (attributes.empty()) return {};
  std::string bytes;
  for (const auto& [name, attribute] : attributes) {  // in the order of names
    append_measured(bytes, name);
    append_measured(bytes, attribute.data_type);
    bytes += attribute.binary_value ? '\2' : '\1';
    append_measured(bytes, attribute.binary_value ? *attribute.binary_value : attribute.string_value.value_or(""));
  }
  return md5_hex(bytes);
}

std::size_t counted_bytes(std::string_view body, const MessageAttributes& attributes) {
  std::size_t bytes = body.size();
  for (const auto& [name, attribute] : attributes)
    bytes += name.size() + attribute.data_type.size() + (attribute.string_value ? attribute.string_value->size() : 0) +
             (attribute.binary_value ? attribute.binary_value->size() : 0);
  return bytes;
}

std::size_t counted_bytes(const AttributeValues& attributes) {
  const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
  std::size_t bytes = 0;
  for (const auto& [name, value] : attributes)
    bytes += name.size() + size(value.data_type) + size(value.string_value) +
             (value.binary_value ? value.binary_value->bytes.size() : 0);
  return bytes;
}

bool has_only_message_characters(std::string_view text) {
  bool is_ascii = true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != 0x9 && c != 0xA && c != 0xD) return false;
    is_ascii = is_ascii && static_cast<unsigned char>(c) < 0x80;
  }
  if (is_ascii) return true;
  // Beyond ASCII only U+FFFE and U+FFFF are missing.
  return is_valid_utf8(text) && text.find("\xEF\xBF\xBE") == text.npos && text.find("\xEF\xBF\xBF") == text.npos;
}

Result<MessageAttributes> checked_attributes(AttributeValues values) {
  if (values.size() > kAttributes)
    return invalid("Number of message attributes [" + std::to_string(values.size()) +
                   "] exceeds the allowed maximum [10].");
  MessageAttributes out;
  for (auto& [name, value] : values) {
    CUMULET_CHECK(check_name(name));
    CUMULET_TRY(out[name], check_value(name, value));
  }
  return out;
}

Result<MessageAttributes> checked_system_attributes(AttributeValues values) {
  MessageAttributes out;
  for (auto& [name, value] : values) {
    if (name != "AWSTraceHeader") return invalid("Message system attribute name '" + name + "' is invalid.");
    CUMULET_TRY(out[name], check_value(name, value));
    if (!out[name].string_value)
      return invalid("Message system attribute 'AWSTraceHeader' must contain a value of type 'String'.");
  }
  return out;
}

AttributeValues on_wire(const MessageAttributes& attributes) {
  AttributeValues out;
  for (const auto& [name, attribute] : attributes) {
    MessageAttributeValue& value = out[name];
    value.data_type = attribute.data_type;
    value.string_value = attribute.string_value;
    if (attribute.binary_value) value.binary_value = wire::Blob{*attribute.binary_value};
  }
  return out;
}

MessageAttributes selected(const MessageAttributes& attributes, const std::vector<std::string>& names) {
  MessageAttributes out;
  for (const std::string& wanted : names) {
    if (wanted == "All" || wanted == ".*") return attributes;
    std::string_view prefix = wanted;
    if (prefix.ends_with(".*"))
      prefix.remove_suffix(2);
    else if (prefix.ends_with('*'))
      prefix.remove_suffix(1);
    const bool is_prefix = prefix.size() != wanted.size();
    for (const auto& [name, attribute] : attributes)
      if (is_prefix ? name.starts_with(prefix) : name == wanted) out.emplace(name, attribute);
  }
  return out;
}

std::string encode_extras(const StoredMessage& message) {
  json::object out;
  const auto tell = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  tell("group", message.group_id);
  tell("dedup", message.deduplication_id);
  tell("seq", message.sequence_number);
  tell("trace", message.trace_header);
  tell("source", message.dead_letter_source_arn);
  if (message.earlier_receives > 0) out["receives"] = message.earlier_receives;
  if (!message.attributes.empty()) out["attributes"] = attributes_json(message.attributes);
  return out.empty() ? std::string() : json::text(out);
}

void decode_extras(std::string_view text, StoredMessage& message) {
  if (text.empty()) return;
  const auto document = json::parse(text);
  if (!document.ok()) return;
  message.group_id = json::text_at(*document, "group");
  message.deduplication_id = json::text_at(*document, "dedup");
  message.sequence_number = json::text_at(*document, "seq");
  message.trace_header = json::text_at(*document, "trace");
  message.dead_letter_source_arn = json::text_at(*document, "source");
  if (const auto* receives = json::find(*document, "receives"); receives != nullptr && receives->is_int64())
    message.earlier_receives = static_cast<int>(receives->get_int64());
  const auto* attributes = json::find(*document, "attributes");
  if (attributes == nullptr || !attributes->is_object()) return;
  for (const auto& [name, one] : attributes->get_object()) {
    MessageAttribute& attribute = message.attributes[std::string(name)];
    attribute.data_type = json::text_at(one, "t");
    if (json::find(one, "s") != nullptr) attribute.string_value = json::text_at(one, "s");
    if (json::find(one, "b") != nullptr) attribute.binary_value = base64_decode(json::text_at(one, "b")).value_or("");
  }
}

}  // namespace cumulet::sqs
