#include "asl/choice_operator.hpp"
#include "asl/definition.hpp"
#include "asl/json_path_filter.hpp"

// Builds the typed machine from a definition that validate() found well formed.
namespace cumulet::asl {
namespace {

std::string string_of(const json::object& object, std::string_view name) {
  const auto* v = object.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

std::optional<std::string> optional_string(const json::object& object, std::string_view name) {
  const auto* v = object.if_contains(name);
  if (!v || !v->is_string()) return std::nullopt;
  return std::string(v->get_string());
}

std::optional<std::int64_t> integer_of(const json::object& object, std::string_view name) {
  const auto* v = object.if_contains(name);
  const auto number = v ? as_number(*v) : std::nullopt;
  if (!number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

Result<std::optional<Path>> path_of(const json::object& object, std::string_view name) {
  const auto* v = object.if_contains(name);
  if (!v || !v->is_string()) return std::optional<Path>();
  CUMULET_TRY(Path path, Path::parse(std::string_view(v->get_string())));
  return std::optional<Path>(std::move(path));
}

Result<DataPath> data_path(const json::object& object, std::string_view name) {
  DataPath out;
  out.path.text = "$";
  const auto* v = object.if_contains(name);
  if (!v) return out;
  if (v->is_null()) {
    out.discard = true;
    return out;
  }
  CUMULET_TRY(out.path, Path::parse(std::string_view(v->get_string())));
  return out;
}

Result<ResultPath> result_path(const json::object& object) {
  ResultPath out;
  const auto* v = object.if_contains("ResultPath");
  if (!v) return out;
  if (v->is_null()) {
    out.kind = ResultPath::Kind::discard;
    return out;
  }
  out.text = std::string(v->get_string());
  CUMULET_TRY(out.path, JsonPath::compile(out.text));
  out.kind = out.path.is_root() ? ResultPath::Kind::replace : ResultPath::Kind::place;
  return out;
}

Result<std::optional<Template>> template_of(const json::object& object, std::string_view name) {
  const auto* v = object.if_contains(name);
  if (!v) return std::optional<Template>();
  CUMULET_TRY(Template out, Template::parse(*v));
  return std::optional<Template>(std::move(out));
}

Result<std::optional<TextPath>> text_path(const json::object& object, std::string_view name) {
  const auto* v = object.if_contains(name);
  if (!v) return std::optional<TextPath>();
  const std::string_view text = v->get_string();
  if (text.starts_with("$")) {
    CUMULET_TRY(Path path, Path::parse(text));
    return std::optional<TextPath>(std::move(path));
  }
  CUMULET_TRY(Intrinsic call, Intrinsic::parse(text));
  return std::optional<TextPath>(std::move(call));
}

std::vector<std::string> error_names(const json::object& object) {
  std::vector<std::string> out;
  for (const auto& name : object.at("ErrorEquals").get_array()) out.emplace_back(name.get_string());
  return out;
}

Result<void> handlers(const json::object& json, State& state) {
  if (const auto* list = json.if_contains("Retry"))
    for (const auto& item : list->get_array()) {
      const auto& r = item.get_object();
      Retrier retrier;
      retrier.errors = error_names(r);
      retrier.interval_seconds = integer_of(r, "IntervalSeconds").value_or(1);
      retrier.max_attempts = integer_of(r, "MaxAttempts").value_or(3);
      if (const auto* rate = r.if_contains("BackoffRate")) retrier.backoff_rate = as_number(*rate).value_or(2.0);
      retrier.max_delay_seconds = integer_of(r, "MaxDelaySeconds");
      retrier.full_jitter = string_of(r, "JitterStrategy") == "FULL";
      state.retriers.push_back(std::move(retrier));
    }
  if (const auto* list = json.if_contains("Catch"))
    for (const auto& item : list->get_array()) {
      const auto& c = item.get_object();
      Catcher catcher;
      catcher.errors = error_names(c);
      catcher.next = string_of(c, "Next");
      CUMULET_TRY(catcher.result_path, result_path(c));
      CUMULET_TRY(catcher.assign, template_of(c, "Assign"));
      state.catchers.push_back(std::move(catcher));
    }
  return {};
}

Result<Rule> rule_of(const json::object& json) {
  Rule rule;
  rule.next = string_of(json, "Next");
  CUMULET_TRY(rule.assign, template_of(json, "Assign"));
  for (const auto& [name, kind] : {std::pair{"And", Rule::Kind::all_of}, std::pair{"Or", Rule::Kind::any_of}})
    if (const auto* parts = json.if_contains(name)) {
      rule.kind = kind;
      for (const auto& part : parts->get_array()) {
        CUMULET_TRY(Rule inner, rule_of(part.get_object()));
        rule.parts.push_back(std::move(inner));
      }
      return rule;
    }
  if (const auto* part = json.if_contains("Not")) {
    rule.kind = Rule::Kind::negation;
    CUMULET_TRY(Rule inner, rule_of(part->get_object()));
    rule.parts.push_back(std::move(inner));
    return rule;
  }
  CUMULET_TRY(rule.variable, Path::parse(std::string_view(json.at("Variable").get_string())));
  for (const auto& member : json) {
    const auto name = operator_named(member.key());
    if (!name) continue;
    rule.op = name->op;
    if (name->path) {
      CUMULET_TRY(Path path, Path::parse(std::string_view(member.value().get_string())));
      rule.operand_path = std::move(path);
    } else {
      rule.operand = member.value();
    }
  }
  return rule;
}

Result<State> state_of(std::string_view name, const json::object& json) {
  static const std::map<std::string_view, StateType> kTypes = {
      {"Pass", StateType::pass},     {"Task", StateType::task},       {"Wait", StateType::wait},
      {"Choice", StateType::choice}, {"Succeed", StateType::succeed}, {"Fail", StateType::fail}};
  State state;
  state.name = name;
  state.type = kTypes.at(std::string_view(json.at("Type").get_string()));
  CUMULET_TRY(state.input_path, data_path(json, "InputPath"));
  CUMULET_TRY(state.output_path, data_path(json, "OutputPath"));
  CUMULET_TRY(state.parameters, template_of(json, "Parameters"));
  CUMULET_TRY(state.result_selector, template_of(json, "ResultSelector"));
  CUMULET_TRY(state.assign, template_of(json, "Assign"));
  CUMULET_TRY(state.result_path, result_path(json));
  state.next = string_of(json, "Next");
  CUMULET_CHECK(handlers(json, state));
  if (const auto* result = json.if_contains("Result")) {
    state.result = Payload::from_value(*result);
    state.result.text();  // made now: the machine is shared between threads
  }
  state.resource = string_of(json, "Resource");
  state.timeout_seconds = integer_of(json, "TimeoutSeconds");
  state.heartbeat_seconds = integer_of(json, "HeartbeatSeconds");
  CUMULET_TRY(state.timeout_seconds_path, path_of(json, "TimeoutSecondsPath"));
  CUMULET_TRY(state.heartbeat_seconds_path, path_of(json, "HeartbeatSecondsPath"));
  state.seconds = integer_of(json, "Seconds");
  if (json.contains("Timestamp")) state.timestamp = parse_iso8601(string_of(json, "Timestamp"));
  CUMULET_TRY(state.seconds_path, path_of(json, "SecondsPath"));
  CUMULET_TRY(state.timestamp_path, path_of(json, "TimestampPath"));
  if (const auto* rules = json.if_contains("Choices"))
    for (const auto& item : rules->get_array()) {
      CUMULET_TRY(Rule rule, rule_of(item.get_object()));
      state.choices.push_back(std::move(rule));
    }
  state.default_state = string_of(json, "Default");
  state.error = optional_string(json, "Error");
  state.cause = optional_string(json, "Cause");
  CUMULET_TRY(state.error_path, text_path(json, "ErrorPath"));
  CUMULET_TRY(state.cause_path, text_path(json, "CausePath"));
  return state;
}

}  // namespace

Result<StateMachine> parse(std::string_view definition, MachineType type) {
  if (auto errors = joined(validate(definition, type)); !errors.empty())
    return Error{kInvalidDefinition, std::move(errors)};
  CUMULET_TRY(json::value json, json::parse(definition, {.depth = 128}));
  const auto& object = json.get_object();
  StateMachine machine;
  machine.graph.start_at = string_of(object, "StartAt");
  if (const auto seconds = integer_of(object, "TimeoutSeconds"); seconds && *seconds > 0)
    machine.timeout_seconds = seconds;
  for (const auto& member : object.at("States").get_object()) {
    CUMULET_TRY(State state, state_of(member.key(), member.value().get_object()));
    machine.graph.states.emplace(std::string(member.key()), std::move(state));
  }
  return machine;
}

}  // namespace cumulet::asl
