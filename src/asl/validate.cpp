#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

#include "asl/choice_operator.hpp"
#include "asl/definition.hpp"
#include "asl/json_path_filter.hpp"
#include "asl/json_syntax.hpp"
#include "asl/transitions.hpp"
#include "base/arn.hpp"

// The findings and their words are those ValidateStateMachineDefinition gives on AWS.
namespace cumulet::asl {
namespace {

constexpr std::string_view kSchema = "SCHEMA_VALIDATION_FAILED";

const std::map<std::string_view, std::set<std::string_view>>& fields_by_type() {
  static const std::map<std::string_view, std::set<std::string_view>> kFields = {
      {"Pass", {"InputPath", "OutputPath", "Result", "ResultPath", "Parameters", "Assign", "Next", "End"}},
      {"Task",
       {"InputPath", "OutputPath", "ResultPath", "Parameters", "Assign", "Resource", "Credentials", "ResultSelector",
        "Retry", "Catch", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath", "Next",
        "End"}},
      {"Wait",
       {"InputPath", "OutputPath", "Assign", "Seconds", "Timestamp", "SecondsPath", "TimestampPath", "Next", "End"}},
      {"Choice", {"InputPath", "OutputPath", "Assign", "Choices", "Default"}},
      {"Succeed", {"InputPath", "OutputPath"}},
      {"Fail", {"Error", "Cause", "ErrorPath", "CausePath"}},
  };
  return kFields;
}

class Validator {
 public:
  explicit Validator(MachineType type) : type_(type) {}

