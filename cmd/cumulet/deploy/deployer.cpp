#include "cmd/cumulet/deploy/deployer.hpp"

#include <algorithm>

#include "cloudformation/sam.hpp"

namespace cumulet::deploy {

using namespace cloudformation;

namespace {

// Ref and GetAtt out of the stack's record.
class RecordedValues final : public ResourceValues {
 public:
  explicit RecordedValues(const Stack& stack) : stack_(stack) {}
  std::optional<Node> reference(std::string_view logical_id) const override {
    const StackResource* r = stack_.find(logical_id);
    return r ? std::optional(Node::text(r->physical_id)) : std::nullopt;
  }
  std::optional<Node> attribute(std::string_view logical_id, std::string_view name) const override {
    const StackResource* r = stack_.find(logical_id);
    if (!r) return std::nullopt;
    const auto it = r->attributes.find(std::string(name));
    return it == r->attributes.end() ? std::nullopt : std::optional(Node::text(it->second));
  }

 private:
  const Stack& stack_;
};

std::string stack_id(const Environment& e, const std::string& name, Random& random) {
  return "arn:" + e.partition + ":cloudformation:" + e.region + ":" + e.account_id + ":stack/" + name + "/" +
         uuid4(random);
}

bool is_stack_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 128 && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

std::vector<std::string> changed_properties(const json::object& before, const json::object& after) {
  std::vector<std::string> out;
  for (const auto& [name, value] : after)
    if (const auto* old = before.if_contains(name); !old || *old != value) out.emplace_back(name);
  for (const auto& [name, value] : before)
    if (!after.contains(name)) out.emplace_back(name);
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// The record's resources in the reverse of an order in which they can be created.
std::vector<std::string> deletion_order(const std::vector<StackResource>& resources) {
  std::vector<std::string> ids;
  std::map<std::string, std::set<std::string>> depends_on;
  for (const StackResource& r : resources) ids.push_back(r.logical_id);
  for (const StackResource& r : resources)
    for (const std::string& on : r.depends_on)
      if (on != r.logical_id && std::ranges::find(ids, on) != ids.end()) depends_on[r.logical_id].insert(on);
  auto order = creation_order(ids, depends_on);
  if (!order.ok()) order = ids;
  std::ranges::reverse(*order);
  return std::move(*order);
}

class Deployment {
 public:
  Deployment(Surroundings& s, const DeployRequest& request)
      : s_(s), request_(request), environment_(s.environment), store_(s.aws, s.environment) {}

  Result<Stack> run() {
    CUMULET_CHECK(read());
    CUMULET_CHECK(check_types());
    CUMULET_CHECK(plan());  // a template that cannot work changes nothing
    CUMULET_CHECK(store_.prepare());
    CUMULET_CHECK(store_.lock(request_.stack_name, s_.owner, s_.clock.now()));
    auto outcome = run_locked();
    CUMULET_CHECK(store_.unlock(request_.stack_name));
    return outcome;
  }

 private:
  Result<Stack> run_locked() {
    CUMULET_CHECK(read());  // another deploy may have ended meanwhile
    CUMULET_TRY(const auto order, plan());
    stack_.status = "IN_PROGRESS";
    CUMULET_CHECK(save());
    Result<void> outcome = carry_out(order);
    stack_.status = outcome.ok() ? "COMPLETE" : "FAILED";
    CUMULET_CHECK(save());
    CUMULET_CHECK(outcome);
    CUMULET_CHECK(store_.sweep(stack_.name, artifacts_.keys));
    return std::move(stack_);
  }

  // Template, parameters and the stack's record.
  Result<void> read() {
    if (!is_stack_name(request_.stack_name))
      return template_error(0,
                            "1 validation error detected: Value '" + request_.stack_name +
                                "' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression "
                                "pattern: [a-zA-Z][-a-zA-Z0-9]*");
    CUMULET_TRY(const Node root, parse_yaml(request_.template_text));
    CUMULET_TRY(template_, read_template(root));
    if (template_.sam) CUMULET_CHECK(apply_sam_transform(template_));
    CUMULET_TRY(auto recorded, store_.load(request_.stack_name));
    if (recorded) stack_ = std::move(*recorded);
    stack_.name = request_.stack_name;
    if (stack_.id.empty()) stack_.id = stack_id(environment_, stack_.name, s_.random);
    environment_.stack_name = stack_.name;
    environment_.stack_id = stack_.id;
    std::map<std::string, std::string> given = request_.parameters;
    for (const auto& [name, value] : stack_.parameters)
      if (template_.parameter(name) && value.is_string())
        given.try_emplace(std::string(name), value.as_string().c_str());
    CUMULET_TRY(parameters_, parameter_values(template_, given));
    for (const auto& [name, value] : given)
      if (request_.parameters.contains(name) && !template_.parameter(name)->no_echo) stack_.parameters[name] = value;
    return {};
  }

  Result<void> check_types() {
    for (const Resource& r : template_.resources) {
      const ResourceType* type = resource_type(r.type);
      if (!type)
        return resource_error(
            r.logical_id, r.line,
            "the type " + r.type + " is not understood" +
                (r.type.starts_with("AWS::Serverless::") ? " without Transform: AWS::Serverless-2016-10-31" : ""));
      for (const auto& [name, value] : r.properties.members) {
        if (std::ranges::find(type->properties, name) != type->properties.end()) continue;
        if (std::ranges::find(type->ignored, name) == type->ignored.end())
          return resource_error(r.logical_id, value.line, "Encountered unsupported property " + name);
        s_.on_note("line " + std::to_string(value.line) + ": resource " + r.logical_id + ": " + name +
                   " has no effect here");
      }
      for (const std::string_view name : type->required)
        if (!r.properties.find(name))
          return resource_error(r.logical_id, r.line, "Property " + std::string(name) + " cannot be empty.");
    }
    return {};
  }

  // The resources whose condition holds, in order of creation, with what each depends on.
  Result<std::vector<std::string>> plan() {
    const RecordedValues values(stack_);
    const Evaluator evaluator(template_, parameters_, environment_, values);
    std::vector<std::string> ids;
    for (const Resource& r : template_.resources) {
      CUMULET_TRY(const bool wanted, evaluator.condition(r.condition, r.line));
      if (wanted) ids.push_back(r.logical_id);
    }
    for (const std::string& id : ids) {
      const Resource& r = *template_.resource(id);
      auto on = evaluator.dependencies(r.properties);
      if (!on) return resource_error(id, 0, on.error().message());
      for (const std::string& name : r.depends_on) {
        if (!template_.resource(name))
          return resource_error(id, r.line,
                                "Template format error: Unresolved resource dependencies [" + name +
                                    "] in the Resources block of the template");
        if (std::ranges::find(ids, name) != ids.end()) on->insert(name);
      }
      depends_on_[id] = std::move(*on);
    }
    for (const Output& output : template_.outputs) {
      CUMULET_TRY(const bool wanted, evaluator.condition(output.condition, output.line));
      if (wanted) CUMULET_CHECK(evaluator.dependencies(output.value));
    }
    return creation_order(ids, depends_on_);
  }

  Result<void> carry_out(const std::vector<std::string>& order) {
    for (const std::string& id : order) {
      auto done = apply(*template_.resource(id));
      if (!done.ok())
        return resource_error(id, located(done.error()) ? 0 : template_.resource(id)->line, described(done.error()));
    }
    CUMULET_CHECK(delete_leftovers(order));
    return evaluate_outputs();
  }

  static bool located(const Error& error) { return error.message().starts_with("line "); }

  Result<void> apply(const Resource& resource) {
    const ResourceType& type = *resource_type(resource.type);
    const RecordedValues values(stack_);
    const Evaluator evaluator(template_, parameters_, environment_, values);
    CUMULET_TRY(Node properties, evaluator.evaluate(resource.properties));
    for (const std::string_view name : type.ignored) properties.erase(name);
    for (const std::string_view name : type.required)
      if (!properties.find(name))
        return template_error(resource.line, "Property " + std::string(name) + " cannot be empty.");
    Desired desired{.logical_id = resource.logical_id, .properties = std::move(properties)};
    CUMULET_CHECK(package(artifacts_, resource.type, desired));

    Provisioning p = provisioning();
    StackResource* current = stack_.find(resource.logical_id);
    if (!current) return create(p, resource, type, desired, Action::created, "");
    current->depends_on = depends_on_[resource.logical_id];
    current->retain = resource.retain;
    if (current->type != resource.type) return replace(p, resource, type, desired, "Type");
    CUMULET_TRY(const bool there, type.exists(p, *current));
    if (!there) {
      std::erase_if(stack_.resources, [&](const auto& r) { return r.logical_id == resource.logical_id; });
      return create(p, resource, type, desired, Action::created, "it was gone");
    }
    const json::object wanted = to_json(desired.properties).as_object();
    const auto changed = changed_properties(current->properties, wanted);
    if (changed.empty() && !current->incomplete) {
      report(Action::unchanged, *current, "");
      return {};
    }
    const bool replacing =
        !changed.empty() && (!type.update || std::ranges::any_of(changed, [&](const std::string& name) {
          return std::ranges::find(type.replacing, name) != type.replacing.end();
        }));
    if (replacing) return replace(p, resource, type, desired, joined(changed));
    if (type.update) CUMULET_CHECK(bring_up(p, type, desired, *current));
    report(Action::changed, *stack_.find(resource.logical_id),
           changed.empty() ? "finished what failed before" : joined(changed));
    return {};
  }

  // update() with the record kept honest: a failure leaves it marked incomplete.
  Result<void> bring_up(Provisioning& p, const ResourceType& type, const Desired& desired, StackResource& current) {
    const auto outcome = type.update(p, desired, current);
    current.incomplete = !outcome.ok();
    if (outcome.ok()) current.properties = to_json(desired.properties).as_object();
    CUMULET_CHECK(save());
    return outcome;
  }

  Result<void> create(Provisioning& p, const Resource& resource, const ResourceType& type, const Desired& desired,
                      Action action, const std::string& detail) {
    CUMULET_TRY(Created created, type.create(p, desired));
    // What can only be said at creation stands, whatever fails after it: else the next deploy would replace it.
    for (const std::string_view name : type.replacing)
      if (const Node* value = desired.properties.find(name)) created.applied[name] = to_json(*value);
    stack_.resources.push_back({.logical_id = resource.logical_id,
                                .type = resource.type,
                                .physical_id = std::move(created.physical_id),
                                .attributes = std::move(created.attributes),
                                .properties = std::move(created.applied),
                                .depends_on = depends_on_[resource.logical_id],
                                .retain = resource.retain,
                                .incomplete = false});
    StackResource& current = stack_.resources.back();
    CUMULET_CHECK(save());
    if (type.update) CUMULET_CHECK(bring_up(p, type, desired, current));
    report(action, current, detail);
    return {};
  }

  // A new resource beside the old one, which goes when everything else is done.
  Result<void> replace(Provisioning& p, const Resource& resource, const ResourceType& type, const Desired& desired,
                       const std::string& detail) {
    StackResource old = *stack_.find(resource.logical_id);
    const std::string name = type.name_property.empty() ? "" : property_text(desired.properties, type.name_property);
    if (!name.empty() && old.type == resource.type && property_text_of(old, type.name_property) == name)
      return template_error(resource.line,
                            "CloudFormation cannot update a stack when a custom-named resource requires "
                            "replacing. Rename " +
                                name + " and update the stack again.");
    std::erase_if(stack_.resources, [&](const auto& r) { return r.logical_id == resource.logical_id; });
    const auto outcome = create(p, resource, type, desired, Action::replaced, detail);
    if (!outcome.ok() && !stack_.find(resource.logical_id)) {
      stack_.resources.push_back(std::move(old));
    } else if (!resource.retain_when_replaced) {
      stack_.replaced.push_back(std::move(old));
    }
    CUMULET_CHECK(save());
    return outcome;
  }

  static std::string property_text_of(const StackResource& r, std::string_view name) {
    const json::value* v = r.properties.if_contains(name);
    return v && v->is_string() ? std::string(v->as_string()) : "";
  }

  Result<void> delete_leftovers(const std::vector<std::string>& wanted) {
    Provisioning p = provisioning();
    while (!stack_.replaced.empty()) {
      const StackResource old = stack_.replaced.back();
      CUMULET_CHECK(remove(p, old));
      stack_.replaced.pop_back();
      CUMULET_CHECK(save());
    }
    for (const std::string& id : deletion_order(stack_.resources)) {
      if (std::ranges::find(wanted, id) != wanted.end()) continue;
      const StackResource old = *stack_.find(id);
      if (old.retain) {
        report(Action::retained, old, "");
      } else {
        CUMULET_CHECK(remove(p, old));
      }
      std::erase_if(stack_.resources, [&](const auto& r) { return r.logical_id == id; });
      CUMULET_CHECK(save());
    }
    return {};
  }

  Result<void> remove(Provisioning& p, const StackResource& old) {
    const ResourceType* type = resource_type(old.type);
    if (!type) return resource_error(old.logical_id, 0, "the type " + old.type + " is not understood");
    const auto outcome = type->remove(p, old);
    if (!outcome.ok())
      return resource_error(old.logical_id, 0, "cannot delete " + old.physical_id + ": " + described(outcome.error()));
    report(Action::deleted, old, "");
    return {};
  }

  Result<void> evaluate_outputs() {
    const RecordedValues values(stack_);
    const Evaluator evaluator(template_, parameters_, environment_, values);
    stack_.outputs.clear();
    for (const Output& output : template_.outputs) {
      CUMULET_TRY(const bool wanted, evaluator.condition(output.condition, output.line));
      if (!wanted) continue;
      CUMULET_TRY(const Node value, evaluator.evaluate(output.value));
      stack_.outputs[output.name] = as_text(value).value_or(json::text(to_json(value)));
    }
    return {};
  }

  Result<void> save() {
    stack_.updated_at = iso8601(s_.clock.now());
    return store_.save(stack_);
  }

  void report(Action action, const StackResource& r, std::string detail) {
    s_.on_step({.action = action,
                .logical_id = r.logical_id,
                .type = r.type,
                .physical_id = r.physical_id,
                .detail = std::move(detail)});
  }

  Provisioning provisioning() {
    return {.aws = s_.aws, .environment = environment_, .random = s_.random, .pause = s_.pause};
  }

  Surroundings& s_;
  const DeployRequest& request_;
  Environment environment_;
  S3StackStore store_;
  Stack stack_;
  Template template_;
  std::map<std::string, Node> parameters_;
  std::map<std::string, std::set<std::string>> depends_on_;
  Artifacts artifacts_{.aws = s_.aws,
                       .folder = request_.folder,
                       .bucket = store_.bucket(),
                       .prefix = store_.prefix(request_.stack_name) + "code/",
                       .keys = {}};
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
  }
  return "";
}

Result<Stack> deploy(Surroundings& surroundings, const DeployRequest& request) {
  return Deployment(surroundings, request).run();
}

namespace {

Result<void> destroy_locked(Surroundings& s, S3StackStore& store, const std::string& stack_name, Buckets buckets) {
  CUMULET_TRY(auto loaded, store.load(stack_name));
  if (!loaded) return template_error(0, "Stack with id " + stack_name + " does not exist");
  Stack stack = std::move(*loaded);
  Environment environment = s.environment;
  environment.stack_name = stack.name;
  environment.stack_id = stack.id;
  Provisioning p{.aws = s.aws,
                 .environment = environment,
                 .random = s.random,
                 .pause = s.pause,
                 .empty_buckets = buckets == Buckets::empty};
  const auto remove = [&](const StackResource& r) -> Result<void> {
    const ResourceType* type = resource_type(r.type);
    if (!type) return resource_error(r.logical_id, 0, "the type " + r.type + " is not understood");
    if (!r.retain) {
      auto outcome = type->remove(p, r);
      if (!outcome.ok()) {
        const bool full = error_code(outcome.error()) == "BucketNotEmpty";
        return resource_error(r.logical_id, 0,
                              "cannot delete " + r.physical_id + ": " + described(outcome.error()) +
                                  (full ? " (--empty-buckets deletes what is in it)" : ""));
      }
    }
    s.on_step({.action = r.retain ? Action::retained : Action::deleted,
               .logical_id = r.logical_id,
               .type = r.type,
               .physical_id = r.physical_id,
               .detail = ""});
    return {};
  };
  for (const std::string& id : deletion_order(stack.resources)) {
    CUMULET_CHECK(remove(*stack.find(id)));
    std::erase_if(stack.resources, [&](const auto& r) { return r.logical_id == id; });
    stack.updated_at = iso8601(s.clock.now());
    CUMULET_CHECK(store.save(stack));
  }
  for (const StackResource& r : stack.replaced) CUMULET_CHECK(remove(r));
  return store.forget(stack_name);  // its lock too
}

}  // namespace

Result<void> destroy(Surroundings& s, const std::string& stack_name, Buckets buckets) {
  S3StackStore store(s.aws, s.environment);
  CUMULET_TRY(const auto loaded, store.load(stack_name));
  if (!loaded) return template_error(0, "Stack with id " + stack_name + " does not exist");
  CUMULET_CHECK(store.lock(stack_name, s.owner, s.clock.now()));
  auto outcome = destroy_locked(s, store, stack_name, buckets);
  if (!outcome.ok()) CUMULET_CHECK(store.unlock(stack_name));
  return outcome;
}

}  // namespace cumulet::deploy
