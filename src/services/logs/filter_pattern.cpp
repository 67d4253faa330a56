#include "services/logs/filter_pattern.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "services/logs/filter_parts.hpp"

namespace cumulet::logs {

namespace {

using Node = FilterPattern::Node;
constexpr std::size_t kLongestPattern = 1024;
constexpr int kDeepest = 32;

// ---- terms

struct Term {
  enum class Role { required, optional, excluded } role = Role::required;
  std::string text;
  std::optional<Regex> regex;

  bool found_in(std::string_view message) const {
    return regex ? regex->found_in(message) : message.find(text) != std::string_view::npos;
  }
};

struct Terms final : Node {
  std::vector<Term> terms;

  bool matches(std::string_view message) const override {
    bool has_required = false, has_optional = false, optional_found = false;
    for (const Term& term : terms) {
      const bool found = term.found_in(message);
      switch (term.role) {
        case Term::Role::required:
          has_required = true;
          if (!found) return false;
          break;
        case Term::Role::excluded:
          if (found) return false;
          break;
        case Term::Role::optional: has_optional = true; optional_found = optional_found || found;
      }
    }
    return has_required || !has_optional || optional_found;  // beside required terms, optional ones say nothing
  }
};

Result<std::shared_ptr<const Node>> parse_terms(std::string_view text) {
  auto terms = std::make_shared<Terms>();
  std::size_t i = 0;
  while (true) {
    while (i < text.size() && is_space(text[i])) ++i;
    if (i == text.size()) break;
    Term term;
    if ((text[i] == '?' || text[i] == '-') && i + 1 < text.size() && !is_space(text[i + 1]))
      term.role = text[i++] == '?' ? Term::Role::optional : Term::Role::excluded;
    if (text[i] == '"') {
      if (!take_quoted(text, ++i, term.text)) return invalid("a quotation mark is not closed");
    } else if (text[i] == '%' && text.find('%', i + 1) != std::string_view::npos) {
      const auto end = text.find('%', i + 1);
      term.regex = Regex::make(text.substr(i + 1, end - i - 1));
      if (!term.regex) return invalid("the regular expression is not valid");
      i = end + 1;
    } else {
      while (i < text.size() && !is_space(text[i])) term.text += text[i++];
    }
    terms->terms.push_back(std::move(term));
  }
  return std::shared_ptr<const Node>(std::move(terms));
}

// ---- JSON

// One step of a selector: a member's name, an index, or all elements.
struct Step {
  std::string name;
  std::optional<std::size_t> index;
  bool all = false;
};

struct JsonNode {
  virtual ~JsonNode() = default;
  virtual bool holds(const json::value& document) const = 0;
};

struct Both final : JsonNode {
  std::unique_ptr<JsonNode> left, right;
  bool is_and = true;
  bool holds(const json::value& document) const override {
    return is_and ? left->holds(document) && right->holds(document) : left->holds(document) || right->holds(document);
  }
};

struct Comparison final : JsonNode {
  enum class Op {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    is_null,
    is_true,
    is_false,
    exists,
    not_exists
  };
  std::vector<Step> selector;
  Op op = Op::equal;
  std::string text;
  std::optional<double> number;
  std::optional<Regex> regex;

  bool holds(const json::value& document) const override {
    if (op == Op::not_exists) return !any(document, 0, [](const json::value&) { return true; });
    return any(document, 0, [this](const json::value& v) { return compare(v); });
  }

 private:
  template <class Predicate>
  bool any(const json::value& v, std::size_t depth, const Predicate& predicate) const {
    if (depth == selector.size()) return predicate(v);
    const Step& step = selector[depth];
    if (step.all) {
      if (const auto* array = v.if_array())
        return std::any_of(array->begin(), array->end(),
                           [&](const json::value& item) { return any(item, depth + 1, predicate); });
      if (const auto* object = v.if_object())
        return std::any_of(object->begin(), object->end(),
                           [&](const auto& entry) { return any(entry.value(), depth + 1, predicate); });
      return false;
    }
    if (step.index) {
      const auto* array = v.if_array();
      return array && *step.index < array->size() && any((*array)[*step.index], depth + 1, predicate);
    }
    const auto* member = json::find(v, step.name);
    return member && any(*member, depth + 1, predicate);
  }

