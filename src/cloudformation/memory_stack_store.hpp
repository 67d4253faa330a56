#pragma once
#include <map>

#include "cloudformation/stack_store.hpp"

namespace cumulet::cloudformation {

// For tests: records as their JSON text, as if written to a disk.
class MemoryStackStore final : public StackStore {
 public:
  Result<std::optional<Stack>> load(const std::string& name) override {
    const auto it = records.find(name);
    if (it == records.end()) return std::optional<Stack>();
    CUMULET_TRY(const json::value value, json::parse(it->second));
    CUMULET_TRY(Stack stack, stack_from_json(value));
    return std::optional(std::move(stack));
  }
  Result<void> save(const Stack& stack) override {
    if (full) return Error(kServiceUnavailable, "the store is full");
    records[stack.name] = json::text(to_json(stack));
    return {};
  }
  Result<void> forget(const std::string& name) override {
    records.erase(name);
    return {};
  }
  Result<std::vector<std::string>> names() override {
    std::vector<std::string> out;
    for (const auto& [name, record] : records) out.push_back(name);
    return out;
  }

  std::map<std::string, std::string> records;
  bool full = false;
};

}  // namespace cumulet::cloudformation
