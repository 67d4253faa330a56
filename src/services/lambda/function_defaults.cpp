#include "services/lambda/function_defaults.hpp"

#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::string_view kManual = "Manual ";  // then the version's ARN

RuntimeManagementConfig shown(const Function& function, const std::optional<std::string>& qualifier) {
  RuntimeManagementConfig config;
  config.function_arn = function.arn() + arn_suffix(qualifier);
  const auto set = function.runtime_updates.find(qualifier.value_or(std::string(kLatest)));
  if (set == function.runtime_updates.end()) return config;
  config.update_runtime_on = set->second;
  if (set->second.starts_with(kManual)) {
    config.update_runtime_on = "Manual";
    config.runtime_version_arn = set->second.substr(kManual.size());
  }
  return config;
}

}  // namespace

Result<RecursionConfig> FunctionDefaults::recursion(const wire::CallContext& context,
                                                    const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, functions_.find(context.region, request.function_name));
  return RecursionConfig{function->recursive_loop.value_or("Terminate")};
}

Result<RecursionConfig> FunctionDefaults::put_recursion(const wire::CallContext& context,
                                                        const PutRecursionRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  CUMULET_CHECK(store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    auto next = std::make_shared<Function>(*before);
    next->recursive_loop = request.recursive_loop;
    return FunctionRef(std::move(next));
  }));
  return RecursionConfig{request.recursive_loop};
}

Result<RuntimeManagementConfig> FunctionDefaults::runtime_management(const wire::CallContext& context,
                                                                     const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_TRY(const FunctionRef function, functions_.find(context.region, request.function_name, request.qualifier));
  return shown(*function, name.qualifier);
}

Result<RuntimeManagementConfig> FunctionDefaults::put_runtime_management(const wire::CallContext& context,
                                                                         const PutRuntimeManagementRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  const bool is_manual = request.update_runtime_on == "Manual";
  if (is_manual != request.runtime_version_arn.has_value())
    return user_error(kInvalidParameterValue, is_manual
                                                  ? "RuntimeVersionArn is required for runtime update mode Manual"
                                                  : "RuntimeVersionArn is only allowed for runtime update mode Manual");
  CUMULET_TRY(const FunctionRef updated,
              store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
                const std::string at = name.qualifier.value_or(std::string(kLatest));
                if (!before) return function_not_found(name.arn());
                if (!before->has(at)) return missing_qualifier(name);
                auto next = std::make_shared<Function>(*before);
                next->runtime_updates[at] =
                    is_manual ? std::string(kManual) + *request.runtime_version_arn : request.update_runtime_on;
                return FunctionRef(std::move(next));
              }));
  return shown(*updated, name.qualifier);
}

}  // namespace cumulet::lambda
