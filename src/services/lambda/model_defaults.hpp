#pragma once
#include <optional>
#include <string>

#include "services/lambda/model_function.hpp"

// Shapes of what a function has without anybody's doing, and what changes it: it is kept and told, and acts on nothing.
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kRecursiveLoops[] = {"Allow", "Terminate"};
inline constexpr std::string_view kRuntimeUpdates[] = {"Auto", "Manual", "FunctionUpdate"};
inline constexpr std::string_view kRuntimeVersionArn =
    "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}::runtime:.+";
}  // namespace rules

struct RecursionConfig {
  std::string recursive_loop = "Terminate";

  static wire::Shape shape() {
    return structure("GetFunctionRecursionConfigResponse", {member<&RecursionConfig::recursive_loop>("RecursiveLoop")});
  }
};

struct PutRecursionRequest {
  std::string function_name;
  std::string recursive_loop;

  static wire::Shape shape() {
    using P = PutRecursionRequest;
    return structure(
        "PutFunctionRecursionConfigRequest",
        {
            member<&P::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&P::recursive_loop>("RecursiveLoop").required().one_of(rules::kRecursiveLoops),
        });
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

struct PutRuntimeManagementRequest {
  std::string function_name;
  std::optional<std::string> qualifier;
  std::string update_runtime_on;
  std::optional<std::string> runtime_version_arn;

  static wire::Shape shape() {
    using P = PutRuntimeManagementRequest;
    return structure(
        "PutRuntimeManagementConfigRequest",
        {
            member<&P::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(rules::kQualifier),
            member<&P::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&P::update_runtime_on>("UpdateRuntimeOn").required().one_of(rules::kRuntimeUpdates),
            member<&P::runtime_version_arn>("RuntimeVersionArn").range(26, 2048).pattern(rules::kRuntimeVersionArn),
        });
  }
};

}  // namespace cumulet::lambda
