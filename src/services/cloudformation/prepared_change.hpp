#pragma once
#include "cloudformation/plan.hpp"
#include "services/cloudformation/stack_rows.hpp"
#include "services/cloudformation/template_facts.hpp"

namespace cumulet::cloudformation::service {

// A change that was thought through, and of which nothing was done yet.
struct PreparedChange {
  TemplateFacts facts;
  Plan plan;
  StackDetails details;  // of the stack, when it has succeeded
  bool changes_anything = false;
  OnBehalfOf who;
  std::string on_failure;  // DO_NOTHING, ROLLBACK, DELETE
};

}  // namespace cumulet::cloudformation::service
