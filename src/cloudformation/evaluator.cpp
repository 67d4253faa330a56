#include "cloudformation/evaluator.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"

namespace cumulet::cloudformation {
namespace {

bool is_function_name(std::string_view key) { return key == "Ref" || key.starts_with("Fn::"); }

Error resource_in_condition(const std::string& name, int line) {
  return template_error(line, "Template format error: Unresolved dependencies [" + name +
                                  "]. Cannot reference resources in the Conditions block of the template");
}

Error too_deep(int line) { return template_error(line, "functions and conditions are nested too deeply"); }

// One step down, for as long as it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

Error bad_argument(int line, std::string_view function, std::string_view needs) {
  return template_error(line, std::string(function) + " needs " + std::string(needs));
}

}  // namespace

Result<std::vector<SubPiece>> sub_pieces(std::string_view text, int line) {
  std::vector<SubPiece> out;
  std::string literal;
  while (!text.empty()) {
    const auto at = text.find("${");
    literal += text.substr(0, at);
    if (at == std::string_view::npos) break;
    const auto end = text.find('}', at);
    if (end == std::string_view::npos)
      return template_error(line, "Template error: String has a \"${\" without its \"}\" in Fn::Sub");
    const std::string_view name = text.substr(at + 2, end - at - 2);
    text.remove_prefix(end + 1);
    if (name.starts_with('!')) {
      literal += "${" + std::string(name.substr(1)) + "}";
      continue;
    }
    if (!literal.empty()) out.push_back({.name = false, .text = std::exchange(literal, {})});
    const auto first = name.find_first_not_of(' ');
    if (first == std::string_view::npos)
      return template_error(line,
                            "Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
                            "characters, underscores, periods, and colons");
    out.push_back({.name = true, .text = std::string(name.substr(first, name.find_last_not_of(' ') - first + 1))});
  }
  if (!literal.empty()) out.push_back({.name = false, .text = std::move(literal)});
  return out;
}

Evaluator::Evaluator(const Template& t, const std::map<std::string, Node>& parameters, const Environment& environment,
                     const ResourceValues& resources)
    : Evaluator(t, parameters, environment, resources, Limits()) {}

Evaluator::Evaluator(const Template& t, const std::map<std::string, Node>& parameters, const Environment& environment,
                     const ResourceValues& resources, Limits limits)
    : template_(t), parameters_(parameters), environment_(environment), resources_(resources), left_(limits) {
  for (const auto& [name, node] : t.conditions.members) conditions_.emplace(name, &node);
}

Result<void> Evaluator::spend(int line, std::size_t values, std::size_t bytes) const {
  if (values > left_.values) return template_error(line, "the template's functions make too many values");
  if (bytes > left_.bytes) return template_error(line, "the template's functions make too much text");
  left_.values -= values;
  left_.bytes -= bytes;
  return {};
}

Result<void> Evaluator::spend_copy(const Node& node, int line) const {
  CUMULET_CHECK(spend(line, 1, node.scalar.size()));
  for (const Node& item : node.items) CUMULET_CHECK(spend_copy(item, line));
  for (const auto& [key, value] : node.members) {
    CUMULET_CHECK(spend(line, 0, key.size()));
    CUMULET_CHECK(spend_copy(value, line));
  }
  return {};
}

Result<Node> Evaluator::evaluate(const Node& node) const {
  const Level level(depth_);
  if (depth_ > left_.depth) return too_deep(node.line);
  CUMULET_CHECK(spend(node.line, 1, node.scalar.size()));
  if (node.is(Node::Kind::map)) return evaluate_map(node);
  if (!node.is(Node::Kind::list)) return node;
  Node out = Node::list({}, node.line);
  for (const Node& item : node.items) {
    CUMULET_TRY(Node value, evaluate(item));
    if (!value.is(Node::Kind::absent)) out.items.push_back(std::move(value));
  }
  return out;
}

Result<Node> Evaluator::evaluate_map(const Node& node) const {
  if (const auto* only = node.single(); only && is_function_name(only->first)) {
    CUMULET_TRY(Node value, function(only->first, only->second, node.line));
    value.line = node.line;
    return value;
  }
  Node out = Node::map({}, node.line);
  for (const auto& [key, member] : node.members) {
    CUMULET_TRY(Node value, evaluate(member));
    if (!value.is(Node::Kind::absent)) out.members.emplace_back(key, std::move(value));
  }
  return out;
}

Result<Node> Evaluator::function(const std::string& name, const Node& argument, int line) const {
  if (name == "Ref") return ref(argument);
  if (name == "Fn::GetAtt") return get_att(argument);
  if (name == "Fn::Sub") return sub(argument);
  if (name == "Fn::Join") return join(argument);
  if (name == "Fn::Split") return split(argument);
  if (name == "Fn::Select") return select(argument);
  if (name == "Fn::FindInMap") return find_in_map(argument);
  if (name == "Fn::If") return choose(argument);
  if (name == "Fn::ImportValue") return import_value(argument);
  if (name == "Fn::Base64") {
    CUMULET_TRY(const auto plain, text(argument, "Fn::Base64"));
    if (!plain) return Node::unknown(line);
    CUMULET_CHECK(spend(line, 1, plain->size() * 4 / 3 + 4));
    return Node::text(base64_encode(*plain), line);
  }
  if (name == "Fn::GetAZs") {
    Node zones = Node::list({}, line);
    for (const char* zone : {"a", "b", "c"}) zones.items.push_back(Node::text(environment_.region + zone, line));
    return zones;
  }
  return template_error(line, "the function " + name + " is not understood here");
}

Result<std::optional<std::string>> Evaluator::text(const Node& node, std::string_view where) const {
  CUMULET_TRY(const Node value, evaluate(node));
  if (value.is(Node::Kind::unknown)) return std::optional<std::string>();
  auto out = as_text(value);
  if (!out) return template_error(node.line, std::string(where) + " needs text, not a list or an object");
  return out;
}

Result<Node> Evaluator::pseudo_or_parameter(const std::string& name, int line) const {
  const auto pseudo = [&](const std::string& value) { return Node::text(value, line); };
  if (name == "AWS::AccountId") return pseudo(environment_.account_id);
  if (name == "AWS::Region") return pseudo(environment_.region);
  if (name == "AWS::StackName") return pseudo(environment_.stack_name);
  if (name == "AWS::StackId") return pseudo(environment_.stack_id);
  if (name == "AWS::Partition") return pseudo(environment_.partition);
  if (name == "AWS::URLSuffix") return pseudo(environment_.url_suffix);
  if (name == "AWS::NotificationARNs") return Node::list({}, line);
  if (name == "AWS::NoValue")
    return Node{.kind = Node::Kind::absent, .scalar = {}, .items = {}, .members = {}, .line = line};
  if (const auto it = parameters_.find(name); it != parameters_.end()) {
    CUMULET_CHECK(spend_copy(it->second, line));
    return it->second;
  }
  if (in_condition_) return resource_in_condition(name, line);
  if (auto value = resources_.reference(name)) return *std::move(value);
  return template_error(line, "Template format error: Unresolved resource dependencies [" + name +
                                  "] in the Resources block of the template");
}

Result<Node> Evaluator::ref(const Node& argument) const {
  if (!argument.is_scalar()) return bad_argument(argument.line, "Ref", "a name");
  return pseudo_or_parameter(argument.scalar, argument.line);
}

Result<Node> Evaluator::get_att(const Node& argument) const {
  std::string id, attribute;
  if (argument.is_scalar()) {
    const auto dot = argument.scalar.find('.');
    id = argument.scalar.substr(0, dot);
    if (dot != std::string::npos) attribute = argument.scalar.substr(dot + 1);
  } else if (argument.is(Node::Kind::list) && argument.items.size() == 2 && argument.items[0].is_scalar()) {
    id = argument.items[0].scalar;
    CUMULET_TRY(const auto name, text(argument.items[1], "Fn::GetAtt"));
    if (!name) return Node::unknown(argument.line);
    attribute = *name;
  }
  if (id.empty() || attribute.empty())
    return template_error(argument.line,
                          "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
                          "resource name and the resource attribute");
  if (!template_.resource(id))
    return template_error(argument.line, "Template error: instance of Fn::GetAtt references undefined resource " + id);
  if (in_condition_) return resource_in_condition(id, argument.line);
  auto value = resources_.attribute(id, attribute);
  if (!value)
    return template_error(argument.line, "Template error: resource " + id + " does not support attribute type " +
                                             attribute + " in Fn::GetAtt");
  return *std::move(value);
}

Result<Node> Evaluator::sub(const Node& argument) const {
  const bool pair = argument.is(Node::Kind::list) && argument.items.size() == 2 && argument.items[0].is_scalar() &&
                    argument.items[1].is(Node::Kind::map);
  if (!pair && !argument.is_scalar())
    return template_error(argument.line,
                          "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
                          "arguments. Specify a string as first argument, and an optional second argument "
                          "to specify a mapping of values to replace in the string");
  const Node& format = pair ? argument.items[0] : argument;
  CUMULET_TRY(const auto pieces, sub_pieces(format.scalar, format.line));
  std::string out;
  bool known = true;
  for (const SubPiece& piece : pieces) {
    if (!piece.name) {
      out += piece.text;
      continue;
    }
    Node name = Node::text(piece.text, format.line);
    Node reference = Node::map({}, format.line);
    const Node* value = pair ? argument.items[1].find(piece.text) : nullptr;
    if (!value) {
      reference.members.emplace_back(piece.text.find('.') == std::string::npos ? "Ref" : "Fn::GetAtt", std::move(name));
      value = &reference;
    }
    CUMULET_TRY(const auto resolved, text(*value, "${" + piece.text + "} in Fn::Sub"));
    if (resolved) {
      CUMULET_CHECK(spend(argument.line, 0, resolved->size()));
      out += *resolved;
    } else {
      known = false;
    }
  }
  return known ? Node::text(std::move(out), argument.line) : Node::unknown(argument.line);
}

Result<Node> Evaluator::join(const Node& argument) const {
  if (!argument.is(Node::Kind::list) || argument.items.size() != 2)
    return bad_argument(argument.line, "Fn::Join", "[delimiter, [values]]");
  CUMULET_TRY(const auto delimiter, text(argument.items[0], "the delimiter of Fn::Join"));
  CUMULET_TRY(const Node values, evaluate(argument.items[1]));
  if (!delimiter || values.has_unknown()) return Node::unknown(argument.line);
  if (!values.is(Node::Kind::list)) return bad_argument(argument.line, "Fn::Join", "[delimiter, [values]]");
  std::string out;
  for (std::size_t i = 0; i < values.items.size(); ++i) {
    const auto item = as_text(values.items[i]);
    if (!item) return template_error(values.items[i].line, "Fn::Join joins texts, not lists or objects");
    CUMULET_CHECK(spend(argument.line, 0, delimiter->size() + item->size()));
    if (i > 0) out += *delimiter;
    out += *item;
  }
  return Node::text(std::move(out), argument.line);
}

Result<Node> Evaluator::split(const Node& argument) const {
  if (!argument.is(Node::Kind::list) || argument.items.size() != 2)
    return bad_argument(argument.line, "Fn::Split", "[delimiter, text]");
  CUMULET_TRY(const auto delimiter, text(argument.items[0], "the delimiter of Fn::Split"));
  CUMULET_TRY(const auto source, text(argument.items[1], "Fn::Split"));
  if (!delimiter || !source) return Node::unknown(argument.line);
  if (delimiter->empty()) return bad_argument(argument.line, "Fn::Split", "a delimiter that is not empty");
  Node out = Node::list({}, argument.line);
  for (std::size_t at = 0;;) {
    const auto next = source->find(*delimiter, at);
    CUMULET_CHECK(spend(argument.line, 1, std::min(next, source->size()) - at));
    out.items.push_back(Node::text(source->substr(at, next - at), argument.line));
    if (next == std::string::npos) return out;
    at = next + delimiter->size();
  }
}

Result<Node> Evaluator::select(const Node& argument) const {
  if (!argument.is(Node::Kind::list) || argument.items.size() != 2)
    return bad_argument(argument.line, "Fn::Select", "[index, [values]]");
  CUMULET_TRY(const Node index_node, evaluate(argument.items[0]));
  CUMULET_TRY(Node values, evaluate(argument.items[1]));
  if (index_node.is(Node::Kind::unknown) || values.is(Node::Kind::unknown)) return Node::unknown(argument.line);
  const auto index = as_integer(index_node);
  if (!index || !values.is(Node::Kind::list)) return bad_argument(argument.line, "Fn::Select", "[index, [values]]");
  if (*index < 0 || *index >= std::ssize(values.items))
    return template_error(
        argument.line, "Template error: Fn::Select cannot select nonexistent value at index " + std::to_string(*index));
  return std::move(values.items[static_cast<std::size_t>(*index)]);
}

Result<Node> Evaluator::find_in_map(const Node& argument) const {
  if (!argument.is(Node::Kind::list) || argument.items.size() < 3)
    return bad_argument(argument.line, "Fn::FindInMap", "[map, key, key]");
  const Node* at = &template_.mappings;
  std::string path;
  for (std::size_t i = 0; i < 3; ++i) {
    CUMULET_TRY(const auto key, text(argument.items[i], "Fn::FindInMap"));
    if (!key) return Node::unknown(argument.line);
    path += (path.empty() ? "" : "::") + *key;
    CUMULET_CHECK(spend(argument.line, at->members.size() / 16, 0));  // they are looked through
    at = at->find(*key);
    if (at) continue;
    if (argument.items.size() == 4 && argument.items[3].find("DefaultValue"))
      return evaluate(*argument.items[3].find("DefaultValue"));
    return template_error(argument.line, "Template error: Unable to get mapping for " + path);
  }
  CUMULET_CHECK(spend_copy(*at, argument.line));
  return *at;
}

Result<Node> Evaluator::choose(const Node& argument) const {
  if (!argument.is(Node::Kind::list) || argument.items.size() != 3 || !argument.items[0].is_scalar())
    return bad_argument(argument.line, "Fn::If", "[condition, value if true, value if false]");
  CUMULET_TRY(const bool yes, condition(argument.items[0].scalar, argument.line));
  return evaluate(argument.items[yes ? 1 : 2]);
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-importvalue.html
Result<Node> Evaluator::import_value(const Node& argument) const {
  CUMULET_TRY(const auto name, text(argument, "Fn::ImportValue"));
  if (!name) return Node::unknown(argument.line);
  const auto found = environment_.exports.find(*name);
  if (found == environment_.exports.end()) return template_error(argument.line, "No export named " + *name + " found.");
  imports_.insert(*name);
  CUMULET_CHECK(spend(argument.line, 1, found->second.value.size()));
  return Node::text(found->second.value, argument.line);
}

Result<bool> Evaluator::condition(const std::string& name, int line) const {
  if (name.empty()) return true;
  return named_condition(name, line);
}

Result<bool> Evaluator::named_condition(const std::string& name, int line) const {
  const auto it = conditions_.find(name);
  if (it == conditions_.end())
    return template_error(
        line, "Template error: unresolved condition dependency " + name + " in the Conditions block of the template");
  const auto [known, is_new] = tested_.try_emplace(it->first);
  if (!is_new && known->second) return *known->second;
  if (!is_new) return template_error(line, "Circular dependency between conditions at " + name);
  auto result = test(*it->second);
  if (!result.ok()) {
    tested_.erase(it->first);
    return result;
  }
  tested_[it->first] = *result;
  return result;
}

Result<bool> Evaluator::test(const Node& node) const {
  const Level level(depth_);
  if (depth_ > left_.depth) return too_deep(node.line);
  const auto* only = node.single();
  if (!only)
    return template_error(node.line, "a condition must be one of Fn::Equals, Fn::And, Fn::Or, Fn::Not, Condition");
  const auto& [name, argument] = *only;
  if (name == "Condition" && argument.is_scalar()) return named_condition(argument.scalar, argument.line);
  if (!argument.is(Node::Kind::list)) return bad_argument(node.line, name, "a list");
  if (name == "Fn::Equals") {
    if (argument.items.size() != 2) return bad_argument(node.line, name, "two values");
    const bool before = std::exchange(in_condition_, true);
    auto left = evaluate(argument.items[0]);
    auto right = evaluate(argument.items[1]);
    in_condition_ = before;
    if (!left) return std::move(left).error();
    if (!right) return std::move(right).error();
    if (left->is_scalar() && right->is_scalar()) return left->scalar == right->scalar;
    return json::text(to_json(*left)) == json::text(to_json(*right));
  }
  if (name == "Fn::Not") {
    if (argument.items.size() != 1) return bad_argument(node.line, name, "one condition");
    CUMULET_TRY(const bool inner, test(argument.items[0]));
    return !inner;
  }
  if (name == "Fn::And" || name == "Fn::Or") {
    if (argument.items.size() < 2 || argument.items.size() > 10)
      return bad_argument(node.line, name, "2 to 10 conditions");
    const bool stops_at = name == "Fn::Or";
    bool result = !stops_at;
    for (const Node& item : argument.items) {
      CUMULET_TRY(const bool value, test(item));
      if (value == stops_at) result = stops_at;
    }
    return result;
  }
  if (name == "Fn::Contains" || name == "Fn::EachMemberIn") {
    if (argument.items.size() != 2) return bad_argument(node.line, name, "two values");
    CUMULET_TRY(const Node first, evaluate(argument.items[0]));
    CUMULET_TRY(const Node second, evaluate(argument.items[1]));
    const Node& all = name == "Fn::Contains" ? first : second;
    const Node& sought = name == "Fn::Contains" ? second : first;
    const auto is_in = [&](const Node& one) {
      return std::ranges::any_of(all.items, [&](const Node& item) { return as_text(item) == as_text(one); });
    };
    CUMULET_CHECK(spend(node.line, all.items.size() * (1 + sought.items.size()), 0));
    return sought.is(Node::Kind::list) ? std::ranges::all_of(sought.items, is_in) : is_in(sought);
  }
  return template_error(node.line, name + " is no function of a condition");
}

Result<void> Evaluator::check(const Rule& rule) const {
  if (!rule.condition.is(Node::Kind::null)) {
    CUMULET_TRY(const bool applies, test(rule.condition));
    if (!applies) return {};
  }
  for (const auto& [assertion, description] : rule.assertions) {
    CUMULET_TRY(const bool holds, test(assertion));
    if (!holds)
      return template_error(
          rule.line, "Template error: Rule " + rule.name + " failed" + (description.empty() ? "" : ": " + description));
  }
  return {};
}

Result<std::set<std::string>> Evaluator::dependencies(const Node& node) const {
  std::set<std::string> out;
  CUMULET_CHECK(collect(node, out));
  return out;
}

Result<void> Evaluator::collect(const Node& node, std::set<std::string>& out) const {
  CUMULET_CHECK(spend(node.line, 1, node.scalar.size()));
  for (const Node& item : node.items) CUMULET_CHECK(collect(item, out));
  const auto* only = node.single();
  if (!only || !is_function_name(only->first)) {
    for (const auto& [key, value] : node.members) CUMULET_CHECK(collect(value, out));
    return {};
  }
  const auto& [name, argument] = *only;
  if (name == "Ref" && argument.is_scalar()) return collect_name(argument.scalar, argument.line, out);
  if (name == "Fn::Sub") return collect_sub(argument, out);
  if (name == "Fn::GetAtt") {
    const Node* id = argument.is(Node::Kind::list) && !argument.items.empty() ? argument.items.data() : &argument;
    const std::string text = as_text(*id).value_or("");
    return collect_name(text.substr(0, text.find('.')), argument.line, out);
  }
  if (name == "Fn::If" && argument.items.size() == 3 && argument.items[0].is_scalar()) {
    CUMULET_TRY(const bool yes, condition(argument.items[0].scalar, argument.line));
    return collect(argument.items[yes ? 1 : 2], out);
  }
  return collect(argument, out);
}

Result<void> Evaluator::collect_sub(const Node& argument, std::set<std::string>& out) const {
  const bool pair = argument.is(Node::Kind::list) && argument.items.size() == 2;
  const Node& format = pair ? argument.items[0] : argument;
  CUMULET_TRY(const auto pieces, sub_pieces(format.scalar, format.line));
  for (const SubPiece& piece : pieces) {
    if (!piece.name || (pair && argument.items[1].find(piece.text))) continue;
    CUMULET_CHECK(collect_name(piece.text.substr(0, piece.text.find('.')), format.line, out));
  }
  if (pair) CUMULET_CHECK(collect(argument.items[1], out));
  return {};
}

Result<void> Evaluator::collect_name(const std::string& name, int line, std::set<std::string>& out) const {
  if (name.starts_with("AWS::") || parameters_.contains(name)) return {};
  const Resource* resource = template_.resource(name);
  bool exists = resource != nullptr;
  if (exists) {
    CUMULET_TRY(exists, condition(resource->condition, resource->line));
  }
  if (!exists)
    return template_error(line, "Template format error: Unresolved resource dependencies [" + name +
                                    "] in the Resources block of the template");
  out.insert(name);
  return {};
}

Result<std::vector<std::string>> creation_order(const std::vector<std::string>& ids,
                                                const std::map<std::string, std::set<std::string>>& depends_on) {
  std::vector<std::string> order;
  std::set<std::string, std::less<>> done;
  while (order.size() < ids.size()) {
    const auto ready = std::ranges::find_if(ids, [&](const std::string& id) {
      if (done.contains(id)) return false;
      const auto it = depends_on.find(id);
      return it == depends_on.end() ||
             std::ranges::all_of(it->second, [&](const auto& on) { return done.contains(on); });
    });
    if (ready != ids.end()) {
      done.insert(*ready);
      order.push_back(*ready);
      continue;
    }
    // What is left holds the circle and what hangs on it; walking dependencies ends up in the circle.
    const auto first = std::ranges::find_if(ids, [&](const auto& id) { return !done.contains(id); });
    std::vector<std::string> path{*first};
    for (;;) {
      const auto& needs = depends_on.at(path.back());
      const auto next = std::ranges::find_if(needs, [&](const auto& on) { return !done.contains(on); });
      const auto seen = std::ranges::find(path, *next);
      if (seen == path.end()) {
        path.push_back(*next);
        continue;
      }
      std::string names;
      for (auto it = seen; it != path.end(); ++it) names += (names.empty() ? "" : ", ") + *it;
      return template_error(0, "Circular dependency between resources: [" + names + "]");
    }
  }
  return order;
}

}  // namespace cumulet::cloudformation