  std::vector<Diagnostic> run(const json::value& definition) {
    const auto* machine = definition.if_object();
    if (!machine) {
      add(kSchema, "Definition must be a valid JSON object", std::nullopt);
      return finish();
    }
    required(*machine, {"States", "StartAt"}, "/");
    for (const auto& member : *machine)
      if (!is_one_of(member.key(), {"Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "Version", "States"}))
        not_supported(member.key(), "/");
    query_language(*machine, "/");
    string_field(*machine, "Comment", "");
    string_field(*machine, "StartAt", "");
    integer_field(*machine, "TimeoutSeconds", "", 0, 99'999'999);
    if (const auto* version = machine->if_contains("Version");
        version && !(version->is_string() && version->get_string() == "1.0"))
      add(kSchema, "Value should be one of the following: [1.0]", "/Version");
    if (const auto* states = machine->if_contains("States")) {
      if (const auto* graph = states->if_object())
        this->states(*graph);
      else
        expected("Object", "/States");
    }
    if (diagnostics_.empty()) diagnostics_ = transition_findings(*machine);
    return finish();
  }

 private:
  using Location = std::optional<std::string>;

  std::vector<Diagnostic> finish() {
    diagnostics_.insert(diagnostics_.end(), warnings_.begin(), warnings_.end());
    return std::move(diagnostics_);
  }
  void add(std::string_view code, std::string message, Location location) {
    diagnostics_.push_back({Severity::error, std::string(code), std::move(message), std::move(location)});
  }
  void warn(std::string_view code, std::string message, Location location) {
    warnings_.push_back({Severity::warning, std::string(code), std::move(message), std::move(location)});
  }
  void expected(std::string_view type, const std::string& at) {
    add(kSchema, "Expected value of type " + std::string(type), at);
  }
  void not_supported(std::string_view field, const std::string& at) {
    add(kSchema, "Field '" + std::string(field) + "' is not supported", at);
  }
  static bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  static std::string listed(std::initializer_list<std::string_view> names) {
    std::string out;
    for (const auto name : names) out += (out.empty() ? "" : ", ") + std::string(name);
    return "[" + out + "]";
  }

  bool required(const json::object& object, std::initializer_list<std::string_view> names, const std::string& at) {
    std::string missing;
    for (const auto name : names)
      if (!object.contains(name)) missing += (missing.empty() ? "" : ", ") + std::string(name);
    if (!missing.empty()) add(kSchema, "These fields are required: [" + missing + "]", at);
    return missing.empty();
  }
  void at_most_one(const json::object& object, std::initializer_list<std::string_view> names, const std::string& at) {
    const auto count =
        std::count_if(names.begin(), names.end(), [&](std::string_view n) { return object.contains(n); });
    if (count > 1) add(kSchema, "There should only be one of the following fields: " + listed(names), at);
  }
  void exactly_one(const json::object& object, std::initializer_list<std::string_view> names, const std::string& at) {
    at_most_one(object, names, at);
    if (std::none_of(names.begin(), names.end(), [&](std::string_view n) { return object.contains(n); }))
      add(kSchema, "This object should have only one of the following fields: " + listed(names), at);
  }
  void string_field(const json::object& object, std::string_view name, const std::string& at) {
    const auto* v = object.if_contains(name);
    if (v && !v->is_string()) expected("String", at + "/" + std::string(name));
  }
  void integer_field(const json::object& object, std::string_view name, const std::string& at, std::int64_t least,
                     std::int64_t most) {
    const auto* v = object.if_contains(name);
    if (!v) return;
    const auto where = at + "/" + std::string(name);
    const auto number = as_number(*v);
    if (!number || v->is_double()) return expected("Integer", where);
    if (*number < static_cast<double>(least)) add(kSchema, "Minimum value is " + std::to_string(least), where);
    if (*number > static_cast<double>(most)) add(kSchema, "Maximum value is " + std::to_string(most), where);
  }
  // InputPath, OutputPath: any path or null.
  void path_field(const json::object& object, std::string_view name, const std::string& at) {
    const auto* v = object.if_contains(name);
    if (!v || v->is_null()) return;
    const auto where = at + "/" + std::string(name);
    const auto* text = v->if_string();
    if (!text) return expected("String", where);
    if (!Path::parse(*text)) add(kSchema, "Value must be a valid JSONPath.", where);
  }
  void reference_path_field(const json::object& object, std::string_view name, const std::string& at,
                            bool may_be_null) {
    const auto* v = object.if_contains(name);
    if (!v || (may_be_null && v->is_null())) return;
    reference_path(*v, at + "/" + std::string(name), name != "ResultPath");
  }
  void reference_path(const json::value& v, const std::string& where, bool context_allowed) {
    const auto* text = v.if_string();
    if (!text) return expected("String", where);
    if (!text->starts_with("$")) return add(kSchema, "Value must be a valid JSONPath.", where);
    const auto path = Path::parse(*text);
    if (!path || !path->path.is_reference() || (path->root != Path::Root::input && !context_allowed))
      add(kSchema, "Value is not a Reference Path", where);
  }
  void template_field(const json::object& object, std::string_view name, const std::string& at) {
    const auto* v = object.if_contains(name);
    if (!v) return;
    const auto where = at + "/" + std::string(name);
    if (!v->is_object() && name != "Parameters") return expected("Object", where);
    payload(*v, where);
  }
  // Walks a payload template, so that each finding has its own location.
  void payload(const json::value& v, const std::string& at) {
    if (const auto* array = v.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) payload((*array)[i], at + "[" + std::to_string(i) + "]");
      return;
    }
    const auto* object = v.if_object();
    if (!object) return;
    for (const auto& member : *object) {
      const std::string_view key = member.key();
      const auto where = at + "/" + std::string(key);
      if (!key.ends_with(".$")) {
        const auto* text = member.value().if_string();
        if (text && (text->starts_with("$.") || text->starts_with("$$.") || text->starts_with("States.")) &&
            (Path::parse(*text) || Intrinsic::parse(*text)))
          warn("NO_DOLLAR", "No .$ on a field that appears to be a JSONPath or Intrinsic Function.", where);
        payload(member.value(), where);
        continue;
      }
      const auto* text = member.value().if_string();
      if (!text || !(text->starts_with("$") ? Path::parse(*text).ok() : Intrinsic::parse(*text).ok()))
        add(kSchema,
            "The value for the field '" + std::string(key) +
                "' must be a valid JSONPath or a valid intrinsic function call",
            where);
    }
  }
  void assign_field(const json::object& object, const std::string& at) {
    const auto* v = object.if_contains("Assign");
    if (!v) return;
    template_field(object, "Assign", at);
    if (const auto* variables = v->if_object())
      for (const auto& member : *variables) {
        std::string_view name = member.key();
        if (name.ends_with(".$")) name.remove_suffix(2);
        const bool letter = !name.empty() && std::isalpha(static_cast<unsigned char>(name.front()));
        const bool valid = letter && name.size() <= 80 && std::all_of(name.begin(), name.end(), [](char c) {
                             return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
                           });
        if (name == "states")
          add("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", at + "/Assign/states");
        else if (!valid)
          add("INVALID_VARIABLE_NAME",
              "Invalid variable name '" + std::string(name) + "': the variable name contains invalid characters.",
              at + "/Assign/" + std::string(name));
      }
  }
  // True when the object's language is JSONPath, the only one understood so far.
  bool query_language(const json::object& object, const std::string& at) {
    const auto* v = object.if_contains("QueryLanguage");
    if (!v) return true;
    const auto where = (at == "/" ? "" : at) + "/QueryLanguage";
    if (v->is_string() && v->get_string() == "JSONPath") return true;
    if (v->is_string() && v->get_string() == "JSONata")
      add(kSchema, "QueryLanguage 'JSONata' is not implemented by Cumulet yet", where);
    else
      add(kSchema, "Value should be one of the following: [JSONPath, JSONata]", where);
    return false;
  }

  void states(const json::object& graph) {
    if (graph.empty()) return add(kSchema, "Value cannot be empty", "/States");
    for (const auto& member : graph) {
      const std::string name(member.key());
      const auto at = "/States/" + name;
      const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xc0) != 0x80; });
      if (characters > 80)
        add("INVALID_STATE_NAME",
            "Invalid State name: State '" + name + "' exceeds the 80-character limit allowed by the service", at);
      const auto* state = member.value().if_object();
      if (!state)
        expected("Object", at);
      else
        this->state(*state, at);
    }
  }

