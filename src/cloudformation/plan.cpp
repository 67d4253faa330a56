#include "cloudformation/plan.hpp"

#include <algorithm>
#include <cstdlib>

#include "cloudformation/sam.hpp"
#include "cloudformation/settle.hpp"

namespace cumulet::cloudformation {
namespace {

constexpr std::size_t kMostProblems = 100;

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string text_property(const StackResource& r, std::string_view name) {
  return member_text(json::value(r.properties), name);
}

// What the template's resources will give: of what stays the record's values, of what is to be made nothing yet.
class PlannedValues final : public ResourceValues {
 public:
  explicit PlannedValues(const Stack& stack) : recorded_(stack) {}

  void keeps(const std::string& logical_id, const ResourceType& type) { states_[logical_id] = {&type, true}; }
  // Of a resource that is wrong: what refers to it is not.
  void is_wrong(const std::string& logical_id) { states_[logical_id] = {nullptr, false}; }
  void will_make(const std::string& logical_id, const ResourceType& type) { states_[logical_id] = {&type, false}; }

  std::optional<Node> reference(std::string_view logical_id) const override {
    const auto it = states_.find(logical_id);
    if (it == states_.end()) return std::nullopt;
    return it->second.stays ? recorded_.reference(logical_id) : Node::unknown();
  }

  std::optional<Node> attribute(std::string_view logical_id, std::string_view name) const override {
    const auto it = states_.find(logical_id);
    if (it == states_.end()) return std::nullopt;
    if (!it->second.type) return Node::unknown();
    if (!contains(it->second.type->attributes, name)) return std::nullopt;
    auto value = it->second.stays ? recorded_.attribute(logical_id, name) : std::nullopt;
    return value ? std::move(value) : Node::unknown();
  }

 private:
  struct State {
    const ResourceType* type = nullptr;
    bool stays = false;
  };
  RecordedValues recorded_;
  std::map<std::string, State, std::less<>> states_;
};

class Planner {
 public:
  Planner(const PlanRequest& request, const Environment& environment, const Stack& stack,
          const std::set<std::string>& gone, Artifacts& artifacts)
      : request_(request), stack_(stack), gone_(gone), artifacts_(artifacts), values_(stack) {
    plan_.stack_name = environment.stack_name;
    plan_.environment = environment;
  }

  Result<Plan> run() {
    CUMULET_CHECK(read());
    const Evaluator evaluator(plan_.source, plan_.parameters, plan_.environment, values_);
    for (const Rule& rule : plan_.source.rules) note(evaluator.check(rule));
    CUMULET_CHECK(check_types(evaluator));
    auto order_or_error = creation(evaluator);
    if (!order_or_error) {
      note(order_or_error.error());
      return all_problems();
    }
    const std::vector<std::string> order = std::move(*order_or_error);
    for (const std::string& id : order) {
      if (wrong_.contains(id)) {
        values_.is_wrong(id);
        continue;
      }
      auto added = add_change(*plan_.source.resource(id), evaluator);
      if (!added.ok()) values_.is_wrong(id);
      note(added);
    }
    for (const std::string& id : deletion_order(stack_.resources))
      if (std::ranges::find(order, id) == order.end()) add_removal(*stack_.find(id));
    for (const Output& output : plan_.source.outputs) {
      CUMULET_TRY(const bool wanted, evaluator.condition(output.condition, output.line));
      if (!wanted) continue;
      note(evaluator.evaluate(output.value));
      note(evaluator.evaluate(output.export_name));
    }
    if (!problems_.empty()) return all_problems();
    plan_.imports = evaluator.imports();
    return std::move(plan_);
  }

