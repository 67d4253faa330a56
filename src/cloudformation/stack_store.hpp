#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cloudformation/stack.hpp"

namespace cumulet::cloudformation {

// Where stacks are recorded. What save() took is there after a crash: a change is noted before it is made.
class StackStore {
 public:
  virtual ~StackStore() = default;

  // nullopt: there is no such stack.
  virtual Result<std::optional<Stack>> load(const std::string& name) = 0;
  virtual Result<void> save(const Stack& stack) = 0;
  virtual Result<void> forget(const std::string& name) = 0;
  virtual Result<std::vector<std::string>> names() = 0;
};

}  // namespace cumulet::cloudformation