  void state(const json::object& state, const std::string& at) {
    if (!required(state, {"Type"}, at)) return;
    const auto* type_text = state.at("Type").if_string();
    const std::string_view type = type_text ? std::string_view(*type_text) : std::string_view();
    if (type == "Parallel" || type == "Map")
      return add(kSchema, "State type '" + std::string(type) + "' is not implemented by Cumulet yet", at + "/Type");
    const auto allowed = fields_by_type().find(type);
    if (allowed == fields_by_type().end())
      return add(kSchema,
                 "Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map]",
                 at + "/Type");
    if (!query_language(state, at)) return;
    for (const auto& member : state) {
      const std::string_view key = member.key();
      if (is_one_of(key, {"Type", "Comment", "QueryLanguage"}) || allowed->second.contains(key)) continue;
      if (is_one_of(key, {"Output", "Arguments", "Items"}))
        add(kSchema,
            "The QueryLanguage is set to 'JSONPath', but field '" + std::string(key) +
                "' is only supported for the 'JSONata' QueryLanguage",
            at);
      else
        not_supported(key, at);
    }
    string_field(state, "Comment", at);
    path_field(state, "InputPath", at);
    path_field(state, "OutputPath", at);
    reference_path_field(state, "ResultPath", at, true);
    template_field(state, "Parameters", at);
    template_field(state, "ResultSelector", at);
    assign_field(state, at);
    if (allowed->second.contains("Next")) next_or_end(state, at);
    if (type == "Pass")
      pass(state, at);
    else if (type == "Task")
      task(state, at);
    else if (type == "Wait")
      wait(state, at);
    else if (type == "Choice")
      choice(state, at);
    else if (type == "Fail")
      fail(state, at);
  }

  void next_or_end(const json::object& state, const std::string& at) {
    string_field(state, "Next", at);
    const auto* end = state.if_contains("End");
    if (end && !end->is_bool()) return expected("Boolean", at + "/End");
    const bool ends = end && end->get_bool();
    if (ends && state.contains("Next"))
      add(kSchema, "There should only be one of the following fields: [Next, End]", at);
    if (!ends && !state.contains("Next"))
      add(kSchema, "This object should have only one of the following fields: [Next, End]", at);
  }

  void pass(const json::object& state, const std::string& at) {
    const auto* result = state.if_contains("Result");
    const auto* object = result ? result->if_object() : nullptr;
    if (!object) return;
    for (const auto& member : *object)
      if (std::string_view(member.key()).ends_with(".$"))
        warn("PASS_RESULT_IS_STATIC", "Attempt to use a path in the result of a pass state",
             at + "/Result/" + std::string(member.key()));
  }