  bool compare(const json::value& v) const {
    switch (op) {
      case Op::is_null: return v.is_null();
      case Op::is_true: return v.is_bool() && v.get_bool();
      case Op::is_false: return v.is_bool() && !v.get_bool();
      case Op::exists: return true;
      case Op::not_exists: return false;
      case Op::equal: return equals(v);
      case Op::not_equal: return !equals(v);
      default: break;
    }
    if (!v.is_number() || !number) return false;
    const double d = v.to_number<double>();
    switch (op) {
      case Op::less: return d < *number;
      case Op::less_equal: return d <= *number;
      case Op::greater: return d > *number;
      default: return d >= *number;
    }
  }

  bool equals(const json::value& v) const {
    if (v.is_object() || v.is_array()) return false;
    if (v.is_number() && number && !regex) return v.to_number<double>() == *number;
    const std::string shown = v.is_string() ? std::string(v.get_string()) : json::text(v);
    return regex ? regex->found_in(shown) : matches_wildcard(text, shown, Wildcards::star);
  }
};

struct JsonPattern final : Node {
  std::unique_ptr<JsonNode> root;
  bool matches(std::string_view message) const override {
    const auto start = message.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || (message[start] != '{' && message[start] != '[')) return false;
    const auto document = json::parse(message);
    return document.ok() && root->holds(*document);
  }
};

class JsonParser : Cursor {
 public:
  explicit JsonParser(std::string_view text) : Cursor(text) {}

  Result<std::shared_ptr<const Node>> run() {
    auto pattern = std::make_shared<JsonPattern>();
    if (!take("{")) return invalid("'{' expected");
    pattern->root = disjunction(0);
    if (pattern->root && !take("}")) complain("'}' expected");
    space();
    if (complaint_.empty() && at_ != text_.size()) complain("text after '}'");
    if (!complaint_.empty()) return invalid(complaint_);
    return std::shared_ptr<const Node>(std::move(pattern));
  }

 private:
  std::unique_ptr<JsonNode> complain(std::string_view why) {
    if (complaint_.empty()) complaint_ = why;
    return nullptr;
  }
  bool take_word(std::string_view word) {
    const std::size_t before = at_;
    if (!take(word)) return false;
    if (at_ == text_.size() || is_space(text_[at_]) || text_[at_] == '}' || text_[at_] == ')' || text_[at_] == '&' ||
        text_[at_] == '|')
      return true;
    at_ = before;
    return false;
  }

  std::unique_ptr<JsonNode> chain(int depth, std::string_view op, std::unique_ptr<JsonNode> (JsonParser::*part)(int)) {
    auto left = (this->*part)(depth);
    while (left && take(op)) {
      auto right = (this->*part)(depth);
      if (!right) return nullptr;
      auto both = std::make_unique<Both>();
      both->is_and = op == "&&";
      both->left = std::move(left);
      both->right = std::move(right);
      left = std::move(both);
    }
    return left;
  }
  std::unique_ptr<JsonNode> disjunction(int depth) { return chain(depth, "||", &JsonParser::conjunction); }
  std::unique_ptr<JsonNode> conjunction(int depth) { return chain(depth, "&&", &JsonParser::operand); }

  std::unique_ptr<JsonNode> operand(int depth) {
    if (depth > kDeepest) return complain("it nests too deep");
    if (!take("(")) return comparison();
    auto inner = disjunction(depth + 1);
    if (inner && !take(")")) return complain("')' expected");
    return inner;
  }

