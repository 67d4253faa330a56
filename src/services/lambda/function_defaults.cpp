#include "services/lambda/function_defaults.hpp"

namespace cumulet::lambda {

Result<RecursionConfig> FunctionDefaults::recursion(const wire::CallContext& context,
                                                    const FunctionNameRequest& request) {
  CUMULET_CHECK(functions_.find(context.region, request.function_name));
  return RecursionConfig{};
}

Result<CodeSigningConfig> FunctionDefaults::code_signing(const wire::CallContext& context,
                                                         const FunctionNameRequest& request) {
  CUMULET_CHECK(functions_.find(context.region, request.function_name));
  return CodeSigningConfig{};
}

Result<RuntimeManagementConfig> FunctionDefaults::runtime_management(const wire::CallContext& context,
                                                                     const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_TRY(const FunctionRef function, functions_.find(context.region, request.function_name, request.qualifier));
  RuntimeManagementConfig config;
  config.function_arn = function->arn() + arn_suffix(name.qualifier);
  return config;
}

}  // namespace cumulet::lambda
