#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace cumulet::cloudformation {

// What is wrong with a template, as CloudFormation classes it. Messages begin "line N: " where a line is known.
inline constexpr ErrorKind kValidationError{"ValidationError", 400};
Error template_error(int line, std::string message);

// A value of a template, with the line (1-based) on which it was written; line 0: made by a transform.
// `absent` is what AWS::NoValue evaluates to, `unknown` what depends on a resource that is still to be made; neither
// comes from a file.
struct Node {
  enum class Kind { null, boolean, number, string, list, map, absent, unknown };
  Kind kind = Kind::null;
  std::string scalar;                                 // boolean ("true"/"false"), number and string, as written
  std::vector<Node> items;                            // list
  std::vector<std::pair<std::string, Node>> members;  // map, in order of writing, keys unique
  int line = 0;

  static Node text(std::string value, int line = 0);
  static Node list(std::vector<Node> items = {}, int line = 0);
  static Node map(std::vector<std::pair<std::string, Node>> members = {}, int line = 0);
  static Node unknown(int line = 0);

  bool is(Kind k) const { return kind == k; }
  bool is_scalar() const { return kind == Kind::boolean || kind == Kind::number || kind == Kind::string; }
  const Node* find(std::string_view key) const;  // nullptr when absent or no map
  Node* find(std::string_view key);
  void set(std::string_view key, Node value);  // replaces or appends; makes a null node a map
  void erase(std::string_view key);
  bool has_unknown() const;   // it or anything in it
  std::size_t count() const;  // of values: itself and all within
  // The only member's key and value, of a map of one; what an intrinsic function looks like.
  const std::pair<std::string, Node>* single() const;
};

// Reads YAML (so JSON too). CloudFormation's short forms become their long forms: `!Ref a` → {Ref: a},
// `!GetAtt a.b` → {Fn::GetAtt: [a, b]}, `!Sub s` → {Fn::Sub: s}. Errors: kValidationError for a syntax error, a
// duplicate key, a key that is no scalar, an unknown tag, text that is not UTF-8 (it could be neither sent nor
// recorded), more than 100,000 nodes (aliases count where they stand).
Result<Node> parse_yaml(std::string_view text);

// Plain `true` and `12` become JSON booleans and numbers, quoted ones strings; a number with a leading zero (an account
// id) or outside 64 bits stays a string. Absent members vanish; what is unknown becomes the text kKnownAfterApply.
json::value to_json(const Node& node);
// The same back, without lines; to_json of it gives `value` again.
Node from_json(const json::value& value);
// What CloudFormation's change sets write for a value that is not known before they are carried out.
inline constexpr std::string_view kKnownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}";

// Typed reads of evaluated nodes; nullopt when the node does not hold one. Text of numbers and booleans is accepted, as
// CloudFormation does ("128" for an integer).
std::optional<std::string> as_text(const Node& node);
std::optional<std::int64_t> as_integer(const Node& node);
std::optional<bool> as_boolean(const Node& node);

}  // namespace cumulet::cloudformation