 private:
  Result<void> read() {
    if (request_.template_text.size() > kMaxTemplateBytes)
      return template_error(0, "Template may not exceed " + std::to_string(kMaxTemplateBytes) + " bytes in size.");
    CUMULET_TRY(const Node root, parse_yaml(request_.template_text));
    CUMULET_TRY(plan_.source, read_template(root));
    if (plan_.source.sam) CUMULET_CHECK(apply_sam_transform(plan_.source));
    std::map<std::string, std::string> given = request_.parameters;
    for (const auto& [name, value] : stack_.parameters)
      if (plan_.source.parameter(name) && value.is_string())
        given.try_emplace(std::string(name), value.as_string().c_str());
    CUMULET_TRY(plan_.parameters, parameter_values(plan_.source, given, request_.stored));
    plan_.recorded_parameters = stack_.parameters;
    for (const auto& [name, value] : request_.parameters)
      if (!plan_.source.parameter(name)->no_echo) plan_.recorded_parameters[name] = value;
    return {};
  }

  void note(const Error& error) {
    if (problems_.size() < kMostProblems) problems_.push_back(error);
  }
  template <class T>
  void note(const Result<T>& result) {
    if (!result.ok()) note(result.error());
  }
  // One as it is, several in the order of their lines.
  Error all_problems() {
    if (problems_.size() == 1) return problems_.front();
    const auto line = [](const Error& e) {
      return e.message().starts_with("line ") ? std::atoi(e.message().c_str() + 5) : 0;
    };
    std::ranges::stable_sort(problems_, {}, line);
    std::string text = std::to_string(problems_.size()) + " errors in the template:";
    for (const Error& e : problems_) text += "\n  " + e.message();
    return template_error(0, std::move(text));
  }
  void note_wrong(const Resource& r, const Error& error) {
    wrong_.insert(r.logical_id);
    note(error);
  }

  // What is under a condition that does not hold need not be understood.
  Result<void> check_types(const Evaluator& evaluator) {
    for (const Resource& r : plan_.source.resources) {
      const ResourceType* type = resource_type(r.type);
      if (!type) {
        CUMULET_TRY(const bool wanted, evaluator.condition(r.condition, r.line));
        if (!wanted) continue;
        note_wrong(r, resource_error(r.logical_id, r.line,
                                     "the type " + r.type + " is not understood" +
                                         (r.type.starts_with("AWS::Serverless::")
                                              ? " without Transform: AWS::Serverless-2016-10-31"
                                              : "")));
        continue;
      }
      for (const auto& [name, value] : r.properties.members) {
        if (contains(type->properties, name)) continue;
        if (!contains(type->ignored, name)) {
          note_wrong(r, resource_error(r.logical_id, value.line, "Encountered unsupported property " + name));
          continue;
        }
        plan_.notes.push_back("line " + std::to_string(value.line) + ": resource " + r.logical_id + ": " + name +
                              " has no effect here");
      }
      for (const std::string_view name : type->required)
        if (!r.properties.find(name))
          note_wrong(r, resource_error(r.logical_id, r.line, "Property " + std::string(name) + " cannot be empty."));
    }
    return {};
  }

  // The resources whose condition holds, in order of creation.
  Result<std::vector<std::string>> creation(const Evaluator& evaluator) {
    std::vector<std::string> ids;
    for (const Resource& r : plan_.source.resources) {
      CUMULET_TRY(const bool wanted, evaluator.condition(r.condition, r.line));
      if (wanted) ids.push_back(r.logical_id);
    }
    for (const std::string& id : ids) {
      const Resource& r = *plan_.source.resource(id);
      auto on = evaluator.dependencies(r.properties);
      if (!on) {
        note_wrong(r, resource_error(id, 0, on.error().message()));
        continue;
      }
      for (const std::string& name : r.depends_on) {
        if (!plan_.source.resource(name)) {
          note_wrong(r, resource_error(id, r.line,
                                       "Template format error: Unresolved resource dependencies [" + name +
                                           "] in the Resources block of the template"));
          continue;
        }
        if (std::ranges::find(ids, name) != ids.end()) on->insert(name);
      }
      depends_on_[id] = std::move(*on);
    }
    for (const Output& output : plan_.source.outputs) {
      CUMULET_TRY(const bool wanted, evaluator.condition(output.condition, output.line));
      if (wanted) note(evaluator.dependencies(output.value));
    }
    return creation_order(ids, depends_on_);
  }

