#include "base/json.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

namespace cumulet::json {
namespace {

void append_double(std::string& out, double d) {
  if (!std::isfinite(d)) {  // not representable in JSON; AWS writes null
    out += "null";
    return;
  }
  char buffer[64];
  const double magnitude = std::fabs(d);
  const bool plain = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21);
  const auto end = plain ? std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::fixed).ptr
                         : std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific).ptr;
  std::string_view digits(buffer, static_cast<std::size_t>(end - buffer));
  out += digits;
  if (plain && digits.find('.') == std::string_view::npos) out += ".0";
}

// Builds the value of what boost::json::basic_parser reads, as Boost's own parser does, but for doubles: Boost 1.81
// does not round numbers of many digits exactly, so each is read anew from its digits.
class ValueBuilder {
 public:
  static constexpr std::size_t max_object_size = object::max_size();
  static constexpr std::size_t max_array_size = array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  ValueBuilder(boost::json::storage_ptr storage, unsigned char* scratch, std::size_t scratch_size)
      : stack_({}, scratch, scratch_size) {
    stack_.reset(std::move(storage));
  }

  value release() { return stack_.release(); }

  using Code = boost::system::error_code;
  using View = boost::json::string_view;
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_object_end(std::size_t count, Code&) { return stack_.push_object(count), true; }
  bool on_array_end(std::size_t count, Code&) { return stack_.push_array(count), true; }
  bool on_key_part(View part, std::size_t, Code&) { return stack_.push_chars(part), true; }
  bool on_key(View rest, std::size_t, Code&) { return stack_.push_key(rest), true; }
  bool on_string_part(View part, std::size_t, Code&) { return stack_.push_chars(part), true; }
  bool on_string(View rest, std::size_t, Code&) { return stack_.push_string(rest), true; }
  bool on_number_part(View part, Code&) { return digits_.append(part.data(), part.size()), true; }
  bool on_int64(std::int64_t i, View, Code&) { return digits_.clear(), stack_.push_int64(i), true; }
  bool on_uint64(std::uint64_t u, View, Code&) { return digits_.clear(), stack_.push_uint64(u), true; }
  bool on_double(double d, View rest, Code&) {
    std::string_view digits(rest.data(), rest.size());
    if (!digits_.empty()) digits = digits_.append(digits);
    std::from_chars(digits.data(), digits.data() + digits.size(), d);  // out of range: Boost's zero or infinity stays
    digits_.clear();
    return stack_.push_double(d), true;
  }
  bool on_bool(bool b, Code&) { return stack_.push_bool(b), true; }
  bool on_null(Code&) { return stack_.push_null(), true; }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

 private:
  boost::json::value_stack stack_;
  std::string digits_;  // of a number that came in parts
};

}  // namespace

void append_quoted(std::string& out, std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(s, start, i - start);
    start = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(s, start, s.size() - start);
  out += '"';
}

void append_text(std::string& out, const value& v) {
  switch (v.kind()) {
    case boost::json::kind::null: out += "null"; break;
    case boost::json::kind::bool_: out += v.get_bool() ? "true" : "false"; break;
    case boost::json::kind::int64: out += std::to_string(v.get_int64()); break;
    case boost::json::kind::uint64: out += std::to_string(v.get_uint64()); break;
    case boost::json::kind::double_: append_double(out, v.get_double()); break;
    case boost::json::kind::string: append_quoted(out, v.get_string()); break;
    case boost::json::kind::array: {
      out += '[';
      bool first = true;
      for (const auto& item : v.get_array()) {
        if (!first) out += ',';
        first = false;
        append_text(out, item);
      }
      out += ']';
      break;
    }
    case boost::json::kind::object: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : v.get_object()) {
        if (!first) out += ',';
        first = false;
        append_quoted(out, key);
        out += ':';
        append_text(out, item);
      }
      out += '}';
      break;
    }
  }
}

std::string text(const value& v) {
  std::string out;
  append_text(out, v);
  return out;
}

Result<value> parse(std::string_view text, Limits limits, boost::json::storage_ptr storage) {
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  std::array<unsigned char, 1024> scratch;
  boost::json::basic_parser<ValueBuilder> parser(options, std::move(storage), scratch.data(), scratch.size());
  boost::system::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    return Error{kMalformedJson, "unexpected characters after the JSON text at offset " + std::to_string(used)};
  if (error) return Error{kMalformedJson, error.message() + " at offset " + std::to_string(used)};
  return parser.handler().release();
}

const value* find(const value& v, std::string_view key) {
  const auto* o = v.if_object();
  return o ? o->if_contains(key) : nullptr;
}

std::string text_at(const value& v, std::string_view key) {
  const value* found = find(v, key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace cumulet::json
