#include "cloudformation/template.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>
#include <set>

#include "base/encoding.hpp"

namespace cumulet::cloudformation {
namespace {

constexpr std::array kSections{"AWSTemplateFormatVersion",
                               "Description",
                               "Metadata",
                               "Parameters",
                               "Rules",
                               "Mappings",
                               "Conditions",
                               "Transform",
                               "Globals",
                               "Resources",
                               "Outputs",
                               "Hooks"};
constexpr std::string_view kSamTransform = "AWS::Serverless-2016-10-31";

// libstdc++ then matches in time that grows with the text, not with two to its power; back-references are refused.
#ifdef __GLIBCXX__
constexpr auto kSyntax = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto kSyntax = std::regex_constants::ECMAScript;
#endif

bool is_logical_id(std::string_view id) {
  return !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

std::optional<double> as_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string text_or(const Node* node, std::string fallback) {
  return node ? as_text(*node).value_or(std::move(fallback)) : fallback;
}

Result<Parameter> read_parameter(const std::string& name, const Node& node) {
  Parameter p{.name = name,
              .type = {},
              .default_value = {},
              .allowed_values = {},
              .allowed_pattern = {},
              .min_length = {},
              .max_length = {},
              .min_value = {},
              .max_value = {},
              .constraint_description = {},
              .description = {},
              .no_echo = false,
              .line = node.line};
  if (!is_logical_id(name))
    return template_error(node.line, "Template format error: Parameter name " + name + " is non alphanumeric.");
  for (const auto& [key, value] : node.members) {
    const auto text = as_text(value);
    if (key == "AllowedValues") {
      for (const Node& item : value.items) p.allowed_values.push_back(as_text(item).value_or(""));
    } else if (!text) {
      return template_error(value.line, "parameter " + name + ": " + key + " must be a plain value");
    } else if (key == "Type") {
      p.type = *text;
    } else if (key == "Default") {
      p.default_value = *text;
    } else if (key == "AllowedPattern") {
      p.allowed_pattern = *text;
    } else if (key == "MinLength") {
      p.min_length = as_integer(value);
    } else if (key == "MaxLength") {
      p.max_length = as_integer(value);
    } else if (key == "MinValue") {
      p.min_value = as_number(*text);
    } else if (key == "MaxValue") {
      p.max_value = as_number(*text);
    } else if (key == "ConstraintDescription") {
      p.constraint_description = *text;
    } else if (key == "NoEcho") {
      p.no_echo = as_boolean(value).value_or(false);
    } else if (key == "Description") {
      p.description = *text;
    } else {
      return template_error(value.line, "Invalid template parameter property '" + key + "'");
    }
  }
  if (p.type.empty())
    return template_error(node.line, "Template format error: Every Parameters object must contain a Type member.");
  const bool known = p.type == "String" || p.type == "Number" || p.type == "CommaDelimitedList" ||
                     p.type == "List<Number>" || p.type.starts_with("AWS::") || p.type.starts_with("List<AWS::");
  if (!known) return template_error(node.line, "Template format error: Unrecognized parameter type: " + p.type);
  return p;
}

Result<std::vector<std::string>> read_depends_on(const Node& node) {
  std::vector<std::string> out;
  if (const auto one = as_text(node)) {
    out.push_back(*one);
    return out;
  }
  for (const Node& item : node.items) {
    const auto name = as_text(item);
    if (!name) return template_error(item.line, "DependsOn must name resources");
    out.push_back(*name);
  }
  return out;
}

Result<Resource> read_resource(const std::string& id, const Node& node) {
  if (!is_logical_id(id))
    return template_error(node.line, "Template format error: Resource name " + id + " is non alphanumeric.");
  if (!node.is(Node::Kind::map))
    return template_error(node.line, "Template format error: Resource " + id + " must be an object.");
  Resource r{.logical_id = id,
             .type = {},
             .properties = Node::map({}, node.line),
             .depends_on = {},
             .condition = {},
             .line = node.line};
  for (const auto& [key, value] : node.members) {
    if (key == "Type") {
      r.type = as_text(value).value_or("");
    } else if (key == "Properties") {
      if (!value.is(Node::Kind::map) && !value.is(Node::Kind::null))
        return template_error(value.line, "resource " + id + ": Properties must be an object");
      if (value.is(Node::Kind::map)) r.properties = value;
    } else if (key == "DependsOn") {
      CUMULET_TRY(r.depends_on, read_depends_on(value));
    } else if (key == "Condition") {
      r.condition = as_text(value).value_or("");
    } else if (key == "DeletionPolicy") {
      r.deletion_policy = deletion_policy(text_or(&value, ""));
    } else if (key == "UpdateReplacePolicy") {
      r.retain_when_replaced = text_or(&value, "").starts_with("Retain");
    } else if (key != "Metadata" && key != "CreationPolicy" && key != "UpdatePolicy" && key != "Connectors") {
      return template_error(value.line, "Invalid template resource property '" + key + "'");
    }
  }
  if (r.type.empty())
    return template_error(
        node.line, "Template format error: [/Resources/" + id + "] Every Resources object must contain a Type member.");
  return r;
}

Result<Node> check_value(const Parameter& p, const std::string& value) {
  const auto fail = [&](const std::string& why) {
    return template_error(p.line,
                          "Parameter '" + p.name + "' " +
                              (p.constraint_description.empty() ? why : "must satisfy: " + p.constraint_description));
  };
  if (!is_valid_utf8(value)) return fail("must be UTF-8");
  if (value.size() > kMaxParameterBytes)
    return fail("must have length less than or equal to " + std::to_string(kMaxParameterBytes));
  const bool list = p.type == "CommaDelimitedList" || p.type.starts_with("List<");
  std::vector<std::string> values;
  if (list) {
    for (std::size_t at = 0; at <= value.size() && !value.empty();) {
      const auto comma = std::min(value.find(',', at), value.size());
      std::string item = value.substr(at, comma - at);
      item.erase(0, std::min(item.find_first_not_of(' '), item.size()));
      item.erase(item.find_last_not_of(' ') + 1);
      values.push_back(std::move(item));
      at = comma + 1;
    }
  } else {
    values.push_back(value);
  }
  for (const std::string& v : values) {
    if (!p.allowed_values.empty() && std::ranges::find(p.allowed_values, v) == p.allowed_values.end()) {
      std::string all;
      for (const std::string& a : p.allowed_values) all += (all.empty() ? "" : ", ") + a;
      return fail("must be one of AllowedValues [" + all + "], not \"" + v + "\"");
    }
    if (p.allowed_pattern.size() > kMaxParameterBytes) return fail("has an AllowedPattern that is too long");
    if (!p.allowed_pattern.empty()) {
      try {  // std::regex reports by exception
        if (!std::regex_match(v, std::regex(p.allowed_pattern, kSyntax)))
          return fail("must match pattern " + p.allowed_pattern);
      } catch (const std::regex_error&) {
        return fail("has an AllowedPattern that is no regular expression");
      }
    }
    if (p.type == "Number" || p.type == "List<Number>") {
      const auto number = as_number(v);
      if (!number) return fail("must be a number, not \"" + v + "\"");
      if (p.min_value && *number < *p.min_value) return fail("must be a number not less than its MinValue");
      if (p.max_value && *number > *p.max_value) return fail("must be a number not greater than its MaxValue");
    } else {
      if (p.min_length && std::ssize(v) < *p.min_length)
        return fail("must contain at least " + std::to_string(*p.min_length) + " characters");
      if (p.max_length && std::ssize(v) > *p.max_length)
        return fail("must contain at most " + std::to_string(*p.max_length) + " characters");
    }
  }
  if (!list) return Node::text(value, p.line);
  Node out = Node::list({}, p.line);
  for (std::string& v : values) out.items.push_back(Node::text(std::move(v), p.line));
  return out;
}

Result<void> read_transform(const Node& node, Template& t) {
  const std::vector<Node> names = node.is(Node::Kind::list) ? node.items : std::vector<Node>{node};
  for (const Node& name : names) {
    const auto text = as_text(name);
    if (text == kSamTransform)
      t.sam = true;
    else
      return template_error(name.line, "the transform " + text.value_or("given") + " is not understood");
  }
  return {};
}

Result<void> read_rules(const Node& node, Template& t) {
  for (const auto& [name, value] : node.members) {
    Rule rule{.name = name, .condition = {}, .assertions = {}, .line = value.line};
    if (const Node* condition = value.find("RuleCondition")) rule.condition = *condition;
    const Node* assertions = value.find("Assertions");
    if (!assertions || !assertions->is(Node::Kind::list))
      return template_error(value.line, "Template format error: Rule " + name + " must have Assertions.");
    for (const Node& one : assertions->items) {
      const Node* assertion = one.find("Assert");
      if (!assertion)
        return template_error(one.line, "Template format error: an assertion of " + name + " lacks Assert");
      rule.assertions.emplace_back(*assertion, text_or(one.find("AssertDescription"), ""));
    }
    t.rules.push_back(std::move(rule));
  }
  return {};
}

// The type of the value behind AWS::SSM::Parameter::Value<TYPE>; empty for other types.
std::string stored_type(const Parameter& p) {
  constexpr std::string_view kPrefix = "AWS::SSM::Parameter::Value<";
  if (!p.type.starts_with(kPrefix) || !p.type.ends_with('>')) return "";
  return p.type.substr(kPrefix.size(), p.type.size() - kPrefix.size() - 1);
}

Result<void> read_outputs(const Node& node, Template& t) {
  for (const auto& [name, value] : node.members) {
    const Node* v = value.find("Value");
    if (!v) return template_error(value.line, "Template format error: Output " + name + " must have a Value member.");
    const Node* exported = value.find("Export");
    const Node* export_name = exported ? exported->find("Name") : nullptr;
    if (exported && !export_name)
      return template_error(exported->line, "Template format error: Output " + name +
                                                " is malformed. The Name field of every Export "
                                                "member must be specified.");
    t.outputs.push_back({.name = name,
                         .value = *v,
                         .description = text_or(value.find("Description"), ""),
                         .export_name = export_name ? *export_name : Node{},
                         .condition = text_or(value.find("Condition"), ""),
                         .line = value.line});
  }
  return {};
}

}  // namespace

std::string_view text(DeletionPolicy policy) {
  switch (policy) {
    case DeletionPolicy::remove: return "Delete";
    case DeletionPolicy::retain: return "Retain";
    case DeletionPolicy::retain_except_on_create: return "RetainExceptOnCreate";
  }
  return "";
}

DeletionPolicy deletion_policy(std::string_view text) {
  if (text == "RetainExceptOnCreate") return DeletionPolicy::retain_except_on_create;
  return text == "Retain" ? DeletionPolicy::retain : DeletionPolicy::remove;
}

const Parameter* Template::parameter(std::string_view name) const {
  const auto it = std::ranges::find(parameters, name, &Parameter::name);
  return it == parameters.end() ? nullptr : &*it;
}

const Resource* Template::resource(std::string_view logical_id) const {
  const auto it = std::ranges::find(resources, logical_id, &Resource::logical_id);
  return it == resources.end() ? nullptr : &*it;
}

Resource* Template::resource(std::string_view logical_id) {
  return const_cast<Resource*>(std::as_const(*this).resource(logical_id));
}

Result<void> check_number(std::string_view things, std::size_t number, std::size_t maximum) {
  if (number <= maximum) return {};
  return template_error(0, "Template format error: Number of " + std::string(things) + ", " + std::to_string(number) +
                               ", is greater than maximum allowed, " + std::to_string(maximum));
}

Result<Template> read_template(const Node& root) {
  if (!root.is(Node::Kind::map)) return template_error(root.line, "Template format error: unsupported structure.");
  Template t;
  for (const auto& [section, node] : root.members) {
    if (std::ranges::find(kSections, section) == kSections.end())
      return template_error(node.line,
                            "Template format error: Invalid template property or properties [" + section + "]");
    if (section == "Description") t.description = text_or(&node, "");
    if (section == "Transform") CUMULET_CHECK(read_transform(node, t));
    if (section == "Metadata") t.metadata = node;
    if (section == "Mappings") t.mappings = node;
    if (section == "Conditions") t.conditions = node;
    if (section == "Globals") t.globals = node;
    if (section == "Rules") CUMULET_CHECK(read_rules(node, t));
    if (section == "Hooks") return template_error(node.line, "the section " + section + " is not understood");
    if (section == "Parameters") {
      for (const auto& [name, value] : node.members) {
        CUMULET_TRY(auto parameter, read_parameter(name, value));
        t.parameters.push_back(std::move(parameter));
      }
    }
    if (section == "Resources") {
      for (const auto& [id, value] : node.members) {
        CUMULET_TRY(auto resource, read_resource(id, value));
        t.resources.push_back(std::move(resource));
      }
    }
    if (section == "Outputs") CUMULET_CHECK(read_outputs(node, t));
  }
  CUMULET_CHECK(check_number("parameters", t.parameters.size(), kMaxParameters));
  CUMULET_CHECK(check_number("resources", t.resources.size(), kMaxResources));
  CUMULET_CHECK(check_number("outputs", t.outputs.size(), kMaxOutputs));
  if (t.resources.empty())
    return template_error(root.line, "Template format error: At least one Resources member must be defined.");
  for (const Resource& r : t.resources)
    if (t.parameter(r.logical_id))
      return template_error(r.line,
                            "Template format error: Duplicate name " + r.logical_id + ": a parameter and a resource");
  return t;
}

Result<std::map<std::string, Node>> parameter_values(const Template& t, const std::map<std::string, std::string>& given,
                                                     const std::map<std::string, std::string>& stored) {
  for (const auto& [name, value] : given)
    if (!t.parameter(name)) return template_error(0, "Parameters: [" + name + "] do not exist in the template");
  std::map<std::string, Node> values;
  std::string missing;
  for (const Parameter& p : t.parameters) {
    const auto it = given.find(p.name);
    if (it == given.end() && !p.default_value) {
      missing += (missing.empty() ? "" : ", ") + p.name;
      continue;
    }
    CUMULET_TRY(Node value, check_value(p, it != given.end() ? it->second : *p.default_value));
    if (const std::string type = stored_type(p); !type.empty()) {
      const std::string name = as_text(value).value_or("");
      const auto found = stored.find(name);
      if (found == stored.end())
        return template_error(p.line,
                              "Unable to fetch parameters [" + name + "] from parameter store for this account.");
      Parameter plain = p;
      plain.type = type;
      plain.allowed_values.clear();
      plain.allowed_pattern.clear();
      CUMULET_TRY(value, check_value(plain, found->second));
    }
    values.emplace(p.name, std::move(value));
  }
  if (!missing.empty()) return template_error(0, "Parameters: [" + missing + "] must have values");
  return values;
}

std::vector<std::string> stored_parameters(const Template& t, const std::map<std::string, std::string>& given) {
  std::vector<std::string> out;
  for (const Parameter& p : t.parameters) {
    if (stored_type(p).empty()) continue;
    const auto it = given.find(p.name);
    if (it != given.end())
      out.push_back(it->second);
    else if (p.default_value)
      out.push_back(*p.default_value);
  }
  return out;
}

}  // namespace cumulet::cloudformation