  Result<void> add_change(const Resource& resource, const Evaluator& evaluator) {
    const ResourceType& type = *resource_type(resource.type);
    auto properties = evaluator.evaluate(resource.properties);
    if (!properties) return located(resource, properties.error());
    if (auto done = finish_properties(type, resource.line, *properties, artifacts_, request_.aws); !done.ok())
      return located(resource, done.error());
    Change change{.logical_id = resource.logical_id,
                  .type = resource.type,
                  .physical_id = {},
                  .properties = std::move(*properties),
                  .changed = {},
                  .reason = {},
                  .depends_on = depends_on_[resource.logical_id],
                  .deletion_policy = resource.deletion_policy,
                  .retain_when_replaced = resource.retain_when_replaced,
                  .line = resource.line};
    const StackResource* current = stack_.find(resource.logical_id);
    if (!current || gone_.contains(resource.logical_id)) {
      change.action = ChangeAction::add;
      if (current) change.reason = "it was gone";
    } else if (auto done = compare_with(*current, type, change); !done.ok()) {
      return located(resource, done.error());
    }
    if (change.action == ChangeAction::add || change.replacement != Replacement::never)
      values_.will_make(resource.logical_id, type);
    else
      values_.keeps(resource.logical_id, type);
    plan_.changes.push_back(std::move(change));
    return {};
  }

  static Result<void> compare_with(const StackResource& current, const ResourceType& type, Change& change) {
    change.physical_id = current.physical_id;
    if (current.type != type.name) {
      change.action = ChangeAction::modify;
      change.replacement = Replacement::always;
      change.reason = "Type";
      return {};
    }
    Comparison comparison = compare(type, current, change.properties);
    if (comparison.changed.empty() && !current.incomplete) return {};
    change.action = ChangeAction::modify;
    change.replacement = comparison.replacement;
    if (comparison.changed.empty()) change.reason = "finished what failed before";
    change.changed = std::move(comparison.changed);
    return change.replacement == Replacement::always ? check_replaceable(type, current, change.properties, change.line)
                                                     : Result<void>{};
  }

  void add_removal(const StackResource& current) {
    plan_.changes.push_back({.action = ChangeAction::remove,
                             .logical_id = current.logical_id,
                             .type = current.type,
                             .physical_id = current.physical_id,
                             .properties = {},
                             .changed = {},
                             .reason = {},
                             .depends_on = current.depends_on,
                             .deletion_policy = current.deletion_policy});
  }

  static Error located(const Resource& resource, const Error& error) {
    const bool has_line = error.message().starts_with("line ");
    return resource_error(resource.logical_id, has_line ? 0 : resource.line, described(error));
  }