  std::unique_ptr<JsonNode> comparison() {
    using Op = Comparison::Op;
    auto out = std::make_unique<Comparison>();
    if (!selector(out->selector)) return complain("a selector ($.name) expected");
    if (take_word("NOT EXISTS"))
      out->op = Op::not_exists;
    else if (take_word("EXISTS"))
      out->op = Op::exists;
    else if (take_word("IS NULL"))
      out->op = Op::is_null;
    else if (take_word("IS TRUE"))
      out->op = Op::is_true;
    else if (take_word("IS FALSE"))
      out->op = Op::is_false;
    else {
      if (take("!="))
        out->op = Op::not_equal;
      else if (take("<="))
        out->op = Op::less_equal;
      else if (take(">="))
        out->op = Op::greater_equal;
      else if (take("="))
        out->op = Op::equal;
      else if (take("<"))
        out->op = Op::less;
      else if (take(">"))
        out->op = Op::greater;
      else
        return complain("an operator expected");
      return operand_value(std::move(out));
    }
    return out;
  }

  std::unique_ptr<JsonNode> operand_value(std::unique_ptr<Comparison> out) {
    using Op = Comparison::Op;
    space();
    if (take("\"")) {
      if (!take_quoted(text_, at_, out->text)) return complain("a quotation mark is not closed");
    } else if (take("%")) {
      const auto end = text_.find('%', at_);
      if (end == std::string_view::npos) return complain("'%' expected");
      out->regex = Regex::make(text_.substr(at_, end - at_));
      if (!out->regex) return complain("the regular expression is not valid");
      at_ = end + 1;
    } else {
      while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '}' && text_[at_] != ')' &&
             text_[at_] != '&' && text_[at_] != '|')
        out->text += text_[at_++];
      if (out->text.empty()) return complain("a value expected");
      double number = 0;
      const char* end = out->text.data() + out->text.size();
      if (const auto parsed = std::from_chars(out->text.data(), end, number);
          parsed.ec == std::errc{} && parsed.ptr == end)
        out->number = number;
    }
    const bool is_order = out->op != Op::equal && out->op != Op::not_equal;
    if (is_order && !out->number) return complain("a number expected");
    return out;
  }

  bool selector(std::vector<Step>& steps) {
    if (!take("$")) return false;
    while (at_ < text_.size() && steps.size() < kDeepest) {
      Step step;
      if (text_[at_] == '.' && at_ + 1 < text_.size() && text_[at_ + 1] == '[') ++at_;  // $.['name']
      if (text_[at_] == '.') {
        ++at_;
        while (at_ < text_.size() && !is_space(text_[at_]) &&
               std::string_view(".[]=!<>(){}&|").find(text_[at_]) == std::string_view::npos)
          step.name += text_[at_++];
        if (step.name.empty()) return false;
        step.all = step.name == "*";
      } else if (text_[at_] == '[') {
        if (!bracket(step)) return false;
      } else {
        break;
      }
      steps.push_back(std::move(step));
    }
    return !steps.empty();
  }

  bool bracket(Step& step) {
    const auto close = text_.find(']', at_);
    if (close == std::string_view::npos) return false;
    const std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    if (inside == "*") {
      step.all = true;
      return true;
    }
    if (inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"') && inside.back() == inside.front()) {
      step.name = inside.substr(1, inside.size() - 2);
      return true;
    }
    std::size_t index = 0;
    const auto parsed = std::from_chars(inside.data(), inside.data() + inside.size(), index);
    if (parsed.ec != std::errc{} || parsed.ptr != inside.data() + inside.size()) return false;
    step.index = index;
    return true;
  }

  std::string complaint_;
};

}  // namespace

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
  FilterPattern pattern;
  if (text.size() > kLongestPattern) return invalid("it is longer than 1024 characters");
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return pattern;
  if (text[start] == '{') {
    CUMULET_TRY(pattern.root_, JsonParser(text.substr(start)).run());
  } else if (text[start] == '[') {
    CUMULET_TRY(pattern.root_, parse_fields(text.substr(start)));
  } else {
    CUMULET_TRY(pattern.root_, parse_terms(text));
  }
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const { return !root_ || root_->matches(message); }

}  // namespace cumulet::logs
