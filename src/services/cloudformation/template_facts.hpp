#pragma once
#include <string>
#include <vector>

#include "cloudformation/template.hpp"

// What a template asks for, without a stack.
namespace cumulet::cloudformation::service {

struct TemplateFacts {
  Template source;                          // as written
  Template processed;                       // the SAM transform applied
  std::vector<std::string> capabilities;    // that must be acknowledged, beside that of transforms
  std::string capabilities_reason;          // "The following resource(s) require capabilities: [AWS::IAM::Role]"
  std::vector<std::string> resource_types;  // each once
  std::vector<std::string> transforms;
};

Result<TemplateFacts> template_facts(const std::string& text);

// The template that a transform has made, as JSON.
std::string processed_text(const Template& processed);

}  // namespace cumulet::cloudformation::service
