#pragma once
#include <optional>
#include <string>

#include "cloudformation/stack_writer.hpp"

namespace cumulet::cloudformation {

// What a rollback could not do.
struct RollbackFailures {
  std::optional<Error> rollback;  // the stack is unfinished still
  std::optional<Error> cleanup;   // it is as before, but something that was made is left, in stack.replaced
};

// Rolls the writer's unfinished stack back. Error: the stack could not be recorded.
Result<RollbackFailures> roll_back(StackWriter& writer, const std::string& reason);

}  // namespace cumulet::cloudformation
