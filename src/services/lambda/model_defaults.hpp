#pragma once
#include <optional>
#include <string>

#include "services/lambda/model_function.hpp"

// Shapes of what a function has on AWS without anybody's doing, and cannot be changed here.
namespace cumulet::lambda {

using wire::member;
using wire::structure;

struct RecursionConfig {
  std::string recursive_loop = "Terminate";

  static wire::Shape shape() {
    return structure("GetFunctionRecursionConfigResponse", {member<&RecursionConfig::recursive_loop>("RecursiveLoop")});
  }
};

struct CodeSigningConfig {  // none: an empty answer
  std::optional<std::string> code_signing_config_arn;
  std::optional<std::string> function_name;

  static wire::Shape shape() {
    return structure("GetFunctionCodeSigningConfigResponse",
                     {
                         member<&CodeSigningConfig::code_signing_config_arn>("CodeSigningConfigArn"),
                         member<&CodeSigningConfig::function_name>("FunctionName"),
                     });
  }
};

struct RuntimeManagementConfig {
  std::string update_runtime_on = "Auto";
  std::optional<std::string> runtime_version_arn;
  std::string function_arn;

  static wire::Shape shape() {
    return structure("GetRuntimeManagementConfigResponse",
                     {
                         member<&RuntimeManagementConfig::update_runtime_on>("UpdateRuntimeOn"),
                         member<&RuntimeManagementConfig::runtime_version_arn>("RuntimeVersionArn"),
                         member<&RuntimeManagementConfig::function_arn>("FunctionArn"),
                     });
  }
};

}  // namespace cumulet::lambda
