#include "services/lambda/event_filter.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/text.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {

// One alternative of a list of values.
struct EventFilter::Rule {
  enum class Kind { equals, null, prefix, suffix, equals_ignore_case, numeric, exists, absent, anything_but };
  Kind kind = Kind::equals;
  json::value value;  // equals: a string, number or boolean; prefix and its like: a string
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();  // numeric
  bool low_open = false, high_open = false;
  std::vector<Rule> excluded;  // anything-but
};

// A pattern for a value: of an object its members, of anything else its rules.
struct EventFilter::Node {
  std::string key;  // of a member
  std::vector<Node> members;
  std::vector<std::vector<Node>> alternatives;  // $or: of each list one has to match
  std::vector<Rule> rules;

  bool is_leaf() const { return !rules.empty(); }
};

namespace {

using Rule = EventFilter::Rule;
using Node = EventFilter::Node;

Error invalid() { return user_error(kInvalidParameterValue, "Invalid filter pattern definition."); }

std::optional<double> number(const json::value& v) {
  if (v.is_double()) return v.as_double();
  if (v.is_int64()) return static_cast<double>(v.as_int64());
  if (v.is_uint64()) return static_cast<double>(v.as_uint64());
  return std::nullopt;
}

std::string_view text_of(const json::value& v) { return {v.as_string().data(), v.as_string().size()}; }

bool same(const json::value& a, const json::value& b) {
  const auto x = number(a), y = number(b);
  return x && y ? *x == *y : a == b;
}

// ["=", 5], [">", 0], [">=", 0, "<", 10]
std::optional<Rule> numeric(const json::value& given) {
  if (!given.is_array()) return std::nullopt;
  const auto& parts = given.as_array();
  if (parts.size() != 2 && parts.size() != 4) return std::nullopt;
  Rule rule;
  rule.kind = Rule::Kind::numeric;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    const auto value = number(parts[i + 1]);
    if (!parts[i].is_string() || !value || *value < -5e9 || *value > 5e9) return std::nullopt;
    const std::string_view op = text_of(parts[i]);
    const bool is_low = op == ">" || op == ">=", is_high = op == "<" || op == "<=";
    if (op == "=" && parts.size() == 2) {
      rule.low = rule.high = *value;
    } else if (is_low && i == 0) {
      rule.low = *value;
      rule.low_open = op == ">";
    } else if (is_high && (i == 2 || parts.size() == 2)) {
      rule.high = *value;
      rule.high_open = op == "<";
    } else {
      return std::nullopt;
    }
  }
  if (rule.low > rule.high) return std::nullopt;
  return rule;
}

std::optional<Rule> text_rule(std::string_view name, const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  Rule rule;
  if (name == "prefix")
    rule.kind = Rule::Kind::prefix;
  else if (name == "suffix")
    rule.kind = Rule::Kind::suffix;
  else if (name == "equals-ignore-case")
    rule.kind = Rule::Kind::equals_ignore_case;
  else
    return std::nullopt;
  rule.value = value;
  return rule;
}

std::optional<Rule> anything_but(const json::value& value) {
  Rule rule;
  rule.kind = Rule::Kind::anything_but;
  if (value.is_object()) {  // {"anything-but": {"prefix": "x"}}
    const auto& object = value.as_object();
    if (object.size() != 1) return std::nullopt;
    const auto inner = text_rule(object.begin()->key(), object.begin()->value());
    if (!inner) return std::nullopt;
    rule.excluded.push_back(*inner);
    return rule;
  }
  const json::array one{value};
  const json::array& list = value.is_array() ? value.as_array() : one;
  if (list.empty()) return std::nullopt;
  for (const json::value& item : list) {
    if (!item.is_string() && !number(item)) return std::nullopt;
    Rule excluded;
    excluded.value = item;
    rule.excluded.push_back(std::move(excluded));
  }
  return rule;
}

std::optional<Rule> rule_of(const json::value& given) {
  Rule rule;
  if (given.is_null()) {
    rule.kind = Rule::Kind::null;
    return rule;
  }
  if (!given.is_object()) {
    if (given.is_array()) return std::nullopt;
    rule.value = given;
    return rule;
  }
  const auto& object = given.as_object();
  if (object.size() != 1) return std::nullopt;
  const std::string_view name = object.begin()->key();
  const json::value& value = object.begin()->value();
  if (name == "numeric") return numeric(value);
  if (name == "anything-but") return anything_but(value);
  if (name == "exists") {
    if (!value.is_bool()) return std::nullopt;
    rule.kind = value.as_bool() ? Rule::Kind::exists : Rule::Kind::absent;
    return rule;
  }
  return text_rule(name, value);
}

