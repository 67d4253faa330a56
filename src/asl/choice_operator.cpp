#include "asl/choice_operator.hpp"

#include <map>

#include "asl/json_path_filter.hpp"

namespace cumulet::asl {

std::optional<OperatorName> operator_named(std::string_view name) {
  static const std::map<std::string_view, Operator> kNames = {
      {"StringEquals", Operator::string_equals},
      {"StringLessThan", Operator::string_less},
      {"StringGreaterThan", Operator::string_greater},
      {"StringLessThanEquals", Operator::string_less_equals},
      {"StringGreaterThanEquals", Operator::string_greater_equals},
      {"StringMatches", Operator::string_matches},
      {"NumericEquals", Operator::numeric_equals},
      {"NumericLessThan", Operator::numeric_less},
      {"NumericGreaterThan", Operator::numeric_greater},
      {"NumericLessThanEquals", Operator::numeric_less_equals},
      {"NumericGreaterThanEquals", Operator::numeric_greater_equals},
      {"BooleanEquals", Operator::boolean_equals},
      {"TimestampEquals", Operator::timestamp_equals},
      {"TimestampLessThan", Operator::timestamp_less},
      {"TimestampGreaterThan", Operator::timestamp_greater},
      {"TimestampLessThanEquals", Operator::timestamp_less_equals},
      {"TimestampGreaterThanEquals", Operator::timestamp_greater_equals},
      {"IsNull", Operator::is_null},
      {"IsPresent", Operator::is_present},
      {"IsNumeric", Operator::is_numeric},
      {"IsString", Operator::is_string},
      {"IsBoolean", Operator::is_boolean},
      {"IsTimestamp", Operator::is_timestamp},
  };
  bool path = false;
  if (name.ends_with("Path")) {
    path = true;
    name.remove_suffix(4);
  }
  const auto found = kNames.find(name);
  if (found == kNames.end()) return std::nullopt;
  if (path && (found->second >= Operator::is_null || found->second == Operator::string_matches)) return std::nullopt;
  return OperatorName{found->second, path};
}

OperandKind operand_kind(Operator op) {
  if (op <= Operator::string_matches) return OperandKind::string;
  if (op <= Operator::numeric_greater_equals) return OperandKind::number;
  if (op == Operator::boolean_equals) return OperandKind::boolean;
  if (op <= Operator::timestamp_greater_equals) return OperandKind::timestamp;
  return OperandKind::flag;
}

namespace {

// '*' matches any characters; "\*" is an asterisk and "\\" a backslash.
bool matches(std::string_view text, std::string_view pattern) {
  struct Token {
    char c;
    bool any;
  };
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size())
      tokens.push_back({pattern[++i], false});
    else
      tokens.push_back({pattern[i], pattern[i] == '*'});
  }
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < tokens.size() && tokens[p].any) {
      star = p++;
      resume = t;
    } else if (p < tokens.size() && tokens[p].c == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < tokens.size() && tokens[p].any) ++p;
  return p == tokens.size();
}

std::optional<TimePoint> as_timestamp(const json::value& v) {
  const auto* text = v.if_string();
  if (!text) return std::nullopt;
  return parse_iso8601(std::string_view(*text));
}

template <class T>
bool compare(Operator op, Operator equals, const T& a, const T& b) {
  switch (static_cast<int>(op) - static_cast<int>(equals)) {
    case 0: return a == b;
    case 1: return a < b;
    case 2: return a > b;
    case 3: return a <= b;
    default: return a >= b;
  }
}

bool compare(Operator op, const json::value& a, const json::value& b) {
  switch (operand_kind(op)) {
    case OperandKind::string: {
      const auto *x = a.if_string(), *y = b.if_string();
      if (!x || !y) return false;
      if (op == Operator::string_matches) return matches(*x, *y);
      return compare(op, Operator::string_equals, std::string_view(*x), std::string_view(*y));
    }
    case OperandKind::number: {
      const auto x = as_number(a), y = as_number(b);
      return x && y && compare(op, Operator::numeric_equals, *x, *y);
    }
    case OperandKind::boolean: return a.is_bool() && b.is_bool() && a.get_bool() == b.get_bool();
    case OperandKind::timestamp: {
      const auto x = as_timestamp(a), y = as_timestamp(b);
      return x && y && compare(op, Operator::timestamp_equals, *x, *y);
    }
    case OperandKind::flag: break;
  }
  const bool wanted = b.is_bool() && b.get_bool();
  switch (op) {
    case Operator::is_null: return a.is_null() == wanted;
    case Operator::is_numeric: return as_number(a).has_value() == wanted;
    case Operator::is_string: return a.is_string() == wanted;
    case Operator::is_boolean: return a.is_bool() == wanted;
    case Operator::is_timestamp: return as_timestamp(a).has_value() == wanted;
    default: return false;
  }
}

Error invalid_path(const Path& path) {
  return Error{kRuntime,
               "Invalid path '" + path.text + "': The choice state's condition path references an invalid value."};
}

}  // namespace

Result<bool> holds(const Rule& rule, const Environment& env) {
  switch (rule.kind) {
    case Rule::Kind::all_of:
    case Rule::Kind::any_of: {
      const bool stop_at = rule.kind == Rule::Kind::any_of;
      for (const auto& part : rule.parts) {
        CUMULET_TRY(bool value, holds(part, env));
        if (value == stop_at) return stop_at;
      }
      return !stop_at;
    }
    case Rule::Kind::negation: {
      CUMULET_TRY(bool value, holds(rule.parts.front(), env));
      return !value;
    }
    case Rule::Kind::test: break;
  }
  const auto variable = rule.variable.select(env);
  if (rule.op == Operator::is_present)
    return static_cast<bool>(variable) == (rule.operand.is_bool() && rule.operand.get_bool());
  if (!variable) return invalid_path(rule.variable);
  if (!rule.operand_path) return compare(rule.op, variable.value(), rule.operand);
  const auto operand = rule.operand_path->select(env);
  if (!operand) return invalid_path(*rule.operand_path);
  return compare(rule.op, variable.value(), operand.value());
}

}  // namespace cumulet::asl
