#include "cloudformation/apply.hpp"

#include <algorithm>

#include "cloudformation/rollback.hpp"
#include "cloudformation/sam.hpp"
#include "cloudformation/stack_writer.hpp"

namespace cumulet::cloudformation {
namespace {

constexpr const char* kReplacing =
    "Requested update requires the creation of a new physical resource; hence creating one.";

std::string joined(const std::vector<PropertyChange>& changed) {
  std::string out;
  for (const PropertyChange& p : changed) out += (out.empty() ? "" : ", ") + p.name;
  return out;
}

bool is_new(const Stack& stack) { return stack.status.empty() || stack.status == "REVIEW_IN_PROGRESS"; }

Result<void> begin(StackWriter& w) {
  const bool creating = is_new(w.stack);
  for (StackResource& r : w.stack.resources) r.touch = Touch::none;
  w.stack.former = FormerStack{.parameters = w.stack.parameters,
                               .outputs = w.stack.outputs,
                               .exports = w.stack.exports,
                               .imports = w.stack.imports,
                               .resources = w.stack.resources};
  return w.set_status(creating ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "User Initiated");
}

class Applier {
 public:
  Applier(Surroundings& s, const Plan& plan, Stack stack)
      : s_(s),
        plan_(plan),
        w_(s, std::move(stack)),
        values_(w_.stack),
        evaluator_(plan.source, plan.parameters, plan.environment, values_) {}

  Result<Outcome> run() {
    const bool begun = is_unfinished(w_.stack);
    const bool creating = is_new(w_.stack) || w_.stack.status == "CREATE_IN_PROGRESS";
    const bool idle = !begun && !creating && !changes_anything(plan_) && w_.stack.replaced.empty();
    if (!idle && !begun) CUMULET_CHECK(begin(w_));
    if (auto done = carry_out(); !done.ok()) {
      if (w_.is_lost()) return std::move(done).error();
      if (idle) return end(std::move(done).error(), {}, {});
      return take_back(std::move(done).error(), creating);
    }
    w_.stack.parameters = plan_.recorded_parameters;
    if (idle) {
      CUMULET_CHECK(w_.save());
      return end({}, {}, {});
    }
    return commit(creating);
  }

 private:
  Result<Outcome> end(std::optional<Error> failure, std::optional<Error> rollback, std::optional<Error> cleanup) {
    return Outcome{.stack = std::move(w_.stack),
                   .failure = std::move(failure),
                   .rollback_failure = std::move(rollback),
                   .cleanup_failure = std::move(cleanup)};
  }

  Result<Outcome> take_back(Error failure, bool creating) {
    const std::string reason = failed_.empty()
                                   ? failure.message()
                                   : "The following resource(s) failed to " +
                                         std::string(creating ? "create" : "update") + ": [" + failed_ + "].";
    if (s_.on_failure == OnFailure::keep) {
      CUMULET_CHECK(w_.set_status(creating ? "CREATE_FAILED" : "UPDATE_FAILED", reason));
      return end(std::move(failure), {}, {});
    }
    CUMULET_TRY(RollbackFailures failures, roll_back(w_, reason + " Rollback requested by user."));
    return end(std::move(failure), std::move(failures.rollback), std::move(failures.cleanup));
  }

  Result<void> carry_out() {
    for (const Change& change : plan_.changes) {
      if (change.action == ChangeAction::remove) continue;
      auto done = apply(change);
      if (done.ok()) continue;
      if (w_.is_lost()) return done;
      failed_ = change.logical_id;
      note_failure(change, described(done.error()));
      const bool located = done.error().message().starts_with("line ");
      return resource_error(change.logical_id, located ? 0 : change.line, described(done.error()));
    }
    return evaluate_outputs();
  }

  // An event of what failed before anything was tried.
  void note_failure(const Change& change, const std::string& why) {
    if (!w_.stack.events.empty() && w_.stack.events.back().logical_id == change.logical_id &&
        w_.stack.events.back().status.ends_with("_FAILED"))
      return;
    StackResource failed;
    if (const StackResource* there = w_.stack.find(change.logical_id)) failed = *there;
    failed.logical_id = change.logical_id;
    failed.type = change.type;
    w_.note(failed, change.action == ChangeAction::add ? "CREATE_FAILED" : "UPDATE_FAILED", why);
  }