Result<Node> node_of(const json::value& given, std::size_t depth) {
  if (depth == 0) return invalid();
  Node node;
  if (given.is_array()) {
    for (const json::value& item : given.as_array()) {
      auto rule = rule_of(item);
      if (!rule) return invalid();
      node.rules.push_back(std::move(*rule));
    }
    if (node.rules.empty()) return invalid();
    return node;
  }
  if (!given.is_object() || given.as_object().empty()) return invalid();
  for (const auto& member : given.as_object()) {
    const json::value& value = member.value();
    const bool is_or = member.key() == "$or" && value.is_array() && value.as_array().size() > 1 &&
                       std::all_of(value.as_array().begin(), value.as_array().end(),
                                   [](const json::value& item) { return item.is_object(); });
    if (is_or) {
      auto& alternatives = node.alternatives.emplace_back();
      for (const json::value& item : value.as_array()) {
        CUMULET_TRY(Node alternative, node_of(item, depth - 1));
        alternatives.push_back(std::move(alternative));
      }
      continue;
    }
    CUMULET_TRY(Node inner, node_of(value, depth - 1));
    inner.key = member.key();
    node.members.push_back(std::move(inner));
  }
  return node;
}

// `value`: no object and no array.
bool holds(const Rule& rule, const json::value& value) {
  switch (rule.kind) {
    case Rule::Kind::equals: return same(rule.value, value);
    case Rule::Kind::null: return value.is_null();
    case Rule::Kind::prefix: return value.is_string() && text_of(value).starts_with(text_of(rule.value));
    case Rule::Kind::suffix: return value.is_string() && text_of(value).ends_with(text_of(rule.value));
    case Rule::Kind::equals_ignore_case:
      return value.is_string() && lower(text_of(value)) == lower(text_of(rule.value));
    case Rule::Kind::numeric: {
      const auto n = number(value);
      return n && (rule.low_open ? *n > rule.low : *n >= rule.low) &&
             (rule.high_open ? *n < rule.high : *n <= rule.high);
    }
    case Rule::Kind::exists: return true;
    case Rule::Kind::absent: return false;
    case Rule::Kind::anything_but:
      return std::none_of(rule.excluded.begin(), rule.excluded.end(),
                          [&](const Rule& excluded) { return holds(excluded, value); });
  }
  return false;
}

// Null: the member is not there. Of an array one element is enough.
bool leaf_matches(const Node& node, const json::value* value) {
  const bool is_leaf = value && !value->is_object() && !(value->is_array() && value->as_array().empty());
  if (!is_leaf)
    return std::any_of(node.rules.begin(), node.rules.end(),
                       [](const Rule& rule) { return rule.kind == Rule::Kind::absent; });
  if (value->is_array())
    return std::any_of(value->as_array().begin(), value->as_array().end(),
                       [&](const json::value& item) { return leaf_matches(node, &item); });
  return std::any_of(node.rules.begin(), node.rules.end(), [&](const Rule& rule) { return holds(rule, *value); });
}

bool matches(const Node& node, const json::value* value) {
  if (node.is_leaf()) return leaf_matches(node, value);
  if (value && value->is_array())
    return std::any_of(value->as_array().begin(), value->as_array().end(),
                       [&](const json::value& item) { return item.is_object() && matches(node, &item); });
  for (const Node& inner : node.members)
    if (!matches(inner, value ? json::find(*value, inner.key) : nullptr)) return false;
  for (const auto& alternatives : node.alternatives)
    if (std::none_of(alternatives.begin(), alternatives.end(),
                     [&](const Node& alternative) { return matches(alternative, value); }))
      return false;
  return true;
}

enum class Asks { nothing, text, members, both };

// What a pattern wants of the body, alternatives included.
Asks asks_of_body(const Node& pattern) {
  Asks asks = Asks::nothing;
  const auto add = [&](Asks more) {
    if (more == Asks::nothing) return;
    asks = asks == Asks::nothing || asks == more ? more : Asks::both;
  };
  for (const Node& inner : pattern.members)
    if (inner.key == "body") add(inner.is_leaf() ? Asks::text : Asks::members);
  for (const auto& alternatives : pattern.alternatives)
    for (const Node& alternative : alternatives) add(asks_of_body(alternative));
  return asks;
}

}  // namespace

Result<EventFilter> EventFilter::parse(const FilterCriteria& criteria) {
  EventFilter out;
  if (!criteria.filters) return out;
  if (criteria.filters->size() > kMost)
    return user_error(kInvalidParameterValue,
                      "An event source mapping can have at most " + std::to_string(kMost) + " filters.");
  for (const Filter& filter : *criteria.filters) {
    if (!filter.pattern || filter.pattern->size() > kLength) return invalid();
    const auto pattern = json::parse(*filter.pattern, {kDepth + 2});
    if (!pattern.ok() || !pattern->is_object()) return invalid();
    CUMULET_TRY(Node node, node_of(*pattern, kDepth));
    out.filters_.push_back(std::make_shared<const Node>(std::move(node)));
  }
  return out;
}

bool EventFilter::passes(const json::value& record) const {
  if (filters_.empty()) return true;
  const json::value* body = json::find(record, "body");
  std::optional<json::value> parsed;  // the record with its body's members
  if (body && body->is_string()) {
    auto document = json::parse(text_of(*body));
    if (document.ok() && (document->is_object() || document->is_array())) {
      parsed = record;
      parsed->as_object()["body"] = std::move(*document);
    }
  }
  return std::any_of(filters_.begin(), filters_.end(), [&](const auto& filter) {
    const Asks asks = asks_of_body(*filter);
    if (asks == Asks::text && parsed) return false;
    if (asks == Asks::members && !parsed) return false;
    return matches(*filter, parsed ? &*parsed : &record);
  });
}

}  // namespace cumulet::lambda
