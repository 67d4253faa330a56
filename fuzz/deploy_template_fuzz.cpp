#include "cloudformation/evaluator.hpp"
#include "cloudformation/plan.hpp"
#include "cloudformation/sam.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;
using namespace cumulet::cloudformation;

namespace {

// Every resource is there and has every attribute.
class Values final : public ResourceValues {
 public:
  std::optional<Node> reference(std::string_view id) const override { return Node::text(std::string(id)); }
  std::optional<Node> attribute(std::string_view id, std::string_view name) const override {
    return Node::text(std::string(id) + '.' + std::string(name));
  }
};

const Environment kEnvironment{"000000000000", "us-east-1", "stack",
                               "arn:aws:cloudformation:us-east-1:0:stack/stack/1"};

// As if the plan had been carried out, and recorded.
Stack made(const Plan& plan) {
  Stack stack;
  stack.name = "stack";
  stack.parameters = plan.recorded_parameters;
  for (const Change& c : plan.changes)
    stack.resources.push_back({.logical_id = c.logical_id,
                               .type = c.type,
                               .name = {},
                               .physical_id = "id",
                               .attributes = {},
                               .properties = to_json(c.properties).as_object(),
                               .depends_on = c.depends_on});
  auto read = stack_from_json(to_json(stack));
  CUMULET_HOLDS(read.ok() && read->resources.size() == plan.changes.size());
  return std::move(*read);
}

void check_plan(const std::string& text, const Stack& stack) {
  NoArtifacts none;
  const auto plan = make_plan({.template_text = text, .parameters = {}}, kEnvironment, stack, {}, none);
  if (!plan.ok()) return;
  std::set<std::string> done;
  for (const Change& c : plan->changes) {
    for (const std::string& on : c.depends_on)
      CUMULET_HOLDS(c.action == ChangeAction::remove || on == c.logical_id || done.contains(on));
    done.insert(c.logical_id);
  }
  CUMULET_HOLDS(json::parse(json::text(to_json(*plan))).ok());
  (void)describe(*plan);
  if (stack.resources.empty()) check_plan(text, made(*plan));
}

}  // namespace

// A template that somebody was given and deploys: YAML or JSON, the SAM transform, and every function in it.
CUMULET_FUZZ(bytes) {
  const auto root = parse_yaml(bytes);
  if (!root.ok()) return;
  (void)json::text(to_json(*root));
  auto t = read_template(*root);
  if (!t.ok()) return;
  if (t->sam && !apply_sam_transform(*t).ok()) return;
  const auto parameters = parameter_values(*t, {});
  if (!parameters.ok()) return;
  const Values values;
  const Evaluator evaluator(*t, *parameters, kEnvironment, values);
  for (const Resource& r : t->resources)
    if (const auto evaluated = evaluator.evaluate(r.properties); evaluated.ok()) {
      CUMULET_HOLDS(json::parse(json::text(to_json(*evaluated))).ok());
    }
  for (const Output& output : t->outputs) (void)evaluator.evaluate(output.value);
  check_plan(std::string(bytes), {});
}