  void task(const json::object& state, const std::string& at) {
    if (required(state, {"Resource"}, at)) resource(state.at("Resource"), at + "/Resource");
    if (is_lambda_invoke(state)) {
      const auto* parameters = state.if_contains("Parameters");
      if (!parameters)
        add(kSchema, "Parameters field is required for resource ARN: " + std::string(state.at("Resource").get_string()),
            at + "/Resource");
      else if (parameters->is_object())
        invoke_parameters(parameters->get_object(), at + "/Parameters");
    }
    if (const auto* credentials = state.if_contains("Credentials")) {
      const auto* object = credentials->if_object();
      if (!object)
        expected("Object", at + "/Credentials");
      else if (!object->contains("RoleArn") && !object->contains("RoleArn.$"))
        add(kSchema, "The field 'RoleArn' is required but was missing", at + "/Credentials");
    }
    at_most_one(state, {"TimeoutSeconds", "TimeoutSecondsPath"}, at);
    at_most_one(state, {"HeartbeatSeconds", "HeartbeatSecondsPath"}, at);
    integer_field(state, "TimeoutSeconds", at, 1, 99'999'999);
    integer_field(state, "HeartbeatSeconds", at, 1, 99'999'999);
    reference_path_field(state, "TimeoutSecondsPath", at, false);
    reference_path_field(state, "HeartbeatSecondsPath", at, false);
    each(state, "Retry", at, [this](const json::object& r, const std::string& where) { retrier(r, where); });
    each(state, "Catch", at, [this](const json::object& c, const std::string& where) { catcher(c, where); });
  }

  static bool is_lambda_invoke(const json::object& state) {
    const auto* resource = state.if_contains("Resource");
    return resource && resource->is_string() && resource->get_string().ends_with(":states:::lambda:invoke");
  }
  void invoke_parameters(const json::object& parameters, const std::string& at) {
    bool names_function = false;
    for (const auto& member : parameters) {
      std::string_view name = member.key();
      if (name.ends_with(".$")) name.remove_suffix(2);
      names_function = names_function || name == "FunctionName";
      if (!is_one_of(name, {"FunctionName", "Payload", "Qualifier", "InvocationType", "ClientContext", "LogType"}))
        add(kSchema, "The field \"" + std::string(name) + "\" is not supported by Step Functions", at);
    }
    if (!names_function) add(kSchema, "The field 'FunctionName' is required but was missing", at);
  }

  void resource(const json::value& v, const std::string& at) {
    const auto* text = v.if_string();
    if (!text) return expected("String", at);
    const auto arn = Arn::parse(std::string_view(*text));
    if (!arn) return add(kSchema, "Value is not a valid resource ARN", at);
    if (arn->service == "lambda" && arn->resource.starts_with("function:") && arn->resource.size() > 9) return;
    if (arn->service == "states" && arn->resource == "lambda:invoke") return;
    if (type_ == MachineType::express && arn->service == "states") {
      const std::string& resource = arn->resource;
      if (resource.ends_with(".waitForTaskToken"))
        return add(kSchema, "Express state machine does not support '.waitForTaskToken' service integration ", at);
      if (resource.ends_with(".sync") || resource.ends_with(".sync:2"))
        return add(kSchema, "Express state machine does not support '.sync' service integration", at);
      if (resource.starts_with("activity:"))
        return add(kSchema, "Express state machine does not support Activity ARN", at);
    }
    // What AWS would take and is not there yet says so; the rest is refused in AWS's words.
    const bool lambda_job = arn->resource.starts_with("lambda:") && !arn->resource.ends_with(".waitForTaskToken");
    if (arn->service == "states" && arn->resource.find(':') != std::string::npos && !lambda_job)
      return add(kSchema, "The resource " + std::string(*text) + " is not implemented by Cumulet yet", at);
    add(kSchema,
        "The resource provided " + std::string(*text) +
            " is not recognized. The value is not a valid resource ARN, or the resource is not available in this "
            "region.",
        at);
  }

