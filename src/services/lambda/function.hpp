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

using wire::member;
using wire::structure;

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

  static wire::Shape shape() {  // the stored form: JSON of it in one column
    return structure("Function", {
                                     member<&Function::region>("Region"),
                                     member<&Function::name>("Name"),
                                     member<&Function::configuration>("Configuration"),
                                     member<&Function::code_id>("CodeId"),
                                     member<&Function::generation>("Generation"),
                                     member<&Function::reserved_concurrency>("ReservedConcurrency"),
                                     member<&Function::event_invoke_config>("EventInvokeConfig"),
                                     member<&Function::permissions>("Permissions"),
                                     member<&Function::tags>("Tags"),
                                 });
  }
};
using FunctionRef = std::shared_ptr<const Function>;

}  // namespace cumulet::lambda
