#include "asl/json_path.hpp"

#include <algorithm>
#include <numeric>

#include "asl/bounds.hpp"
#include "asl/json_path_filter.hpp"

namespace cumulet::asl {

std::optional<double> as_number(const json::value& v) {
  if (const auto* i = v.if_int64()) return static_cast<double>(*i);
  if (const auto* u = v.if_uint64()) return static_cast<double>(*u);
  if (const auto* d = v.if_double()) return *d;
  return std::nullopt;
}

bool json_equal(const json::value& a, const json::value& b) {
  const auto x = as_number(a), y = as_number(b);
  if (x || y) return x && y && *x == *y;
  return a == b;
}

namespace {

std::string step_name(std::string_view name) { return "['" + std::string(name) + "']"; }

std::string_view type_name(const json::value& v) {
  switch (v.kind()) {
    case boost::json::kind::string: return "java.lang.String";
    case boost::json::kind::bool_: return "java.lang.Boolean";
    case boost::json::kind::null: return "null";
    case boost::json::kind::array: return "net.minidev.json.JSONArray";
    case boost::json::kind::object: return "java.util.LinkedHashMap";
    default: return v.is_double() ? "java.lang.Double" : "java.lang.Integer";
  }
}

}  // namespace

// Follows a path's steps through one document.
class Selector {
 public:
  Selector(const JsonPath& path, const json::value& root, std::size_t& visits_left)
      : path_(path), root_(root), visits_left_(visits_left) {}

  void collect(const json::value& at, std::size_t step, std::vector<const json::value*>& out) const {
    if (visits_left_ == 0) return;
    --visits_left_;
    if (step == path_.steps_.size()) {
      out.push_back(&at);
      return;
    }
    std::visit([&](const auto& s) { follow(s, at, step, out); }, path_.steps_[step]);
  }

 private:
  using Nodes = std::vector<const json::value*>;

  void follow(const JsonPath::Names& s, const json::value& at, std::size_t step, Nodes& out) const {
    const auto* object = at.if_object();
    if (!object) return;
    for (const auto& name : s.names)
      if (const auto* member = object->if_contains(name)) collect(*member, step + 1, out);
  }
  void follow(const JsonPath::Indexes& s, const json::value& at, std::size_t step, Nodes& out) const {
    const auto* array = at.if_array();
    if (!array) return;
    const auto size = static_cast<std::int64_t>(array->size());
    for (const auto index : s.indexes) {
      const auto i = index < 0 ? index + size : index;
      if (i >= 0 && i < size) collect((*array)[static_cast<std::size_t>(i)], step + 1, out);
    }
  }
  void follow(const JsonPath::Slice& s, const json::value& at, std::size_t step, Nodes& out) const {
    const auto* array = at.if_array();
    if (!array) return;
    const auto size = static_cast<std::int64_t>(array->size());
    const auto clamp = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
    const auto to = clamp(s.to.value_or(size));
    for (auto i = clamp(s.from.value_or(0)); i < to; i += s.step)
      collect((*array)[static_cast<std::size_t>(i)], step + 1, out);
  }
  void follow(const JsonPath::Wildcard&, const json::value& at, std::size_t step, Nodes& out) const {
    for_each_child(at, [&](const json::value& child) { collect(child, step + 1, out); });
  }
  void follow(const JsonPath::Descent& s, const json::value& at, std::size_t step, Nodes& out) const {
    collect(at, step + 1, out);
    for_each_child(at, [&](const json::value& child) { follow(s, child, step, out); });
  }
  void follow(const JsonPath::Filtered& s, const json::value& at, std::size_t step, Nodes& out) const {
    if (at.is_array()) {
      for_each_child(at, [&](const json::value& child) {
        if (s.filter->test(child, root_, visits_left_)) collect(child, step + 1, out);
      });
    } else if (at.is_object() && s.filter->test(at, root_, visits_left_)) {
      collect(at, step + 1, out);
    }
  }

  template <class F>
  static void for_each_child(const json::value& at, F&& f) {
    if (const auto* array = at.if_array()) {
      for (const auto& item : *array) f(item);
    } else if (const auto* object = at.if_object()) {
      for (const auto& member : *object) f(member.value());
    }
  }