  template <class F>
  void each(const json::object& state, std::string_view field, const std::string& at, F&& check) {
    const auto* v = state.if_contains(field);
    if (!v) return;
    const auto where = at + "/" + std::string(field);
    const auto* list = v->if_array();
    if (!list) return expected("Array", where);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto here = where + "[" + std::to_string(i) + "]";
      const auto* item = (*list)[i].if_object();
      if (!item) {
        expected("Object", here);
        continue;
      }
      check(*item, here);
      error_names(*item, here, i + 1 == list->size());
    }
  }
  void error_names(const json::object& entry, const std::string& at, bool last) {
    const auto* v = entry.if_contains("ErrorEquals");
    if (!v) return;
    const auto where = at + "/ErrorEquals";
    const auto* names = v->if_array();
    if (!names) return expected("Array", where);
    if (names->empty()) return add(kSchema, "Value cannot be empty", where);
    for (std::size_t i = 0; i < names->size(); ++i) {
      const auto& name = (*names)[i];
      const auto here = where + "[" + std::to_string(i) + "]";
      if (!name.is_string()) return expected("String", here);
      if (name.get_string() == "States.ALL" && (!last || names->size() > 1))
        add(kSchema, "States.ALL must appear alone and at end of list", here);
    }
  }
  void retrier(const json::object& r, const std::string& at) {
    required(r, {"ErrorEquals"}, at);
    for (const auto& member : r)
      if (!is_one_of(member.key(), {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds",
                                    "JitterStrategy", "Comment"}))
        not_supported(member.key(), at);
    integer_field(r, "IntervalSeconds", at, 0, 99'999'999);
    integer_field(r, "MaxAttempts", at, 0, 99'999'999);
    integer_field(r, "MaxDelaySeconds", at, 1, 31'622'400);
    if (const auto* rate = r.if_contains("BackoffRate")) {
      const auto number = as_number(*rate);
      if (!number)
        expected("Double", at + "/BackoffRate");
      else if (*number < 1)
        add(kSchema, "Minimum value is 1.0", at + "/BackoffRate");
    }
    if (const auto* jitter = r.if_contains("JitterStrategy"))
      if (!jitter->is_string() || !is_one_of(std::string_view(jitter->get_string()), {"NONE", "FULL"}))
        add(kSchema, "Value should be one of the following: [NONE, FULL]", at + "/JitterStrategy");
  }
  void catcher(const json::object& c, const std::string& at) {
    required(c, {"ErrorEquals", "Next"}, at);
    for (const auto& member : c)
      if (!is_one_of(member.key(), {"ErrorEquals", "Next", "ResultPath", "Assign", "Comment"}))
        not_supported(member.key(), at);
    string_field(c, "Next", at);
    reference_path_field(c, "ResultPath", at, true);
    assign_field(c, at);
  }