  Result<void> apply(const Change& change) {
    const ResourceType& type = *resource_type(change.type);
    CUMULET_TRY(Node properties, settled_properties(change, type));
    if (change.action == ChangeAction::add) {
      std::erase_if(w_.stack.resources, [&](const StackResource& r) { return r.logical_id == change.logical_id; });
      return create(change, type, std::move(properties), Action::created, change.reason);
    }
    StackResource& current = *w_.stack.find(change.logical_id);
    current.depends_on = change.depends_on;
    current.deletion_policy = change.deletion_policy;
    if (current.type != change.type)
      return create(change, type, std::move(properties), Action::replaced, change.reason);
    const Comparison comparison = compare(type, current, properties);
    if (comparison.changed.empty() && !current.incomplete) {
      w_.report(Action::unchanged, current);
      return {};
    }
    const std::string what = comparison.changed.empty() ? change.reason : joined(comparison.changed);
    if (comparison.replacement == Replacement::always) {
      CUMULET_CHECK(check_replaceable(type, current, properties, change.line));
      return create(change, type, std::move(properties), Action::replaced, what);
    }
    return update(change, type, std::move(properties), current, what);
  }

  // What the plan did not know hangs on what has been made by now.
  Result<Node> settled_properties(const Change& change, const ResourceType& type) {
    if (!change.properties.has_unknown()) return change.properties;
    CUMULET_TRY(Node properties, evaluator_.evaluate(plan_.source.resource(change.logical_id)->properties));
    CUMULET_CHECK(finish_properties(type, change.line, properties, s_.artifacts, &s_.aws));
    return properties;
  }

  // A new one; of a replacement the old one stays beside it, known as the former stack's.
  Result<void> create(const Change& change, const ResourceType& type, Node properties, Action action,
                      const std::string& detail) {
    Desired desired{.logical_id = change.logical_id, .properties = std::move(properties)};
    Provisioning p = w_.provisioning();
    desired.name = chosen_name(type, p, desired);
    if (may_be_there(type, desired)) {
      CUMULET_TRY(const auto other, find_resource(type, p, desired));
      desired.is_there = other.has_value();
    }
    std::erase_if(w_.stack.resources, [&](const StackResource& r) { return r.logical_id == change.logical_id; });
    w_.stack.resources.push_back({.logical_id = change.logical_id,
                                  .type = change.type,
                                  .name = desired.name,
                                  .physical_id = {},
                                  .attributes = {},
                                  .properties = to_json(desired.properties).as_object(),
                                  .depends_on = change.depends_on,
                                  .deletion_policy = change.deletion_policy,
                                  .touch = desired.is_there ? Touch::refused : Touch::created});
    StackResource& made = w_.stack.resources.back();
    const std::string verb = action == Action::replaced ? "UPDATE" : "CREATE";
    w_.note(made, verb + "_IN_PROGRESS", action == Action::replaced ? kReplacing : "");
    CUMULET_CHECK(w_.save());  // before the call: nothing is made that nobody knows
    auto outcome = make(type, p, desired, made);
    if (!outcome.ok()) {
      w_.note(made, verb + "_FAILED", described(outcome.error()));
      return outcome;
    }
    w_.note(made, verb + "_COMPLETE");
    w_.report(action, made, detail);
    return {};
  }

  static Result<void> make(const ResourceType& type, Provisioning& p, const Desired& desired, StackResource& made) {
    CUMULET_TRY(Created created, type.create(p, desired));
    made.touch = Touch::created;
    made.physical_id = std::move(created.physical_id);
    made.attributes = std::move(created.attributes);
    if (!type.update) return {};
    StackResource at = made;
    at.properties = std::move(created.applied);
    auto outcome = type.update(p, desired, at);
    made.attributes = std::move(at.attributes);
    return outcome;
  }

  Result<void> update(const Change& change, const ResourceType& type, Node properties, StackResource& current,
                      const std::string& detail) {
    const Desired desired{.logical_id = change.logical_id, .properties = std::move(properties), .name = current.name};
    StackResource at = current;
    current.properties = to_json(desired.properties).as_object();
    current.touch = Touch::updated;
    w_.note(current, "UPDATE_IN_PROGRESS");
    CUMULET_CHECK(w_.save());
    Provisioning p = w_.provisioning();
    if (type.update) {
      auto outcome = type.update(p, desired, at);
      current.attributes = at.attributes;
      if (!outcome.ok()) {
        w_.note(current, "UPDATE_FAILED", described(outcome.error()));
        return outcome;
      }
    }
    current.incomplete = false;
    w_.note(current, "UPDATE_COMPLETE");
    w_.report(Action::changed, current, detail);
    return {};
  }

