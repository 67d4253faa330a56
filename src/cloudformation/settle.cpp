#include "cloudformation/settle.hpp"

#include "base/encoding.hpp"
#include "cloudformation/resource_type.hpp"

namespace cumulet::cloudformation {
namespace {

constexpr std::size_t kMaxDefinitionBytes = 8 << 20;  // Step Functions takes 1 MB; substitutions may shorten it

std::optional<S3Location> s3_location(std::string_view uri) {
  if (!uri.starts_with("s3://")) return std::nullopt;
  uri.remove_prefix(5);
  const auto slash = uri.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == uri.size()) return std::nullopt;
  return S3Location{std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

Error at_line(int line, const Error& error) {
  return error.is(kValidationError) ? template_error(line, error.message()) : error;
}

Result<void> settle_function(Node& properties, Artifacts& artifacts) {
  Node* code = properties.find("Code");
  const auto uri = code ? as_text(*code) : std::nullopt;
  if (!uri) return {};
  const int line = code->line;
  auto location = s3_location(*uri);
  if (!location) {
    auto packaged = artifacts.package(*uri);
    if (!packaged) return at_line(line, packaged.error());
    location = std::move(*packaged);
  }
  *code =
      Node::map({{"S3Bucket", Node::text(location->bucket, line)}, {"S3Key", Node::text(location->key, line)}}, line);
  return {};
}

// A definition file in JSON or YAML, as JSON text. JSON is passed on as written.
Result<std::string> definition_text(std::string text, std::string_view name, int line) {
  if (json::parse(text).ok()) return text;
  if (!name.ends_with(".yaml") && !name.ends_with(".yml")) {
    if (!is_valid_utf8(text)) return template_error(line, std::string(name) + " is not UTF-8");
    return text;
  }
  auto node = parse_yaml(text);
  if (!node) return template_error(line, std::string(name) + ": " + node.error().message());
  return json::text(to_json(*node));
}

// nullopt: not known while planning.
Result<std::optional<std::string>> definition(const std::string& property, const Node& node, Artifacts& artifacts,
                                              Caller* aws) {
  if (node.has_unknown()) return std::optional<std::string>();
  if (property == "Definition") return std::optional(json::text(to_json(node)));
  if (property == "DefinitionString") return std::optional(as_text(node).value_or(""));
  const auto uri = as_text(node);
  std::optional<S3Location> remote;
  if (uri)
    remote = s3_location(*uri);
  else if (node.find("Bucket") && node.find("Key"))
    remote = S3Location{property_text(node, "Bucket"), property_text(node, "Key")};
  std::string text;
  if (remote) {
    if (!aws) return std::optional<std::string>();
    CUMULET_TRY(const json::value reply,
                aws->call("s3", "GetObject", {{"Bucket", remote->bucket}, {"Key", remote->key}}));
    text = member_text(reply, "Body");
  } else if (uri) {
    auto file = artifacts.text(*uri);
    if (!file) return at_line(node.line, file.error());
    text = std::move(*file);
  } else {
    return template_error(node.line, property + " must be a path, s3://bucket/key or {Bucket, Key}");
  }
  CUMULET_TRY(text, definition_text(std::move(text), remote ? remote->key : *uri, node.line));
  return std::optional(std::move(text));
}

Result<void> substitute(std::string& text, const Node& substitutions) {
  for (const auto& [name, value] : substitutions.members) {
    const auto replacement = as_text(value);
    if (!replacement) return template_error(value.line, "the substitution " + name + " must be text");
    const std::string pattern = "${" + name + "}";
    std::string out;
    std::size_t at = 0;
    for (std::size_t next; (next = text.find(pattern, at)) != std::string::npos; at = next + pattern.size()) {
      out.append(text, at, next - at).append(*replacement);
      if (out.size() > kMaxDefinitionBytes) return template_error(value.line, "the definition becomes too long");
    }
    text = out.append(text, at);
  }
  return {};
}

Result<void> settle_state_machine(Node& properties, Artifacts& artifacts, Caller* aws) {
  std::optional<std::string> text;
  int given = 0;
  int line = properties.line;
  for (const char* property : {"DefinitionUri", "DefinitionS3Location", "Definition", "DefinitionString"}) {
    const Node* node = properties.find(property);
    if (!node) continue;
    ++given;
    line = node->line;
    CUMULET_TRY(text, definition(property, *node, artifacts, aws));
    properties.erase(property);
  }
  if (given != 1)
    return template_error(
        line, "exactly one of DefinitionUri, DefinitionS3Location, Definition and DefinitionString must be given");
  if (const Node* substitutions = properties.find("DefinitionSubstitutions")) {
    if (substitutions->has_unknown()) text.reset();
    if (text) CUMULET_CHECK(substitute(*text, *substitutions));
    properties.erase("DefinitionSubstitutions");
  }
  properties.set("DefinitionString", text ? Node::text(std::move(*text), line) : Node::unknown(line));
  return {};
}

}  // namespace

Result<S3Location> NoArtifacts::package(const std::string& path) {
  return template_error(0, "\"" + path + "\" must be an object in S3: s3://bucket/key or S3Bucket and S3Key");
}

Result<std::string> NoArtifacts::text(const std::string& path) {
  return template_error(0, "\"" + path + "\" must be an object in S3: s3://bucket/key or Bucket and Key");
}

Result<void> settle(std::string_view type, Node& properties, Artifacts& artifacts, Caller* aws) {
  if (type == kLambdaFunction.name) return settle_function(properties, artifacts);
  if (type == kStateMachine.name) return settle_state_machine(properties, artifacts, aws);
  return {};
}

}  // namespace cumulet::cloudformation