  void wait(const json::object& state, const std::string& at) {
    exactly_one(state, {"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}, at);
    integer_field(state, "Seconds", at, 0, 99'999'999);
    reference_path_field(state, "SecondsPath", at, false);
    reference_path_field(state, "TimestampPath", at, false);
    if (const auto* v = state.if_contains("Timestamp")) timestamp(*v, at + "/Timestamp");
  }
  // A literal is held to more than what a path may lead to: 'T', 'Z' and the seconds must stand there.
  void timestamp(const json::value& v, const std::string& at) {
    const auto* text = v.if_string();
    if (!text) return expected("String", at);
    const std::string_view t(*text);
    const bool strict = t.size() > 19 && t[10] == 'T' && t[16] == ':' && !t.ends_with('z');
    if (!strict || !parse_iso8601(t)) add(kSchema, "String does not match RFC3339 timestamp", at);
  }

  void choice(const json::object& state, const std::string& at) {
    string_field(state, "Default", at);
    if (!required(state, {"Choices"}, at)) return;
    const auto* rules = state.at("Choices").if_array();
    if (!rules) return expected("Array", at + "/Choices");
    if (rules->empty()) return add(kSchema, "Value cannot be empty", at + "/Choices");
    for (std::size_t i = 0; i < rules->size(); ++i) rule((*rules)[i], at + "/Choices[" + std::to_string(i) + "]", 0);
  }

  void rule(const json::value& v, const std::string& at, int depth) {
    const auto* rule = v.if_object();
    if (!rule) return expected("Object", at);
    if (depth > 50) return add("TOO_DEEPLY_NESTED", "Choice rules are too deeply nested", at);
    if (depth == 0) {
      required(*rule, {"Next"}, at);
      string_field(*rule, "Next", at);
      assign_field(*rule, at);
    }
    const auto kinds = std::count_if(rule->begin(), rule->end(), [](const auto& member) {
      return is_one_of(member.key(), {"And", "Or", "Not", "Variable", "Condition"});
    });
    if (kinds != 1)
      add(kSchema, "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]", at);
    std::vector<std::string_view> comparisons;
    for (const auto& member : *rule) {
      const std::string_view key = member.key();
      if (operator_named(key))
        comparisons.push_back(key);
      else if (depth == 0 && is_one_of(key, {"Next", "Assign"}))
        continue;
      else if (key == "Condition")
        add(kSchema,
            "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' "
            "QueryLanguage",
            at);
      else if (!is_one_of(key, {"And", "Or", "Not", "Variable", "Comment"}))
        not_supported(key, at);
    }
    for (const std::string_view joint : {"And", "Or"})
      if (const auto* parts = rule->if_contains(joint)) {
        const auto where = at + "/" + std::string(joint);
        const auto* list = parts->if_array();
        if (!list)
          expected("Array", where);
        else if (list->empty())
          add(kSchema, "Value cannot be empty", where);
        else
          for (std::size_t i = 0; i < list->size(); ++i)
            this->rule((*list)[i], where + "[" + std::to_string(i) + "]", depth + 1);
      }
    if (const auto* part = rule->if_contains("Not")) this->rule(*part, at + "/Not", depth + 1);
    if (!rule->contains("Variable")) return;
    variable(rule->at("Variable"), at + "/Variable");
    if (comparisons.size() != 1) {
      std::string names;
      for (const auto name : comparisons) names += (names.empty() ? "" : ", ") + std::string(name);
      add(kSchema,
          comparisons.empty() ? "A comparison operator is required"
                              : "There should only be one of the following fields: [" + names + "]",
          at);
      return;
    }
    operand(*operator_named(comparisons[0]), rule->at(comparisons[0]), at + "/" + std::string(comparisons[0]));
  }
  void variable(const json::value& v, const std::string& at) {
    const auto* text = v.if_string();
    if (!text) return expected("String", at);
    if (!text->starts_with("$"))
      return add(kSchema, "Value is not a Reference Path: Reference path didn't start with '$'", at);
    if (!Path::parse(*text)) add(kSchema, "Value is not a Reference Path", at);
  }
  void operand(const OperatorName& name, const json::value& v, const std::string& at) {
    if (name.path) return variable(v, at);
    switch (operand_kind(name.op)) {
      case OperandKind::string: return v.is_string() ? void() : expected("String", at);
      case OperandKind::number: return as_number(v) ? void() : expected("Number", at);
      case OperandKind::timestamp: return timestamp(v, at);
      default: return v.is_bool() ? void() : expected("Boolean", at);
    }
  }

  void fail(const json::object& state, const std::string& at) {
    for (const std::string_view name : {"Error", "Cause"}) {
      string_field(state, name, at);
      const auto* v = state.if_contains(name);
      const auto* text = v ? v->if_string() : nullptr;
      if (text && (text->starts_with("$.") || text->starts_with("$$.")) && Path::parse(*text))
        warn("NO_PATH", "Field value looks like a path, but field name does not end with 'Path'.",
             at + "/" + std::string(name));
    }
    at_most_one(state, {"Error", "ErrorPath"}, at);
    at_most_one(state, {"Cause", "CausePath"}, at);
    for (const std::string_view name : {"ErrorPath", "CausePath"}) {
      const auto* v = state.if_contains(name);
      if (!v) continue;
      const auto where = at + "/" + std::string(name);
      const auto* text = v->if_string();
      if (!text)
        expected("String", where);
      else if (!(text->starts_with("$") ? Path::parse(*text).ok() : Intrinsic::parse(*text).ok()))
        add(kSchema, "Value must be a valid JSONPath or a valid intrinsic function call", where);
    }
  }

  MachineType type_;
  std::vector<Diagnostic> diagnostics_, warnings_;
};

}  // namespace

std::vector<Diagnostic> validate(std::string_view definition, MachineType type) {
  const auto one = [](std::string code, std::string message, std::optional<std::string> at) {
    return std::vector<Diagnostic>{{Severity::error, std::move(code), std::move(message), std::move(at)}};
  };
  if (definition.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return one(std::string(kSchema), "Definition must be a valid JSON object", std::nullopt);
  if (definition.size() > kMaxDefinitionBytes)
    return one(std::string(kSchema), "Definition must be at most 1048576 bytes long", std::nullopt);
  const auto parsed = json::parse(definition, {.depth = 128});
  if (!parsed) {
    if (const auto found = json_syntax_error(definition))
      return one("INVALID_JSON_DESCRIPTION", found->message + "\n at " + found->location, found->location);
    return one("INVALID_JSON_DESCRIPTION", parsed.error().message(), std::nullopt);
  }
  return Validator(type).run(*parsed);
}

std::string joined(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const auto& d : diagnostics) {
    if (d.severity != Severity::error) continue;
    if (!out.empty()) out += ", ";
    out += d.code + ": " + d.message + " at " + d.location.value_or("null");
  }
  return out;
}

}  // namespace cumulet::asl
