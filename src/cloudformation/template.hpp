#pragma once
#include <map>
#include <string>
#include <vector>

#include "cloudformation/node.hpp"

namespace cumulet::cloudformation {

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
struct Parameter {
  std::string name;
  std::string type;  // String, Number, CommaDelimitedList, List<Number>, or an AWS-specific type read as String
  std::optional<std::string> default_value;
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;
  std::optional<std::int64_t> min_length, max_length;
  std::optional<double> min_value, max_value;
  std::string constraint_description;
  std::string description;
  bool no_echo = false;
  int line = 0;
};

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
// retain_except_on_create: kept, but not where its own making is rolled back.
enum class DeletionPolicy { remove, retain, retain_except_on_create };
std::string_view text(DeletionPolicy policy);  // as a template writes it
DeletionPolicy deletion_policy(std::string_view text);

struct Resource {
  std::string logical_id;
  std::string type;
  Node properties;  // a map, functions not yet evaluated
  std::vector<std::string> depends_on;
  std::string condition;
  DeletionPolicy deletion_policy = DeletionPolicy::remove;
  bool retain_when_replaced = false;  // UpdateReplacePolicy: Retain
  int line = 0;
};

struct Output {
  std::string name;
  Node value;
  std::string description;
  Node export_name;  // null: not exported
  std::string condition;
  int line = 0;
};

// What parameters must satisfy together, before anything is made.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
struct Rule {
  std::string name;
  Node condition;                                        // null: it holds always
  std::vector<std::pair<Node, std::string>> assertions;  // and what is said where one does not hold
  int line = 0;
};

struct Template {
  std::string description;
  bool sam = false;  // Transform: AWS::Serverless-2016-10-31
  Node metadata;
  std::vector<Parameter> parameters;
  std::vector<Rule> rules;
  Node mappings;    // name → key → key → value
  Node conditions;  // name → function
  Node globals;
  std::vector<Resource> resources;
  std::vector<Output> outputs;

  const Parameter* parameter(std::string_view name) const;
  const Resource* resource(std::string_view logical_id) const;
  Resource* resource(std::string_view logical_id);
};

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
inline constexpr std::size_t kMaxTemplateBytes = 1'000'000;
inline constexpr std::size_t kMaxResources = 500;  // after a transform too
inline constexpr std::size_t kMaxParameters = 200;
inline constexpr std::size_t kMaxOutputs = 200;
inline constexpr std::size_t kMaxParameterBytes = 4'096;

// Error: more of a section's things than CloudFormation takes.
Result<void> check_number(std::string_view things, std::size_t number, std::size_t maximum);

// Reads the sections of a template. Errors (kValidationError): unknown sections, resources without a type, malformed
// parameters, each with its line and, where CloudFormation has one, its text.
Result<Template> read_template(const Node& root);

// The parameters' values: what was given, else the default, each checked against its type and constraints. A
// CommaDelimitedList becomes a list. One that names a parameter of Systems Manager has that one's value out of
// `stored`. Errors name the parameter; a given name that the template lacks is one.
Result<std::map<std::string, Node>> parameter_values(const Template& t, const std::map<std::string, std::string>& given,
                                                     const std::map<std::string, std::string>& stored = {});

// The names in Systems Manager's Parameter Store whose values parameter_values() needs.
std::vector<std::string> stored_parameters(const Template& t, const std::map<std::string, std::string>& given);

}  // namespace cumulet::cloudformation
