#include <charconv>

#include "asl/json_path_filter.hpp"

namespace cumulet::asl {

// Recursive descent over one path's text; every loop consumes input, depth is bounded.
class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) {}

  Result<JsonPath> whole() {
    CUMULET_TRY(JsonPath path, path_from('$', false, 0));
    if (at_ != text_.size()) return error("unexpected character");
    return path;
  }

 private:
  Error error(std::string_view what) const {
    return Error{kInvalidPath, std::string(what) + " at position " + std::to_string(at_) + " of '" +
                                   std::string(text_.substr(0, 200)) + "'"};
  }
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view s) {
    if (text_.substr(at_, s.size()) != s) return false;
    at_ += s.size();
    return true;
  }
  void skip_blanks() {
    while (!done() && (peek() == ' ' || peek() == '\t')) ++at_;
  }
  // Where a name after '.' ends; inside a filter more characters end it.
  static bool ends_name(char c, bool in_filter) {
    if (c == '.' || c == '[' || c == '(' || c == ' ' || c == '\t' || c == '\n') return true;
    return in_filter && (c == ')' || c == '=' || c == '!' || c == '<' || c == '>' || c == '&' || c == '|' || c == ',' ||
                         c == ']' || c == '~');
  }

  Result<JsonPath> path_from(char first, bool in_filter, int depth) {
    if (!take(first)) return error("a path begins with '$'");
    JsonPath path;
    while (!done()) {
      if (path.steps_.size() > JsonPath::kMaxSteps) return error("too many steps");
      if (take("..")) {
        path.steps_.emplace_back(JsonPath::Descent{});
        if (peek() == '[') continue;
        CUMULET_CHECK(name_step(path, in_filter));
      } else if (take('.')) {
        CUMULET_CHECK(name_step(path, in_filter));
      } else if (peek() == '[') {
        CUMULET_CHECK(bracket_step(path, depth));
      } else {
        if (in_filter) break;
        return error("unexpected character");
      }
      if (path.function_ != JsonPath::Function::none) break;
    }
    if (!path.steps_.empty() && std::holds_alternative<JsonPath::Descent>(path.steps_.back()))
      return error("'..' needs a name after it");
    return path;
  }

  Result<void> name_step(JsonPath& path, bool in_filter) {
    if (take('*')) {
      path.steps_.emplace_back(JsonPath::Wildcard{});
      return {};
    }
    const auto start = at_;
    while (!done() && !ends_name(peek(), in_filter)) ++at_;
    if (at_ == start) return error("a name is missing");
    const auto name = text_.substr(start, at_ - start);
    if (!take('(')) {
      path.steps_.emplace_back(JsonPath::Names{{std::string(name)}});
      return {};
    }
    if (!take(')')) return error("')' is missing");
    using Function = JsonPath::Function;
    path.function_ = name == "length" || name == "size" ? Function::length
                     : name == "min"                    ? Function::min
                     : name == "max"                    ? Function::max
                     : name == "sum"                    ? Function::sum
                     : name == "avg"                    ? Function::avg
                                                        : Function::none;
    if (path.function_ == Function::none) return error("unknown function");
    return {};
  }

  Result<void> bracket_step(JsonPath& path, int depth) {
    take('[');
    skip_blanks();
    if (take('*')) {
      path.steps_.emplace_back(JsonPath::Wildcard{});
    } else if (take('?')) {
      if (depth >= JsonPath::kMaxFilterDepth) return error("filters nest too deeply");
      skip_blanks();
      if (!take('(')) return error("'(' is missing");
      CUMULET_TRY(Filter filter, any_of(depth + 1));
      skip_blanks();
      if (!take(')')) return error("')' is missing");
      path.steps_.emplace_back(JsonPath::Filtered{std::make_shared<const Filter>(std::move(filter))});
    } else if (peek() == '\'' || peek() == '"') {
      JsonPath::Names names;
      do {
        skip_blanks();
        CUMULET_TRY(std::string name, quoted());
        names.names.push_back(std::move(name));
        skip_blanks();
      } while (take(','));
      path.steps_.emplace_back(std::move(names));
    } else {
      CUMULET_CHECK(numbers_step(path));
    }
    skip_blanks();
    if (!take(']')) return error("']' is missing");
    return {};
  }

  Result<void> numbers_step(JsonPath& path) {
    std::optional<std::int64_t> first;
    if (peek() != ':') {
      CUMULET_TRY(first, integer());
    }
    skip_blanks();
    if (take(':')) {
      JsonPath::Slice slice;
      slice.from = first;
      skip_blanks();
      if (peek() == '-' || is_digit(peek())) {
        CUMULET_TRY(slice.to, integer());
      }
      skip_blanks();
      if (take(':')) {
        skip_blanks();
        CUMULET_TRY(slice.step, integer());
        if (slice.step <= 0) return error("a slice's step must be positive");
      }
      path.steps_.emplace_back(slice);
      return {};
    }
    JsonPath::Indexes indexes{{*first}};
    while (take(',')) {
      skip_blanks();
      CUMULET_TRY(std::int64_t next, integer());
      indexes.indexes.push_back(next);
      skip_blanks();
    }
    path.steps_.emplace_back(std::move(indexes));
    return {};
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  Result<std::int64_t> integer() {
    std::int64_t number = 0;
    const auto* end = text_.data() + text_.size();
    const auto [after, code] = std::from_chars(text_.data() + at_, end, number);
    if (code != std::errc()) return error("a number is missing");
    // Far outside any array, and far from overflowing.
    if (number > INT32_MAX || number < INT32_MIN) return error("the number is too large");
    at_ = static_cast<std::size_t>(after - text_.data());
    return number;
  }

  Result<std::string> quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return error("a quoted name is missing");
    ++at_;
    std::string out;
    while (!done() && peek() != quote) {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    if (!take(quote)) return error("a closing quote is missing");
    return out;
  }

  Result<Filter> any_of(int depth) {
    Filter filter;
    filter.kind = Filter::Kind::any_of;
    do {
      CUMULET_TRY(Filter part, all_of(depth));
      filter.parts.push_back(std::move(part));
      skip_blanks();
    } while (take("||"));
    if (filter.parts.size() == 1) return Filter(std::move(filter.parts.front()));
    return filter;
  }

  Result<Filter> all_of(int depth) {
    Filter filter;
    filter.kind = Filter::Kind::all_of;
    do {
      CUMULET_TRY(Filter part, term(depth));
      filter.parts.push_back(std::move(part));
      skip_blanks();
    } while (take("&&"));
    if (filter.parts.size() == 1) return Filter(std::move(filter.parts.front()));
    return filter;
  }

  Result<Filter> term(int depth) {
    if (depth > JsonPath::kMaxFilterDepth) return error("filters nest too deeply");
    skip_blanks();
    if (peek() == '!' && text_.substr(at_, 2) != "!=") {
      take('!');
      Filter filter;
      filter.kind = Filter::Kind::negation;
      CUMULET_TRY(Filter inner, term(depth + 1));
      filter.parts.push_back(std::move(inner));
      return filter;
    }
    if (take('(')) {
      CUMULET_TRY(Filter inner, any_of(depth + 1));
      skip_blanks();
      if (!take(')')) return error("')' is missing");
      return inner;
    }
    Filter filter;
    CUMULET_TRY(filter.left, operand(depth));
    skip_blanks();
    using Op = Filter::Operator;
    static constexpr std::pair<std::string_view, Op> kOperators[] = {
        {"==", Op::eq},       {"!=", Op::ne},    {"<=", Op::le},   {">=", Op::ge}, {"=~", Op::matches},
        {"<", Op::lt},        {">", Op::gt},     {"nin", Op::nin}, {"in", Op::in}, {"contains", Op::contains},
        {"empty", Op::empty}, {"size", Op::size}};
    for (const auto& [symbol, op] : kOperators) {
      if (!take(symbol)) continue;
      filter.kind = Filter::Kind::compare;
      filter.op = op;
      skip_blanks();
      if (op == Op::matches) {
        CUMULET_CHECK(pattern(filter));
        return filter;
      }
      CUMULET_TRY(filter.right, operand(depth));
      return filter;
    }
    if (filter.left.from == Filter::Operand::From::literal) return error("an operator is missing");
    return filter;
  }

  Result<void> pattern(Filter& filter) {
    if (!take('/')) return error("a pattern is missing");
    std::string source;
    while (!done() && peek() != '/') {
      if (peek() == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '/') ++at_;
      source += text_[at_++];
    }
    if (!take('/')) return error("'/' is missing");
    auto flags = std::regex::ECMAScript;
#ifdef __GLIBCXX__
    flags |= std::regex_constants::__polynomial;  // no exponential backtracking; refuses back-references
#endif
    if (take('i')) flags |= std::regex::icase;
    if (source.size() > 256) return error("the pattern is too long");
    try {  // std::regex reports a bad pattern only by exception
      filter.pattern = std::make_shared<const std::regex>(source, flags);
    } catch (const std::regex_error&) {
      return error("the pattern is not a regular expression");
    }
    return {};
  }

  Result<Filter::Operand> operand(int depth) {
    using From = Filter::Operand::From;
    Filter::Operand operand;
    if (peek() == '@' || peek() == '$') {
      operand.from = peek() == '@' ? From::current : From::root;
      CUMULET_TRY(operand.path, path_from(peek(), true, depth));
      return operand;
    }
    if (peek() == '\'' || peek() == '"') {
      CUMULET_TRY(std::string s, quoted());
      operand.literal = s;
      return operand;
    }
    const auto start = at_;
    if (take('[')) {  // a list of literals, read as JSON with single quotes allowed
      json::array list;
      skip_blanks();
      while (!done() && peek() != ']') {
        if (peek() == '[' || peek() == '@' || peek() == '$') return error("a literal is missing");
        CUMULET_TRY(Filter::Operand item, this->operand(depth));
        list.push_back(item.literal);
        skip_blanks();
        if (!take(',')) break;
        skip_blanks();
      }
      if (!take(']')) return error("']' is missing");
      operand.literal = std::move(list);
      return operand;
    }
    while (!done() &&
           (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '.' || peek() == '-' || peek() == '+'))
      ++at_;
    const auto literal = json::parse(text_.substr(start, at_ - start));
    if (!literal) return error("a literal is missing");
    operand.literal = *literal;
    return operand;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<JsonPath> JsonPath::compile(std::string_view text) {
  if (text.size() > 10'000) return Error{kInvalidPath, "the path is longer than 10,000 characters"};
  return PathParser(text).whole();
}

}  // namespace cumulet::asl
