#include "cloudformation/evaluator.hpp"
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

bool has_pattern(const Template& t) {
  for (const Parameter& p : t.parameters)
    if (!p.allowed_pattern.empty()) return true;
  return false;
}

// Order of creation, with what was not refused on the way (plan).
void plan(const Template& t, const Evaluator& evaluator) {
  std::vector<std::string> ids;
  std::map<std::string, std::set<std::string>> depends_on;
  for (const Resource& r : t.resources) {
    const auto wanted = evaluator.condition(r.condition, r.line);
    if (!wanted.ok()) return;
    if (*wanted) ids.push_back(r.logical_id);
  }
  for (const std::string& id : ids) {
    auto on = evaluator.dependencies(t.resource(id)->properties);
    if (!on.ok()) return;
    depends_on[id] = std::move(*on);
  }
  const auto order = creation_order(ids, depends_on);
  CUMULET_HOLDS(!order.ok() || order->size() == ids.size());
}

}  // namespace

// A template that somebody was given and deploys: YAML or JSON, the SAM transform, and every function in it.
CUMULET_FUZZ(bytes) {
  const auto root = parse_yaml(bytes);
  if (!root.ok()) return;
  (void)json::text(to_json(*root));
  auto t = read_template(*root);
  // std::regex takes as long as a pattern wants; patterns are of who wrote the template.
  if (!t.ok() || has_pattern(*t)) return;
  if (t->sam && !apply_sam_transform(*t).ok()) return;
  const auto parameters = parameter_values(*t, {});
  if (!parameters.ok()) return;
  const Environment environment{"000000000000", "us-east-1", "stack",
                                "arn:aws:cloudformation:us-east-1:0:stack/stack/1"};
  const Values values;
  const Evaluator evaluator(*t, *parameters, environment, values);
  plan(*t, evaluator);
  for (const Resource& r : t->resources)
    if (const auto evaluated = evaluator.evaluate(r.properties); evaluated.ok()) {
      CUMULET_HOLDS(json::parse(json::text(to_json(*evaluated))).ok());
    }
  for (const Output& output : t->outputs) (void)evaluator.evaluate(output.value);
}
