#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "services/logs/filter_parts.hpp"

// Space-delimited patterns: "[ip, user, ..., status = 4*, bytes > 1000]".
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
namespace cumulet::logs {
namespace {

constexpr std::size_t kMostFields = 64;

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Test {
  enum class Op { equal, not_equal, less, less_equal, greater, greater_equal } op = Op::equal;
  std::string text;
  std::optional<double> number;
  std::optional<Regex> regex;

  bool holds(std::string_view value) const {
    if (op == Op::equal || op == Op::not_equal) {
      const auto as_number = number ? number_in(value) : std::nullopt;
      const bool same = regex       ? regex->found_in(value)
                        : as_number ? *as_number == *number
                                    : matches_wildcard(text, value, Wildcards::star);
      return same == (op == Op::equal);
    }
    const auto given = number_in(value);
    if (!given || !number) return false;
    switch (op) {
      case Op::less: return *given < *number;
      case Op::less_equal: return *given <= *number;
      case Op::greater: return *given > *number;
      default: return *given >= *number;
    }
  }
};

struct Field {
  std::string name;
  bool is_any_number = false;            // "..."
  std::vector<std::vector<Test>> tests;  // any of the groups, all in it; none: any value

  bool holds(std::string_view value) const {
    if (tests.empty()) return true;
    return std::any_of(tests.begin(), tests.end(), [&](const auto& all) {
      return std::all_of(all.begin(), all.end(), [&](const Test& test) { return test.holds(value); });
    });
  }
};

// The words of an event; what stands in quotation marks or square brackets is one.
std::vector<std::string_view> words_of(std::string_view message) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < message.size();) {
    if (is_space(message[i])) {
      ++i;
      continue;
    }
    const char closing = message[i] == '"' ? '"' : message[i] == '[' ? ']' : '\0';
    if (const auto end = closing ? message.find(closing, i + 1) : std::string_view::npos;
        end != std::string_view::npos) {
      words.push_back(message.substr(i + 1, end - i - 1));
      i = end + 1;
      continue;
    }
    const std::size_t start = i;
    while (i < message.size() && !is_space(message[i])) ++i;
    words.push_back(message.substr(start, i - start));
  }
  return words;
}

struct Fields final : FilterPattern::Node {
  std::vector<Field> fields;

  bool matches(std::string_view message) const override {
    const auto words = words_of(message);
    const auto gap = std::find_if(fields.begin(), fields.end(), [](const Field& f) { return f.is_any_number; });
    if (gap == fields.end() ? words.size() != fields.size() : words.size() + 1 < fields.size()) return false;
    const auto before = static_cast<std::size_t>(gap - fields.begin());
    for (std::size_t i = 0; i < before; ++i)
      if (!fields[i].holds(words[i])) return false;
    if (gap == fields.end()) return true;
    const std::size_t after = fields.size() - before - 1;
    for (std::size_t i = 0; i < after; ++i)
      if (!fields[before + 1 + i].holds(words[words.size() - after + i])) return false;
    return true;
  }
};

class FieldParser : Cursor {
 public:
  explicit FieldParser(std::string_view text) : Cursor(text) {}

  Result<std::shared_ptr<const FilterPattern::Node>> run() {
    auto pattern = std::make_shared<Fields>();
    bool has_gap = false;
    if (!take("[")) return invalid("'[' expected");
    do {
      Field field;
      if (take("...")) {
        if (std::exchange(has_gap, true)) return invalid("\"...\" stands twice");
        field.is_any_number = true;
      } else if (!read(field)) {
        return invalid(complaint_);
      }
      pattern->fields.push_back(std::move(field));
      if (pattern->fields.size() > kMostFields) return invalid("it has too many fields");
    } while (take(","));
    if (!take("]")) return invalid("']' expected");
    space();
    if (at_ != text_.size()) return invalid("text after ']'");
    return std::shared_ptr<const FilterPattern::Node>(std::move(pattern));
  }

 private:
  bool complain(std::string_view why) {
    complaint_ = why;
    return false;
  }
  std::string word(std::string_view ends) {
    space();
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && ends.find(text_[at_]) == std::string_view::npos) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  // NAME [TEST {&& NAME TEST | || NAME TEST}]; conditions speak of this field only.
  bool read(Field& field) {
    field.name = word(",]=!<>&|");
    space();
    if (at_ < text_.size() && (text_[at_] == ',' || text_[at_] == ']')) return true;
    field.tests.emplace_back();
    for (;;) {
      Test test;
      if (!read(test)) return false;
      field.tests.back().push_back(std::move(test));
      if (take("||"))
        field.tests.emplace_back();
      else if (!take("&&"))
        return true;
      if (word(",]=!<>&|") != field.name) return complain("a condition names another field");
    }
  }

  bool read(Test& test) {
    using Op = Test::Op;
    if (take("!="))
      test.op = Op::not_equal;
    else if (take("<="))
      test.op = Op::less_equal;
    else if (take(">="))
      test.op = Op::greater_equal;
    else if (take("="))
      test.op = Op::equal;
    else if (take("<"))
      test.op = Op::less;
    else if (take(">"))
      test.op = Op::greater;
    else
      return complain("an operator expected");
    if (test.op == Op::equal && take("!")) test.op = Op::not_equal;  // "w1=!%abc%"
    if (take("\"")) {
      if (!take_quoted(text_, at_, test.text)) return complain("a quotation mark is not closed");
    } else if (take("%")) {
      const auto end = text_.find('%', at_);
      if (end == std::string_view::npos) return complain("'%' expected");
      test.regex = Regex::make(text_.substr(at_, end - at_));
      if (!test.regex) return complain("the regular expression is not valid");
      at_ = end + 1;
    } else {
      test.text = word(",]&|");
      if (test.text.empty()) return complain("a value expected");
      test.number = number_in(test.text);
    }
    const bool is_order = test.op != Op::equal && test.op != Op::not_equal;
    return !is_order || test.number || complain("a number expected");
  }

  std::string complaint_;
};

}  // namespace

Result<std::shared_ptr<const FilterPattern::Node>> parse_fields(std::string_view text) {
  return FieldParser(text).run();
}

}  // namespace cumulet::logs