  const JsonPath& path_;
  const json::value& root_;
  std::size_t& visits_left_;  // chained descents would visit exponentially many
};

bool JsonPath::is_definite() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const Step& step) {
    if (const auto* names = std::get_if<Names>(&step)) return names->names.size() == 1;
    if (const auto* indexes = std::get_if<Indexes>(&step)) return indexes->indexes.size() == 1;
    return false;
  });
}

bool JsonPath::is_reference() const { return function_ == Function::none && is_definite(); }

namespace {

json::value aggregate(int function, const json::value& over) {
  const auto* array = over.if_array();
  if (function == 0) {  // length
    if (array) return static_cast<std::int64_t>(array->size());
    if (const auto* object = over.if_object()) return static_cast<std::int64_t>(object->size());
    if (const auto* string = over.if_string()) return static_cast<std::int64_t>(string->size());
    return nullptr;
  }
  std::vector<double> numbers;
  if (array)
    for (const auto& item : *array)
      if (const auto number = as_number(item)) numbers.push_back(*number);
  if (numbers.empty()) return nullptr;
  switch (function) {
    case 1: return *std::min_element(numbers.begin(), numbers.end());
    case 2: return *std::max_element(numbers.begin(), numbers.end());
    case 3: return std::accumulate(numbers.begin(), numbers.end(), 0.0);
    default: return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
  }
}

}  // namespace

Selection JsonPath::select(const json::value& root) const {
  std::size_t visits_left = kMostVisits;
  return select(root, visits_left);
}

Selection JsonPath::select(const json::value& root, std::size_t& visits_left) const {
  const auto finish = [this](Selection found) {
    if (function_ == Function::none || !found) return found;
    return Selection::list(aggregate(static_cast<int>(function_) - static_cast<int>(Function::length), found.value()));
  };
  if (!is_definite()) {
    std::vector<const json::value*> nodes;
    Selector(*this, root, visits_left).collect(root, 0, nodes);
    if (visits_left == 0)
      return Selection::missing("The path visits more than " + std::to_string(kMostVisits) + " values.");
    std::size_t room = kMostFilled;
    for (const auto* node : nodes)
      if (!take_weight(*node, room))
        return Selection::missing("The path selects more than " + std::to_string(kMostFilled) + " bytes.");
    json::array matches;
    matches.reserve(nodes.size());
    for (const auto* node : nodes) matches.push_back(*node);
    return finish(Selection::list(std::move(matches)));
  }
  const json::value* at = &root;
  std::string trail = "$";
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool last = i + 1 == steps_.size();
    if (const auto* names = std::get_if<Names>(&steps_[i])) {
      const auto& name = names->names.front();
      const auto* object = at->if_object();
      if (!object)
        return Selection::missing("Expected to find an object with property " + step_name(name) + " in path " + trail +
                                  " but found '" + std::string(type_name(*at)) +
                                  "'. This is not a json object according to the JsonProvider: "
                                  "'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.");
      at = object->if_contains(name);
      trail += step_name(name);
      if (!at) return Selection::missing((last ? "No results for path: " : "Missing property in path ") + trail);
    } else {
      const auto index = std::get<Indexes>(steps_[i]).indexes.front();
      const auto* array = at->if_array();
      if (!array)
        return Selection::missing("Filter: [" + std::to_string(index) +
                                  "] can only be applied to arrays. Current context is: " + json::text(*at));
      const auto size = static_cast<std::int64_t>(array->size());
      const auto position = index < 0 ? index + size : index;
      trail += "[" + std::to_string(index) + "]";
      if (position < 0 || position >= size) return Selection::missing("No results for path: " + trail);
      at = &(*array)[static_cast<std::size_t>(position)];
    }
  }
  return finish(Selection::node(*at));
}