  const PlanRequest& request_;
  const Stack& stack_;
  const std::set<std::string>& gone_;
  Artifacts& artifacts_;
  PlannedValues values_;
  std::map<std::string, std::set<std::string>> depends_on_;
  std::vector<Error> problems_;
  std::set<std::string> wrong_;  // resources
  Plan plan_;
};

std::string_view text(ChangeAction action) {
  switch (action) {
    case ChangeAction::add: return "Add";
    case ChangeAction::modify: return "Modify";
    case ChangeAction::remove: return "Remove";
    case ChangeAction::keep: return "Keep";
  }
  return "";
}

std::string_view text(Replacement replacement) {
  switch (replacement) {
    case Replacement::never: return "False";
    case Replacement::maybe: return "Conditional";
    case Replacement::always: return "True";
  }
  return "";
}

json::array details(const Change& change) {
  json::array out;
  for (const PropertyChange& p : change.changed)
    out.push_back(json::object{
        {"Target", json::object{{"Attribute", "Properties"},
                                {"Name", p.name},
                                {"RequiresRecreation", p.recreation == Recreation::always ? "Always" : "Never"}}},
        {"Evaluation", p.evaluation == Evaluation::dynamic ? "Dynamic" : "Static"}});
  return out;
}

}  // namespace

std::optional<Node> RecordedValues::reference(std::string_view logical_id) const {
  const StackResource* r = stack_.find(logical_id);
  return r ? std::optional(Node::text(r->physical_id)) : std::nullopt;
}

std::optional<Node> RecordedValues::attribute(std::string_view logical_id, std::string_view name) const {
  const StackResource* r = stack_.find(logical_id);
  if (!r) return std::nullopt;
  const auto it = r->attributes.find(std::string(name));
  return it == r->attributes.end() ? std::nullopt : std::optional(Node::text(it->second));
}

Comparison compare(const ResourceType& type, const StackResource& current, const Node& wanted) {
  Comparison out;
  const json::object now = to_json(wanted).as_object();
  const auto add = [&](std::string_view name, Evaluation evaluation) {
    const bool recreates = !type.update || contains(type.replacing, name);
    out.changed.push_back({.name = std::string(name),
                           .recreation = recreates ? Recreation::always : Recreation::never,
                           .evaluation = evaluation});
    if (recreates && evaluation == Evaluation::settled) out.replacement = Replacement::always;
    if (recreates && out.replacement == Replacement::never) out.replacement = Replacement::maybe;
  };
  for (const auto& [name, value] : wanted.members) {
    const json::value* old = current.properties.if_contains(name);
    if (value.has_unknown())
      add(name, Evaluation::dynamic);
    else if (!old || *old != now.at(name))
      add(name, Evaluation::settled);
  }
  for (const auto& [name, value] : current.properties)
    if (!wanted.find(name)) add(name, Evaluation::settled);
  return out;
}

Result<void> check_replaceable(const ResourceType& type, const StackResource& current, const Node& wanted, int line) {
  const std::string name = type.name_property.empty() ? "" : property_text(wanted, type.name_property);
  if (name.empty() || current.type != type.name || text_property(current, type.name_property) != name) return {};
  return template_error(
      line, "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename " + name +
                " and update the stack again.");
}

Result<void> finish_properties(const ResourceType& type, int line, Node& properties, Artifacts& artifacts,
                               Caller* aws) {
  for (const std::string_view name : type.ignored) properties.erase(name);
  for (const std::string_view name : type.required)
    if (!properties.find(name)) return template_error(line, "Property " + std::string(name) + " cannot be empty.");
  return settle(type.name, properties, artifacts, aws);
}

Result<Plan> make_plan(const PlanRequest& request, const Environment& environment, const Stack& stack,
                       const std::set<std::string>& gone, Artifacts& artifacts) {
  return Planner(request, environment, stack, gone, artifacts).run();
}

bool changes_anything(const Plan& plan) {
  return std::ranges::any_of(plan.changes, [](const Change& c) { return c.action != ChangeAction::keep; });
}

json::array to_json(const Plan& plan) {
  json::array out;
  for (const Change& change : plan.changes) {
    if (change.action == ChangeAction::keep) continue;
    json::object one{
        {"Action", text(change.action)}, {"LogicalResourceId", change.logical_id}, {"ResourceType", change.type}};
    if (!change.physical_id.empty()) one["PhysicalResourceId"] = change.physical_id;
    if (change.action == ChangeAction::remove)
      one["PolicyAction"] = change.deletion_policy == DeletionPolicy::remove ? "Delete" : "Retain";
    if (change.action == ChangeAction::modify) {
      one["Replacement"] = text(change.replacement);
      one["Scope"] = json::array{"Properties"};
      one["Details"] = details(change);
    }
    if (change.action != ChangeAction::remove)
      one["AfterContext"] = json::text(json::object{{"Properties", to_json(change.properties)}});
    out.push_back(json::object{{"Type", "Resource"}, {"ResourceChange", std::move(one)}});
  }
  return out;
}

std::string describe(const Plan& plan) {
  std::string out;
  for (const Change& change : plan.changes) {
    out += std::string(text(change.action)) + " " + change.logical_id + " " + change.type;
    if (change.replacement == Replacement::always) out += " (replacement)";
    if (change.replacement == Replacement::maybe) out += " (perhaps a replacement)";
    std::string why = change.reason;
    for (const PropertyChange& p : change.changed)
      why += (why.empty() ? "" : ", ") + p.name + (p.evaluation == Evaluation::dynamic ? " (known after apply)" : "");
    out += (why.empty() ? "" : ": " + why) + "\n";
  }
  return out;
}

}  // namespace cumulet::cloudformation
