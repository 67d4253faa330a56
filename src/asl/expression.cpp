#include "asl/expression.hpp"

#include "asl/bounds.hpp"

namespace cumulet::asl {

struct Template::Member {
  std::string name;
  Template value;
};

Result<Path> Path::parse(std::string_view text) {
  if (text.empty() || text.front() != '$') return Error{kInvalidPath, "a path begins with '$'"};
  Path out;
  out.text = text;
  std::string_view rest = text;
  if (text.substr(0, 2) == "$$") {
    out.root = Root::context;
    rest.remove_prefix(1);
  } else if (text.size() > 1 && text[1] != '.' && text[1] != '[') {
    std::size_t end = 1;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    if (end == 1) return Error{kInvalidPath, "a variable's name is missing"};
    out.root = Root::variable;
    out.variable = text.substr(1, end - 1);
    CUMULET_TRY(out.path, JsonPath::compile("$" + std::string(text.substr(end))));
    return out;
  }
  CUMULET_TRY(out.path, JsonPath::compile(rest));
  return out;
}

Selection Path::select(const Environment& env) const {
  switch (root) {
    case Root::input: return path.select(env.input().value());
    case Root::context: return path.select(env.context());
    case Root::variable: break;
  }
  const auto found = env.variables().find(variable);
  if (found == env.variables().end()) return Selection::missing("The variable '" + variable + "' is not defined.");
  return path.select(found->second.value());
}

Error not_found(const Path& path, std::string_view field, const Environment& env) {
  std::string message = "The JSONPath '" + path.text + "' specified for the field '" + std::string(field) +
                        "' could not be found in the ";
  switch (path.root) {
    case Path::Root::input: message += "input '" + json::text(env.input().value()) + "'"; break;
    case Path::Root::context: message += "context object '" + json::text(env.context()) + "'"; break;
    case Path::Root::variable: message += "variable '" + path.variable + "'"; break;
  }
  return Error{kRuntime, std::move(message)};
}

Result<Template> Template::parse(const json::value& v) {
  Template out;
  if (const auto* array = v.if_array()) {
    auto items = std::make_shared<Items>();
    bool all_static = true;
    for (const auto& item : *array) {
      CUMULET_TRY(Template part, parse(item));
      all_static = all_static && part.is_static();
      items->push_back(std::move(part));
    }
    if (all_static)
      out.node_ = v;
    else
      out.node_ = std::shared_ptr<const Items>(std::move(items));
    return out;
  }
  const auto* object = v.if_object();
  if (!object) {
    out.node_ = v;
    return out;
  }
  auto members = std::make_shared<Members>();
  bool all_static = true;
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    if (!key.ends_with(".$")) {
      CUMULET_TRY(Template part, parse(member.value()));
      all_static = all_static && part.is_static();
      members->push_back({std::string(key), std::move(part)});
      continue;
    }
    all_static = false;
    const auto wrong = [&] {
      return Error{kInvalidPath, "The value for the field '" + std::string(key) +
                                     "' must be a valid JSONPath or a valid intrinsic function call"};
    };
    const auto* text = member.value().if_string();
    if (!text) return wrong();
    Template part;
    part.field_ = key;
    if (text->starts_with("$")) {
      auto path = Path::parse(*text);
      if (!path) return wrong();
      part.node_ = std::move(*path);
    } else {
      auto call = Intrinsic::parse(*text);
      if (!call) return wrong();
      part.node_ = std::move(*call);
    }
    members->push_back({std::string(key.substr(0, key.size() - 2)), std::move(part)});
  }
  if (all_static)
    out.node_ = v;
  else
    out.node_ = std::shared_ptr<const Members>(std::move(members));
  return out;
}

Error too_much_data() {
  return Error{kDataLimitExceeded, "The expression takes more than " + std::to_string(kMostFilled) + " bytes."};
}

Result<json::value> Template::fill(const Environment& env) const {
  std::size_t room = kMostFilled;
  return fill(env, room);
}

Result<json::value> Template::fill(const Environment& env, std::size_t& room) const {
  if (const auto* literal = std::get_if<json::value>(&node_)) return *literal;
  if (const auto* path = std::get_if<Path>(&node_)) {
    if (path->root == Path::Root::input && env.input().value().is_null())
      return Error{kRuntime, std::string(kNullInput)};
    const auto found = path->select(env);
    if (!found) return not_found(*path, field_, env);
    if (!take_weight(found.value(), room)) return too_much_data();
    return found.value();
  }
  if (const auto* call = std::get_if<Intrinsic>(&node_)) return call->call(env, field_, room);
  if (const auto* members = std::get_if<std::shared_ptr<const Members>>(&node_)) {
    json::object out;
    for (const auto& member : **members) {
      CUMULET_TRY(out[member.name], member.value.fill(env, room));
    }
    return json::value(std::move(out));
  }
  json::array out;
  for (const auto& item : *std::get<std::shared_ptr<const Items>>(node_)) {
    CUMULET_TRY(json::value value, item.fill(env, room));
    out.push_back(std::move(value));
  }
  return json::value(std::move(out));
}

}  // namespace cumulet::asl
