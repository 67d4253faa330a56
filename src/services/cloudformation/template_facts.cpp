#include "services/cloudformation/template_facts.hpp"

#include <algorithm>
#include <array>

#include "cloudformation/sam.hpp"

namespace cumulet::cloudformation::service {
namespace {

// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html, Capabilities
struct IamType {
  std::string_view type;
  std::string_view name_property;
};
constexpr std::array<IamType, 8> kIamTypes{{{"AWS::IAM::AccessKey", ""},
                                            {"AWS::IAM::Group", "GroupName"},
                                            {"AWS::IAM::InstanceProfile", "InstanceProfileName"},
                                            {"AWS::IAM::ManagedPolicy", "ManagedPolicyName"},
                                            {"AWS::IAM::Policy", ""},
                                            {"AWS::IAM::Role", "RoleName"},
                                            {"AWS::IAM::User", "UserName"},
                                            {"AWS::IAM::UserToGroupAddition", ""}}};

void find_capabilities(TemplateFacts& facts) {
  bool is_named = false;
  std::vector<std::string> types;
  for (const Resource& r : facts.processed.resources) {
    const auto* const iam = std::ranges::find(kIamTypes, r.type, &IamType::type);
    if (iam == kIamTypes.end()) continue;
    if (!iam->name_property.empty() && r.properties.find(iam->name_property)) is_named = true;
    if (std::ranges::find(types, r.type) == types.end()) types.push_back(r.type);
  }
  if (types.empty()) return;
  facts.capabilities.emplace_back(is_named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
  std::string list;
  for (const std::string& type : types) list += (list.empty() ? "" : ", ") + type;
  facts.capabilities_reason = "The following resource(s) require capabilities: [" + list + "]";
}

Node resource_node(const Resource& r) {
  Node out = Node::map({{"Type", Node::text(r.type)}});
  if (!r.condition.empty()) out.set("Condition", Node::text(r.condition));
  if (!r.depends_on.empty()) {
    Node list = Node::list();
    for (const std::string& id : r.depends_on) list.items.push_back(Node::text(id));
    out.set("DependsOn", std::move(list));
  }
  if (r.deletion_policy != DeletionPolicy::remove)
    out.set("DeletionPolicy", Node::text(std::string(text(r.deletion_policy))));
  if (r.retain_when_replaced) out.set("UpdateReplacePolicy", Node::text("Retain"));
  if (!r.properties.members.empty()) out.set("Properties", r.properties);
  return out;
}

}  // namespace

Result<TemplateFacts> template_facts(const std::string& text) {
  if (text.size() > kMaxTemplateBytes)
    return template_error(0, "Template may not exceed " + std::to_string(kMaxTemplateBytes) + " bytes in size.");
  auto root = parse_yaml(text);
  if (!root) return template_error(0, "Template format error: " + root.error().message());
  TemplateFacts facts;
  CUMULET_TRY(facts.source, read_template(*root));
  facts.processed = facts.source;
  if (facts.source.sam) {
    facts.transforms.emplace_back("AWS::Serverless-2016-10-31");
    auto done = apply_sam_transform(facts.processed);
    if (!done.ok())
      return template_error(0,
                            "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application "
                            "Specification document. Number of errors found: 1. " +
                                done.error().message());
  }
  for (const Resource& r : facts.source.resources)
    if (std::ranges::find(facts.resource_types, r.type) == facts.resource_types.end())
      facts.resource_types.push_back(r.type);
  find_capabilities(facts);
  return facts;
}

std::string processed_text(const Template& processed) {
  Node root = Node::map();
  if (!processed.description.empty()) root.set("Description", Node::text(processed.description));
  if (processed.mappings.is(Node::Kind::map)) root.set("Mappings", processed.mappings);
  if (processed.conditions.is(Node::Kind::map)) root.set("Conditions", processed.conditions);
  Node parameters = Node::map();
  for (const Parameter& p : processed.parameters) {
    Node one = Node::map({{"Type", Node::text(p.type)}});
    if (p.default_value) one.set("Default", Node::text(*p.default_value));
    if (!p.description.empty()) one.set("Description", Node::text(p.description));
    parameters.set(p.name, std::move(one));
  }
  if (!parameters.members.empty()) root.set("Parameters", std::move(parameters));
  Node resources = Node::map();
  for (const Resource& r : processed.resources) resources.set(r.logical_id, resource_node(r));
  root.set("Resources", std::move(resources));
  Node outputs = Node::map();
  for (const Output& o : processed.outputs) {
    Node one = Node::map({{"Value", o.value}});
    if (!o.description.empty()) one.set("Description", Node::text(o.description));
    if (!o.condition.empty()) one.set("Condition", Node::text(o.condition));
    if (!o.export_name.is(Node::Kind::null)) one.set("Export", Node::map({{"Name", o.export_name}}));
    outputs.set(o.name, std::move(one));
  }
  if (!outputs.members.empty()) root.set("Outputs", std::move(outputs));
  return json::text(to_json(root));
}

}  // namespace cumulet::cloudformation::service