Result<void> JsonPath::assign(json::value& root, json::value v) const {
  json::value* at = &root;
  const auto conflict = [&at](std::string_view step) {
    return Error{kInvalidPath, "Unable to apply step \"" + std::string(step) + "\" to input " + json::text(*at)};
  };
  for (const auto& step : steps_) {
    if (const auto* names = std::get_if<Names>(&step)) {
      if (at->is_null() && at != &root) *at = json::object();
      auto* object = at->if_object();
      if (!object) return conflict(names->names.front());
      at = &(*object)[names->names.front()];
    } else {
      const auto index = std::get<Indexes>(step).indexes.front();
      auto* array = at->if_array();
      if (!array) return conflict(std::to_string(index));
      const auto size = static_cast<std::int64_t>(array->size());
      const auto i = index < 0 ? index + size : index;
      if (i < 0 || i >= size) return conflict(std::to_string(index));
      at = &(*array)[static_cast<std::size_t>(i)];
    }
  }
  *at = std::move(v);
  return {};
}

namespace {

std::optional<int> ordering(const json::value& a, const json::value& b) {
  const auto x = as_number(a), y = as_number(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  if (a.is_string() && b.is_string()) return a.get_string().compare(b.get_string());
  return std::nullopt;
}

bool contains(const json::value& list, const json::value& item) {
  if (const auto* array = list.if_array())
    return std::any_of(array->begin(), array->end(), [&](const json::value& v) { return json_equal(v, item); });
  if (list.is_string() && item.is_string())
    return std::string_view(list.get_string()).find(std::string_view(item.get_string())) != std::string_view::npos;
  return false;
}

std::optional<std::int64_t> size_of(const json::value& v) {
  if (const auto* array = v.if_array()) return static_cast<std::int64_t>(array->size());
  if (const auto* string = v.if_string()) return static_cast<std::int64_t>(string->size());
  if (const auto* object = v.if_object()) return static_cast<std::int64_t>(object->size());
  return std::nullopt;
}

}  // namespace

Selection Filter::resolve(const Operand& operand, const json::value& current, const json::value& root,
                          std::size_t& visits_left) const {
  if (operand.from == Operand::From::literal) return Selection::node(operand.literal);
  const json::value& from = operand.from == Operand::From::current ? current : root;
  return operand.path.select(from, visits_left);
}

bool Filter::test(const json::value& current, const json::value& root, std::size_t& visits_left) const {
  if (visits_left == 0) return false;
  --visits_left;
  switch (kind) {
    case Kind::all_of:
      return std::all_of(parts.begin(), parts.end(),
                         [&](const Filter& f) { return f.test(current, root, visits_left); });
    case Kind::any_of:
      return std::any_of(parts.begin(), parts.end(),
                         [&](const Filter& f) { return f.test(current, root, visits_left); });
    case Kind::negation: return !parts.front().test(current, root, visits_left);
    case Kind::exists: {
      const auto found = resolve(left, current, root, visits_left);
      return found && (left.path.is_definite() || !found.value().is_array() || !found.value().get_array().empty());
    }
    case Kind::compare: break;
  }
  const auto a = resolve(left, current, root, visits_left);
  const auto b = resolve(right, current, root, visits_left);
  if (!a || !b) return op == Operator::ne && static_cast<bool>(a) != static_cast<bool>(b);
  const auto& x = a.value();
  const auto& y = b.value();
  switch (op) {
    case Operator::eq: return json_equal(x, y);
    case Operator::ne: return !json_equal(x, y);
    case Operator::in: return contains(y, x);
    case Operator::nin: return !contains(y, x);
    case Operator::contains: return contains(x, y);
    case Operator::empty: return size_of(x) && (*size_of(x) == 0) == (y.is_bool() && y.get_bool());
    case Operator::size: return size_of(x) && as_number(y) && static_cast<double>(*size_of(x)) == *as_number(y);
    case Operator::matches:
      // std::regex recurses per character: long subjects are refused, they do not match.
      return pattern && x.is_string() && x.get_string().size() <= 4096 &&
             std::regex_match(x.get_string().begin(), x.get_string().end(), *pattern);
    default: break;
  }
  const auto order = ordering(x, y);
  if (!order) return false;
  switch (op) {
    case Operator::lt: return *order < 0;
    case Operator::le: return *order <= 0;
    case Operator::gt: return *order > 0;
    default: return *order >= 0;
  }
}

}  // namespace cumulet::asl
