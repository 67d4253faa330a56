#include "aws/wire/constraints.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <memory>
#include <unordered_map>

#include "aws/wire/scalar.hpp"

namespace cumulet::wire {
namespace {

constexpr std::size_t kLongestMatched = 64u << 10;

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string shown(const Shape& shape, const void* value) {
  if (is_scalar(shape.kind)) {
    std::string text = "'";
    append_scalar(text, shape, value, TimestampFormat::unix);
    return text += "'";
  }
  if (shape.kind != Kind::list) return "'...'";
  const Shape& element = *shape.element(shape);
  std::string text = "'[";
  const std::size_t count = shape.size(shape, value);
  for (std::size_t i = 0; i < count; ++i) {
    if (i) text += ", ";
    if (is_scalar(element.kind))
      append_scalar(text, element, shape.at(shape, value, i), TimestampFormat::unix);
    else
      text += "...";
  }
  return text += "]'";
}

}  // namespace

Violations::Scope::Scope(Violations& violations, std::string_view member_name)
    : violations_(violations), length_(violations.path_.size()) {
  std::string& path = violations_.path_;
  if (!path.empty()) path += '.';
  const std::size_t first = path.size();
  path += member_name;
  if (first < path.size() && path[first] >= 'A' && path[first] <= 'Z')
    path[first] = static_cast<char>(path[first] + 32);
}

Violations::Scope::Scope(Violations& violations, std::size_t list_index)
    : violations_(violations), length_(violations.path_.size()) {
  violations_.path_ += '.' + std::to_string(list_index + 1) + ".member";
}

void Violations::add(const std::string& shown_value, const std::string& constraint) {
  constexpr std::size_t kMost = 100;  // AWS stops somewhere too; keeps hostile inputs cheap
  if (messages_.size() < kMost)
    messages_.push_back("Value " + shown_value + " at '" + path_ + "' failed to satisfy constraint: " + constraint);
}

void Violations::missing() { add("null", "Member must not be null"); }

void Violations::check(const Member& member, const Shape& shape, const void* value) {
  if (member.min || member.max) {
    std::int64_t measure = 0;
    std::string_view what = "length";
    switch (shape.kind) {
      case Kind::string:
        measure = static_cast<std::int64_t>(characters(*static_cast<const std::string*>(value)));
        break;
      case Kind::blob: measure = static_cast<std::int64_t>(static_cast<const Blob*>(value)->bytes.size()); break;
      case Kind::list:
      case Kind::map: measure = static_cast<std::int64_t>(shape.size(shape, value)); break;
      case Kind::integer:
        measure = *static_cast<const int*>(value);
        what = "value";
        break;
      case Kind::long_:
        measure = *static_cast<const std::int64_t*>(value);
        what = "value";
        break;
      case Kind::float_:
      case Kind::double_: {
        const double d = shape.kind == Kind::float_ ? static_cast<double>(*static_cast<const float*>(value))
                                                    : *static_cast<const double*>(value);
        if (member.min && d < static_cast<double>(*member.min))
          add(shown(shape, value), "Member must have value greater than or equal to " + std::to_string(*member.min));
        if (member.max && d > static_cast<double>(*member.max))
          add(shown(shape, value), "Member must have value less than or equal to " + std::to_string(*member.max));
        return;
      }
      default: return;
    }
    if (member.max && measure > *member.max)
      add(shown(shape, value),
          "Member must have " + std::string(what) + " less than or equal to " + std::to_string(*member.max));
    if (member.min && measure < *member.min)
      add(shown(shape, value),
          "Member must have " + std::string(what) + " greater than or equal to " + std::to_string(*member.min));
  }
  if (shape.kind != Kind::string) return;
  const auto& text = *static_cast<const std::string*>(value);
  if (!member.pattern_text.empty() && !matches_pattern(member.pattern_text, text))
    add(shown(shape, value), "Member must satisfy regular expression pattern: " + std::string(member.pattern_text));
  if (!member.enum_values.empty() &&
      std::find(member.enum_values.begin(), member.enum_values.end(), text) == member.enum_values.end()) {
    std::string set;
    for (const auto allowed : member.enum_values) (set += set.empty() ? "" : ", ") += allowed;
    add(shown(shape, value), "Member must satisfy enum value set: [" + set + "]");
  }
}

Result<void> Violations::result(const ErrorKind& kind) const {
  if (messages_.empty()) return {};
  std::string text = std::to_string(messages_.size()) +
                     (messages_.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (std::size_t i = 0; i < messages_.size(); ++i) (text += i ? "; " : "") += messages_[i];
  return Error{kind, std::move(text)};
}

// AWS writes classes such as [a-zA-Z0-9-_], where a hyphen after a range means itself; Boost wants it escaped.
static std::string with_literal_hyphens(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  std::size_t since_range = 0;  // characters since a range ended: 0 right after it
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out += {c, pattern[++i]};
      ++since_range;
      continue;
    }
    if (c == '[' && !in_class) {
      in_class = true;
      since_range = 1;
    } else if (c == ']') {
      in_class = false;
    } else if (in_class && c == '-' && since_range == 0) {
      out += "\\-";
      ++since_range;
      continue;
    } else if (in_class && c == '-' && i + 1 < pattern.size() && pattern[i + 1] != ']' && pattern[i - 1] != '[') {
      out += {c, pattern[++i]};
      since_range = 0;
      continue;
    } else {
      ++since_range;
    }
    out += c;
  }
  return out;
}

bool matches_pattern(std::string_view pattern, std::string_view value) {
  if (value.size() > kLongestMatched) return false;
  // Patterns are constants of the shapes, so that their number is bounded.
  thread_local std::unordered_map<std::string_view, std::unique_ptr<boost::regex>> compiled;
  auto& regex = compiled[pattern];
  if (!regex) regex = std::make_unique<boost::regex>(with_literal_hyphens(pattern));
  try {
    return boost::regex_match(value.begin(), value.end(), *regex);
  } catch (const std::runtime_error&) {  // complexity limit reached
    return false;
  }
}

}  // namespace cumulet::wire
