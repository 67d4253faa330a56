#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cloudformation/resource_type.hpp"

namespace cumulet::cloudformation {

// What is deployed under one name.
struct Stack {
  std::string name;
  std::string id;      // arn:aws:cloudformation:…:stack/NAME/UUID, made at the first deploy
  std::string status;  // COMPLETE, IN_PROGRESS or FAILED
  std::string updated_at;
  json::object parameters;  // as given or defaulted, without those marked NoEcho
  json::object outputs;
  std::vector<StackResource> resources;  // in order of creation
  std::vector<StackResource> replaced;   // superseded by a new one, still to be deleted

  StackResource* find(std::string_view logical_id);
  const StackResource* find(std::string_view logical_id) const;
};

json::value to_json(const Stack& stack);
Result<Stack> stack_from_json(const json::value& value);

}  // namespace cumulet::cloudformation
