#pragma once
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "asl/failure.hpp"
#include "asl/json_path.hpp"
#include "asl/payload.hpp"
#include "base/ids.hpp"

namespace cumulet::asl {

// The cause where a path is applied to an input that is null.
inline constexpr std::string_view kNullInput = "Unable to apply Path transformation to null or empty input.";

// The workflow variables visible in a scope, by name.
// https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
using Variables = std::map<std::string, Payload, std::less<>>;

// What an expression may read.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual const Payload& input() const = 0;        // what "$" means here
  virtual const json::value& context() const = 0;  // "$$"
  virtual const Variables& variables() const = 0;  // "$name"
  virtual Random& random() const = 0;              // States.UUID, States.MathRandom
};

// "$...", "$$..." or "$name...".
struct Path {
  enum class Root { input, context, variable };
  std::string text;  // as written
  Root root = Root::input;
  std::string variable;
  JsonPath path;

  static Result<Path> parse(std::string_view text);
  bool is_input_root() const { return root == Root::input && path.is_root(); }
  Selection select(const Environment& env) const;
};

// A call of an intrinsic function, arguments nested.
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
struct Intrinsic {
  struct Argument {
    std::variant<json::value, Path, std::shared_ptr<const Intrinsic>> value;
  };
  std::string text;  // as written
  std::string name;  // "States.Format"
  std::vector<Argument> arguments;

  // Error: kInvalidPath. At most 10 levels of calls, 64 arguments.
  static Result<Intrinsic> parse(std::string_view text);
  // Errors: kRuntime for a path that finds nothing, kIntrinsicFailure for arguments the function refuses.
  // `field` is the field's name for messages.
  // `room`: bytes that arguments and results may still take; over it, or over kMostFilled (bounds.hpp) where it is not
  // given: kDataLimitExceeded.
  Result<json::value> call(const Environment& env, std::string_view field) const;
  Result<json::value> call(const Environment& env, std::string_view field, std::size_t& room) const;
};

// A payload template: JSON in which members named "x.$" are filled from paths and intrinsic functions.
class Template {
 public:
  // Error: kInvalidPath; its message names the field: "The value for the field 'x.$' must be a valid JSONPath ...".
  static Result<Template> parse(const json::value& v);
  bool is_static() const { return std::holds_alternative<json::value>(node_); }
  // Errors: those of Intrinsic::call; kDataLimitExceeded for more than kMostFilled bytes (bounds.hpp).
  Result<json::value> fill(const Environment& env) const;

 private:
  Result<json::value> fill(const Environment& env, std::size_t& room) const;
  struct Member;
  using Members = std::vector<Member>;
  using Items = std::vector<Template>;
  std::variant<json::value, Path, Intrinsic, std::shared_ptr<const Members>, std::shared_ptr<const Items>> node_;
  std::string field_;  // "x.$" of a path or call
};

// The failure of an expression that would take more than kMostFilled.
Error too_much_data();

// The message of a path that finds nothing, in AWS's words; `field` without quotes.
Error not_found(const Path& path, std::string_view field, const Environment& env);

}  // namespace cumulet::asl
