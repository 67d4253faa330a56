#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "cloudformation/template.hpp"

namespace cumulet::cloudformation {

// What a stack exports under a name.
struct Export {
  std::string value;
  std::string stack_name;
};

// What the pseudo parameters AWS::… stand for, and what there is beside the stack.
struct Environment {
  std::string account_id;
  std::string region;
  std::string stack_name;
  std::string stack_id;
  std::string partition = "aws";
  std::string url_suffix = "amazonaws.com";
  std::map<std::string, Export> exports = {};  // of the region's other stacks: what Fn::ImportValue gives
};

// What Ref and Fn::GetAtt give for a template's resources: Node::unknown for what is known only once they are made,
// nullopt for what there is not.
class ResourceValues {
 public:
  virtual ~ResourceValues() = default;
  virtual std::optional<Node> reference(std::string_view logical_id) const = 0;
  virtual std::optional<Node> attribute(std::string_view logical_id, std::string_view name) const = 0;
};

// Evaluates the intrinsic functions of one template for one stack
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html).
// Keeps references to its arguments; they must outlive it. For one thread.
// What it does in its life is bounded (Limits), whatever a template asks for; an error says so.
class Evaluator {
 public:
  struct Limits {
    std::size_t values = 1'000'000;  // made by functions and copied out of the template
    std::size_t bytes = 64 << 20;    // of text in them
    int depth = 500;                 // of functions and conditions within each other
  };

  Evaluator(const Template& t, const std::map<std::string, Node>& parameters, const Environment& environment,
            const ResourceValues& resources);
  Evaluator(const Template& t, const std::map<std::string, Node>& parameters, const Environment& environment,
            const ResourceValues& resources, Limits limits);

  // The value with every function replaced by its result, Node::unknown where that hangs on an unknown one; map members
  // and list items that are AWS::NoValue vanish. Lines stay those of the template. Errors name the line.
  Result<Node> evaluate(const Node& node) const;

  // A named condition; an empty name is true. Each is tested once. Conditions cannot refer to resources.
  Result<bool> condition(const std::string& name, int line) const;

  // Whether a rule of the template holds; the error is what it says.
  Result<void> check(const Rule& rule) const;

  // The exports that were imported so far.
  const std::set<std::string>& imports() const { return imports_; }

  // The resources that `node` refers to by Ref, Fn::GetAtt or Fn::Sub, looking only into the branches of Fn::If that
  // count. A name that is neither parameter nor resource, or a resource whose condition is false, is an error.
  Result<std::set<std::string>> dependencies(const Node& node) const;

 private:
  Result<Node> evaluate_map(const Node& node) const;
  Result<Node> function(const std::string& name, const Node& argument, int line) const;
  Result<Node> ref(const Node& argument) const;
  Result<Node> get_att(const Node& argument) const;
  Result<Node> sub(const Node& argument) const;
  Result<Node> join(const Node& argument) const;
  Result<Node> split(const Node& argument) const;
  Result<Node> select(const Node& argument) const;
  Result<Node> find_in_map(const Node& argument) const;
  Result<Node> choose(const Node& argument) const;
  Result<Node> import_value(const Node& argument) const;
  Result<bool> test(const Node& node) const;
  Result<bool> named_condition(const std::string& name, int line) const;
  Result<void> spend(int line, std::size_t values, std::size_t bytes) const;
  Result<void> spend_copy(const Node& node, int line) const;
  // nullopt: unknown yet.
  Result<std::optional<std::string>> text(const Node& node, std::string_view where) const;
  Result<Node> pseudo_or_parameter(const std::string& name, int line) const;
  Result<void> collect(const Node& node, std::set<std::string>& out) const;
  Result<void> collect_sub(const Node& argument, std::set<std::string>& out) const;
  Result<void> collect_name(const std::string& name, int line, std::set<std::string>& out) const;

  const Template& template_;
  const std::map<std::string, Node>& parameters_;
  const Environment& environment_;
  const ResourceValues& resources_;
  std::map<std::string_view, const Node*> conditions_;              // by name
  mutable std::map<std::string_view, std::optional<bool>> tested_;  // nullopt while it is being tested
  mutable Limits left_;
  mutable int depth_ = 0;
  mutable bool in_condition_ = false;
  mutable std::set<std::string> imports_;
};

// The pieces of a Fn::Sub text: literal text, or (with `name`) what stood in ${…}; ${!x} is the literal ${x}.
struct SubPiece {
  bool name = false;
  std::string text;
};
Result<std::vector<SubPiece>> sub_pieces(std::string_view text, int line);

// The order in which resources can be created, each after what it depends on and otherwise as written.
// Error: "Circular dependency between resources: [A, B]" as CloudFormation says it.
Result<std::vector<std::string>> creation_order(const std::vector<std::string>& ids,
                                                const std::map<std::string, std::set<std::string>>& depends_on);

}  // namespace cumulet::cloudformation