  Result<void> evaluate_outputs() {
    json::object outputs, exports;
    for (const Output& output : plan_.source.outputs) {
      CUMULET_TRY(const bool wanted, evaluator_.condition(output.condition, output.line));
      if (!wanted) continue;
      CUMULET_TRY(const Node value, evaluator_.evaluate(output.value));
      outputs[output.name] = as_text(value).value_or(json::text(to_json(value)));
      CUMULET_TRY(const Node exported, evaluator_.evaluate(output.export_name));
      const auto name = exported.is(Node::Kind::null) ? std::nullopt : as_text(exported);
      if (!name) continue;
      if (const auto other = plan_.environment.exports.find(*name); other != plan_.environment.exports.end())
        return template_error(output.line, "Export with name " + *name + " is already exported by stack " +
                                               other->second.stack_name + ".");
      exports[*name] = output.name;
    }
    w_.stack.outputs = std::move(outputs);
    w_.stack.exports = std::move(exports);
    w_.stack.imports = plan_.imports;
    return {};
  }

  // From here on the stack is what the template says; what is left of the former one goes.
  Result<Outcome> commit(bool creating) {
    move_leftovers();
    w_.stack.former.reset();
    for (StackResource& r : w_.stack.resources) r.touch = Touch::none;
    std::optional<Error> failure;
    if (!w_.stack.replaced.empty()) {
      if (!creating) CUMULET_CHECK(w_.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""));
      CUMULET_TRY(failure, w_.clean_up());
    }
    CUMULET_CHECK(w_.set_status(creating ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", failure ? failure->message() : ""));
    return end({}, {}, std::move(failure));
  }

  // What the template lost, and what was replaced; the last of stack.replaced is deleted first.
  void move_leftovers() {
    const std::vector<StackResource> former = w_.stack.former->resources;
    std::vector<StackResource> leftovers;
    for (const std::string& id : deletion_order(former)) {
      StackResource old = *std::ranges::find(former, id, &StackResource::logical_id);
      const auto change = std::ranges::find(plan_.changes, id, &Change::logical_id);
      const bool lost = change == plan_.changes.end() || change->action == ChangeAction::remove;
      if (lost) {
        std::erase_if(w_.stack.resources, [&](const StackResource& r) { return r.logical_id == id; });
        if (old.deletion_policy != DeletionPolicy::remove)
          w_.report(Action::retained, old);
        else
          leftovers.push_back(std::move(old));
        continue;
      }
      const StackResource& now = *w_.stack.find(id);
      const bool replaced = change->action != ChangeAction::add && now.touch == Touch::created;
      // Never what another resource of the stack is by now.
      if (replaced && !change->retain_when_replaced && now.physical_id != old.physical_id)
        leftovers.push_back(std::move(old));
    }
    w_.stack.replaced.insert(w_.stack.replaced.end(), std::make_move_iterator(leftovers.rbegin()),
                             std::make_move_iterator(leftovers.rend()));
  }

  Surroundings& s_;
  const Plan& plan_;
  StackWriter w_;
  RecordedValues values_;
  Evaluator evaluator_;
  std::string failed_;  // the resource
};

}  // namespace

std::string_view text(Action action) {
  switch (action) {
    case Action::created: return "created";
    case Action::changed: return "changed";
    case Action::replaced: return "replaced";
    case Action::unchanged: return "unchanged";
    case Action::deleted: return "deleted";
    case Action::retained: return "retained";
    case Action::restored: return "restored";
  }
  return "";
}

Result<void> begin_change(Surroundings& surroundings, Stack& stack) {
  StackWriter writer(surroundings, std::move(stack));
  auto begun = begin(writer);
  stack = std::move(writer.stack);
  return begun;
}

Result<Outcome> finish_cleanup(Surroundings& surroundings, Stack stack) {
  StackWriter writer(surroundings, std::move(stack));
  CUMULET_TRY(std::optional<Error> failure, writer.clean_up());
  CUMULET_CHECK(writer.set_status("UPDATE_COMPLETE", failure ? failure->message() : ""));
  return Outcome{.stack = std::move(writer.stack), .failure = {}, .rollback_failure = {}, .cleanup_failure = failure};
}

Result<Outcome> apply(Surroundings& surroundings, const Plan& plan, Stack stack) {
  return Applier(surroundings, plan, std::move(stack)).run();
}

}  // namespace cumulet::cloudformation
