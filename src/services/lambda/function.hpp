#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"
#include "services/lambda/model_settings.hpp"

namespace cumulet::lambda {

// All that is stored of a function, as one immutable snapshot: a change makes a new one. Invocations hold the snapshot
// they run with.
struct Function {
  std::string region;
  std::string name;
  FunctionConfiguration configuration;
  std::string code_id;  // names the package and its unpacked folder
  // Counts changes of code and configuration: an execution environment of an older generation is not used again.
  std::int64_t generation = 1;
  std::optional<int> reserved_concurrency;
  std::optional<EventInvokeConfig> event_invoke_config;
  std::vector<AddPermissionRequest> permissions;
  std::map<std::string, std::string> tags;

  const std::string& arn() const { return configuration.function_arn; }
};
using FunctionRef = std::shared_ptr<const Function>;

}  // namespace cumulet::lambda

namespace cumulet::wire {

// The stored form: JSON of this shape in one column.
template <>
struct Describe<lambda::Function> {
  static Shape shape() {
    using F = lambda::Function;
    return structure("Function", {
                                     member<&F::region>("Region"),
                                     member<&F::name>("Name"),
                                     member<&F::configuration>("Configuration"),
                                     member<&F::code_id>("CodeId"),
                                     member<&F::generation>("Generation"),
                                     member<&F::reserved_concurrency>("ReservedConcurrency"),
                                     member<&F::event_invoke_config>("EventInvokeConfig"),
                                     member<&F::permissions>("Permissions"),
                                     member<&F::tags>("Tags"),
                                 });
  }
};

}  // namespace cumulet::wire
