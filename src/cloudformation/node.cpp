#include "cloudformation/node.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "base/encoding.hpp"

namespace cumulet::cloudformation {
namespace {

constexpr std::size_t kMaxNodes = 100'000;
constexpr int kMaxDepth = 100;

bool is_integer_text(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return false;
  return text.size() == 1 || text.front() != '0';
}

bool is_number_text(std::string_view text) {
  if (is_integer_text(text)) return true;
  if (text.find_first_of(".eE") == std::string_view::npos) return false;
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return false;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && std::isfinite(value);
}

Node scalar_node(const std::string& text, bool plain, int line) {
  Node node{.kind = Node::Kind::string, .scalar = text, .items = {}, .members = {}, .line = line};
  if (!plain) return node;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    node.kind = Node::Kind::null;
    node.scalar.clear();
  } else if (text == "true" || text == "True" || text == "TRUE") {
    node.kind = Node::Kind::boolean;
    node.scalar = "true";
  } else if (text == "false" || text == "False" || text == "FALSE") {
    node.kind = Node::Kind::boolean;
    node.scalar = "false";
  } else if (is_number_text(text)) {
    node.kind = Node::Kind::number;
  }
  return node;
}

// The functions that have a short form;
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
constexpr std::array kFunctions{"And",    "Base64", "Cidr",        "Equals", "FindInMap",    "GetAtt",
                                "GetAZs", "If",     "ImportValue", "Join",   "Length",       "Not",
                                "Or",     "Select", "Split",       "Sub",    "ToJsonString", "Transform"};

class Reader {
 public:
  Result<Node> read(const YAML::Node& yaml, int depth) {
    const int line = yaml.Mark().line + 1;
    if (depth > kMaxDepth) return template_error(line, "the template is nested deeper than 100 levels");
    if (++count_ > kMaxNodes) return template_error(line, "the template has more than 100,000 values");
    const std::string& tag = yaml.Tag();
    CUMULET_TRY(Node node, read_untagged(yaml, tag, line, depth));
    if (tag.size() < 2 || tag.front() != '!' || tag.starts_with("!!")) return node;
    return tagged(tag.substr(1), std::move(node), line);
  }

 private:
  Result<Node> read_untagged(const YAML::Node& yaml, const std::string& tag, int line, int depth) {
    switch (yaml.Type()) {
      case YAML::NodeType::Scalar:
        if (!is_valid_utf8(yaml.Scalar())) return template_error(line, "a value is not UTF-8");
        return scalar_node(yaml.Scalar(), tag == "?" || tag.empty(), line);
      case YAML::NodeType::Sequence: {
        Node list = Node::list({}, line);
        for (const auto& item : yaml) {
          CUMULET_TRY(Node value, read(item, depth + 1));
          list.items.push_back(std::move(value));
        }
        return list;
      }
      case YAML::NodeType::Map: return read_map(yaml, line, depth);
      default: return Node{.kind = Node::Kind::null, .scalar = {}, .items = {}, .members = {}, .line = line};
    }
  }

  Result<Node> read_map(const YAML::Node& yaml, int line, int depth) {
    Node map = Node::map({}, line);
    std::set<std::string, std::less<>> seen;
    for (const auto& member : yaml) {
      const int key_line = member.first.Mark().line + 1;
      if (!member.first.IsScalar()) return template_error(key_line, "a key must be a plain name");
      const std::string& key = member.first.Scalar();
      if (!is_valid_utf8(key)) return template_error(key_line, "a key is not UTF-8");
      if (!seen.insert(key).second) return template_error(key_line, "the key \"" + key + "\" stands twice");
      CUMULET_TRY(Node value, read(member.second, depth + 1));
      // What spans lines is said to be where its name stands; so is an alias.
      if (!value.is_scalar() || value.line < key_line) value.line = key_line;
      map.members.emplace_back(key, std::move(value));
    }
    return map;
  }

  static Result<Node> tagged(const std::string& name, Node node, int line) {
    if (node.is(Node::Kind::null)) node = Node::text("", line);
    if (name == "Ref" || name == "Condition") return Node::map({{name, std::move(node)}}, line);
    if (std::ranges::find(kFunctions, name) == kFunctions.end())
      return template_error(line, "!" + name + " is no function of CloudFormation");
    if (name == "GetAtt" && node.is_scalar()) {
      const auto dot = node.scalar.find('.');
      if (dot == std::string::npos)
        return template_error(line, "!GetAtt needs Resource.Attribute, not \"" + node.scalar + "\"");
      node = Node::list({Node::text(node.scalar.substr(0, dot), line), Node::text(node.scalar.substr(dot + 1), line)},
                        line);
    }
    return Node::map({{"Fn::" + name, std::move(node)}}, line);
  }

