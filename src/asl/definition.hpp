#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "asl/expression.hpp"
#include "base/time.hpp"

namespace cumulet::asl {

// The Amazon States Language, parsed: https://states-language.net/spec.html
inline constexpr std::size_t kMaxDefinitionBytes = 1'048'576;

// InputPath and OutputPath; `discard` is the path null, which yields {}.
struct DataPath {
  bool discard = false;
  Path path;  // "$" by default
};

// ResultPath: where a result goes into the state's input.
struct ResultPath {
  enum class Kind { replace, discard, place } kind = Kind::replace;
  std::string text = "$";
  JsonPath path;  // place: a reference path
};

struct Retrier {
  std::vector<std::string> errors;
  std::int64_t interval_seconds = 1;
  std::int64_t max_attempts = 3;
  double backoff_rate = 2.0;
  std::optional<std::int64_t> max_delay_seconds;
  bool full_jitter = false;
};

struct Catcher {
  std::vector<std::string> errors;
  std::string next;
  ResultPath result_path;
  std::optional<Template> assign;
};

enum class Operator {
  string_equals,
  string_less,
  string_greater,
  string_less_equals,
  string_greater_equals,
  string_matches,
  numeric_equals,
  numeric_less,
  numeric_greater,
  numeric_less_equals,
  numeric_greater_equals,
  boolean_equals,
  timestamp_equals,
  timestamp_less,
  timestamp_greater,
  timestamp_less_equals,
  timestamp_greater_equals,
  is_null,
  is_present,
  is_numeric,
  is_string,
  is_boolean,
  is_timestamp,
};

// A choice rule: a test of one variable, or tests joined.
struct Rule {
  enum class Kind { test, all_of, any_of, negation } kind = Kind::test;
  std::vector<Rule> parts;
  Path variable;
  Operator op = Operator::is_present;
  json::value operand;               // the literal, or
  std::optional<Path> operand_path;  // ...Path
  // Of a rule standing in Choices:
  std::string next;
  std::optional<Template> assign;
};

// Fail's ErrorPath and CausePath.
using TextPath = std::variant<Path, Intrinsic>;

enum class StateType { pass, task, wait, choice, succeed, fail };

struct State {
  std::string name;
  StateType type = StateType::pass;
  DataPath input_path, output_path;
  std::optional<Template> parameters, result_selector, assign;
  ResultPath result_path;
  std::string next;  // empty: the state ends its graph
  std::vector<Retrier> retriers;
  std::vector<Catcher> catchers;

  Payload result;  // Pass, text and tree both made; empty when there is none

  std::string resource;  // Task
  std::optional<std::int64_t> timeout_seconds, heartbeat_seconds;
  std::optional<Path> timeout_seconds_path, heartbeat_seconds_path;

  std::optional<std::int64_t> seconds;  // Wait: exactly one of these four
  std::optional<TimePoint> timestamp;
  std::optional<Path> seconds_path, timestamp_path;

  std::vector<Rule> choices;  // Choice
  std::string default_state;

  std::optional<std::string> error, cause;  // Fail
  std::optional<TextPath> error_path, cause_path;
};

// States and where they begin: a machine, later also a branch or an item processor.
struct StateGraph {
  std::string start_at;
  std::map<std::string, State, std::less<>> states;
  const State* find(std::string_view name) const {
    const auto it = states.find(name);
    return it == states.end() ? nullptr : &it->second;
  }
};

// Immutable once parsed; shared by executions on any thread.
struct StateMachine {
  StateGraph graph;
  std::optional<std::int64_t> timeout_seconds;
};

enum class Severity { error, warning };
enum class MachineType { standard, express };

// One finding, as ValidateStateMachineDefinition reports it.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;
  std::string message;
  std::optional<std::string> location;  // "/States/X/Next"
};

// Every finding, errors before warnings. Total: any bytes may be given.
std::vector<Diagnostic> validate(std::string_view definition, MachineType type = MachineType::standard);
// The findings as CreateStateMachine joins them: "CODE: message at location, ...".
std::string joined(const std::vector<Diagnostic>& diagnostics);

// Error: kInvalidDefinition, its message the errors joined.
Result<StateMachine> parse(std::string_view definition, MachineType type = MachineType::standard);

}  // namespace cumulet::asl
