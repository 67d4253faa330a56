#include "services/lambda/provisioned_concurrency.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/page.hpp"

namespace cumulet::lambda {
namespace {

constexpr int kDefaultPage = 50;
constexpr ErrorKind kNotProvisioned{"ProvisionedConcurrencyConfigNotFoundException", 404};

ProvisionedConfig shown(const Provisioned& provisioned) {
  ProvisionedConfig out;
  out.requested = out.available = out.allocated = provisioned.requested;
  out.last_modified = provisioned.last_modified;
  return out;
}

// The qualifier, if there is such an alias or version.
Result<std::string> existing(const FunctionRef& function, const FunctionName& name) {
  const std::string qualifier = name.qualifier.value_or("");
  if (!function || !function->has(qualifier)) return missing_qualifier(name);
  return qualifier;
}

Result<FunctionName> published_name(const wire::CallContext& context, const std::string& function_name,
                                    const std::string& qualifier, std::string_view otherwise) {
  CUMULET_TRY(FunctionName name, FunctionName::parse(function_name, context.region, qualifier));
  if (qualifier == kLatest) return user_error(kInvalidParameterValue, std::string(otherwise));
  return name;
}

constexpr std::string_view kNotPublished = "The function resource provided must be an alias or a published version.";

}  // namespace

Result<ProvisionedConfig> ProvisionedConcurrency::put(const wire::CallContext& context,
                                                      const PutProvisionedRequest& request) {
  CUMULET_TRY(const FunctionName name,
              published_name(context, request.function_name, request.qualifier,
                             "Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
  Provisioned put;
  CUMULET_CHECK(store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    CUMULET_TRY(const std::string at, existing(before, name));
    const int wanted = request.provisioned_concurrent_executions;
    if (before->reserved_concurrency && wanted > *before->reserved_concurrency)
      return user_error(kInvalidParameterValue,
                        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
                        "for function");
    if (wanted > kAccountConcurrency - kUnreservedMinimum)
      return user_error(kInvalidParameterValue,
                        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
                        "[" +
                            std::to_string(kAccountConcurrency) + "].");
    const auto alias = before->aliases.find(at);
    if (alias != before->aliases.end() && before->provisioned.contains(alias->second.function_version))
      return user_error(
          kResourceConflict,
          "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
    for (const auto& [other, config] : before->provisioned) {
      const auto pointing = before->aliases.find(other);
      if (pointing != before->aliases.end() && pointing->second.function_version == at)
        return user_error(kResourceConflict, "Version is pointed by a Provisioned Concurrency alias");
    }
    auto next = std::make_shared<Function>(*before);
    put = {wanted, lambda_date(clock_.now())};
    next->provisioned[at] = put;
    return FunctionRef(std::move(next));
  }));
  ProvisionedConfig answer = shown(put);
  answer.available = answer.allocated = 0;  // AWS tells of the moment before
  answer.status = "IN_PROGRESS";
  return answer;
}

Result<ProvisionedConfig> ProvisionedConcurrency::get(const wire::CallContext& context,
                                                      const ProvisionedRequest& request) {
  CUMULET_TRY(const FunctionName name,
              published_name(context, request.function_name, request.qualifier, kNotPublished));
  const FunctionRef function = store_.find(name.region, name.name);
  CUMULET_TRY(const std::string at, existing(function, name));
  const auto found = function->provisioned.find(at);
  if (found == function->provisioned.end())
    return user_error(kNotProvisioned, "No Provisioned Concurrency Config found for this function");
  return shown(found->second);
}

Result<wire::Empty> ProvisionedConcurrency::remove(const wire::CallContext& context,
                                                   const ProvisionedRequest& request) {
  CUMULET_TRY(const FunctionName name,
              published_name(context, request.function_name, request.qualifier, kNotPublished));
  CUMULET_CHECK(store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    CUMULET_TRY(const std::string at, existing(before, name));
    if (!before->provisioned.contains(at)) return before;
    auto next = std::make_shared<Function>(*before);
    next->provisioned.erase(at);
    return FunctionRef(std::move(next));
  }));
  return wire::Empty{};
}

Result<ListProvisionedResponse> ProvisionedConcurrency::list(const wire::CallContext& context,
                                                             const ListProvisionedRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  const FunctionRef function = store_.find(name.region, name.name);
  if (!function) return function_not_found(name.arn());
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(request.max_items.value_or(kDefaultPage));
  ListProvisionedResponse page;
  std::string last;
  for (const auto& [qualifier, provisioned] : function->provisioned) {
    if (qualifier <= after) continue;
    if (page.provisioned_concurrency_configs.size() == limit) {
      page.next_marker = base64_encode(last);
      break;
    }
    ProvisionedConfig config = shown(provisioned);
    config.function_arn = function->arn() + ':' + qualifier;
    page.provisioned_concurrency_configs.push_back(std::move(config));
    last = qualifier;
  }
  return page;
}

}  // namespace cumulet::lambda