  std::size_t count_ = 0;
};

}  // namespace

Error template_error(int line, std::string message) {
  if (line > 0) message = "line " + std::to_string(line) + ": " + message;
  return {kValidationError, std::move(message)};
}

Node Node::text(std::string value, int line) {
  return {.kind = Kind::string, .scalar = std::move(value), .items = {}, .members = {}, .line = line};
}

Node Node::list(std::vector<Node> items, int line) {
  return {.kind = Kind::list, .scalar = {}, .items = std::move(items), .members = {}, .line = line};
}

Node Node::map(std::vector<std::pair<std::string, Node>> members, int line) {
  return {.kind = Kind::map, .scalar = {}, .items = {}, .members = std::move(members), .line = line};
}

Node Node::unknown(int line) { return {.kind = Kind::unknown, .scalar = {}, .items = {}, .members = {}, .line = line}; }

bool Node::has_unknown() const {
  return kind == Kind::unknown || std::ranges::any_of(items, &Node::has_unknown) ||
         std::ranges::any_of(members, [](const auto& member) { return member.second.has_unknown(); });
}

std::size_t Node::count() const {
  std::size_t out = 1;
  for (const Node& item : items) out += item.count();
  for (const auto& [key, value] : members) out += value.count();
  return out;
}

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name == key) return &value;
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

void Node::set(std::string_view key, Node value) {
  if (Node* old = find(key)) {
    *old = std::move(value);
    return;
  }
  if (kind == Kind::null) kind = Kind::map;
  members.emplace_back(std::string(key), std::move(value));
}

void Node::erase(std::string_view key) {
  std::erase_if(members, [&](const auto& member) { return member.first == key; });
}

const std::pair<std::string, Node>* Node::single() const {
  return kind == Kind::map && members.size() == 1 ? &members.front() : nullptr;
}

Result<Node> parse_yaml(std::string_view text) {
  try {  // yaml-cpp reports by exception
    const YAML::Node root = YAML::Load(std::string(text));
    return Reader().read(root, 0);
  } catch (const YAML::Exception& e) {
    return template_error(e.mark.is_null() ? 0 : e.mark.line + 1, e.msg);
  }
}

json::value to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::boolean: return node.scalar == "true";
    case Node::Kind::number: {
      if (const auto integer = as_integer(node)) return *integer;
      if (is_integer_text(node.scalar)) return json::value(node.scalar);
      double value = 0;
      std::from_chars(node.scalar.data(), node.scalar.data() + node.scalar.size(), value);
      return value;
    }
    case Node::Kind::string: return json::value(node.scalar);
    case Node::Kind::list: {
      json::array out;
      for (const Node& item : node.items)
        if (!item.is(Node::Kind::absent)) out.push_back(to_json(item));
      return out;
    }
    case Node::Kind::map: {
      json::object out;
      for (const auto& [key, value] : node.members)
        if (!value.is(Node::Kind::absent)) out[key] = to_json(value);
      return out;
    }
    case Node::Kind::unknown: return json::value(kKnownAfterApply);
    default: return nullptr;
  }
}

Node from_json(const json::value& value) {
  if (value.is_string()) return Node::text(std::string(value.as_string()));
  if (value.is_null()) return {};
  if (value.is_array()) {
    Node out = Node::list();
    for (const json::value& item : value.as_array()) out.items.push_back(from_json(item));
    return out;
  }
  if (value.is_object()) {
    Node out = Node::map();
    for (const auto& [key, member] : value.as_object()) out.members.emplace_back(key, from_json(member));
    return out;
  }
  const auto kind = value.is_bool() ? Node::Kind::boolean : Node::Kind::number;
  return {.kind = kind, .scalar = json::text(value), .items = {}, .members = {}};
}

std::optional<std::string> as_text(const Node& node) {
  if (!node.is_scalar()) return std::nullopt;
  return node.scalar;
}

std::optional<std::int64_t> as_integer(const Node& node) {
  if (!node.is_scalar()) return std::nullopt;
  std::string_view text = node.scalar;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> as_boolean(const Node& node) {
  if (!node.is_scalar()) return std::nullopt;
  if (node.scalar == "true" || node.scalar == "True") return true;
  if (node.scalar == "false" || node.scalar == "False") return false;
  return std::nullopt;
}

}  // namespace cumulet::cloudformation
