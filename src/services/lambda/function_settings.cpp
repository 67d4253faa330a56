// Functions: what is set beside the configuration: concurrency, asynchronous invocation, permissions, tags.
#include <algorithm>

#include "base/arn.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/policy.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kTagLimit = 50;

Error no_event_invoke_config(const std::string& arn) {
  return user_error(kResourceNotFound, "The function " + arn + ":$LATEST doesn't have an EventInvokeConfig");
}

Result<void> check_destination(const FunctionStore& store, std::string_view region,
                               const std::optional<OnDestination>& to) {
  if (!to || !to->destination || to->destination->empty()) return {};
  const auto arn = Arn::parse(*to->destination);
  if (!arn)
    return user_error(kInvalidParameterValue, "The provided destination config DestinationConfig is invalid: the ARN " +
                                                  *to->destination + " is not valid.");
  if (arn->service == "lambda") {
    CUMULET_TRY(const FunctionName name, FunctionName::parse(*to->destination, region));
    if (!store.find(name.region, name.name))
      return user_error(kInvalidParameterValue, "The destination ARN " + *to->destination + " is invalid.");
    return {};
  }
  return user_error(kInvalidParameterValue, "The destination ARN " + *to->destination +
                                                " is invalid: Cumulet delivers to Lambda functions only so far.");
}

}  // namespace

int Functions::reserved_in(std::string_view region, std::string_view except_name) const {
  int total = 0;
  for (const auto& function : store_.list(region))
    if (function->name != except_name) total += function->reserved_concurrency.value_or(0);
  return total;
}

Result<Concurrency> Functions::put_function_concurrency(const wire::CallContext& context,
                                                        const PutFunctionConcurrencyRequest& request) {
  const int wanted = request.reserved_concurrent_executions;
  CUMULET_TRY(
      const FunctionRef updated,
      edit(context, request.function_name, std::nullopt, [&](Function& next) -> Result<void> {
        if (reserved_in(next.region, next.name) + wanted > kAccountConcurrency - kUnreservedMinimum)
          return user_error(
              kInvalidParameterValue,
              "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
              "below its minimum value of [" +
                  std::to_string(kUnreservedMinimum) + "].");
        next.reserved_concurrency = wanted;
        return {};
      }));
  return Concurrency{updated->reserved_concurrency};
}

Result<Concurrency> Functions::get_function_concurrency(const wire::CallContext& context,
                                                        const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name));
  return Concurrency{function->reserved_concurrency};
}

Result<wire::Empty> Functions::delete_function_concurrency(const wire::CallContext& context,
                                                           const FunctionNameRequest& request) {
  CUMULET_CHECK(edit(context, request.function_name, std::nullopt, [](Function& next) -> Result<void> {
    next.reserved_concurrency.reset();
    return {};
  }));
  return wire::Empty{};
}

Result<EventInvokeConfig> Functions::put_event_invoke_config(const wire::CallContext& context,
                                                             const EventInvokeConfigRequest& request) {
  CUMULET_TRY(
      const FunctionRef updated,
      edit(context, request.function_name, request.qualifier, [&](Function& next) -> Result<void> {
        if (!request.maximum_retry_attempts && !request.maximum_event_age_in_seconds && !request.destination_config)
          return user_error(kInvalidParameterValue,
                            "You must specify at least one of error handling or destination setting.");
        const DestinationConfig destinations = request.destination_config.value_or(DestinationConfig{});
        CUMULET_CHECK(check_destination(store_, next.region, destinations.on_success));
        CUMULET_CHECK(check_destination(store_, next.region, destinations.on_failure));
        next.event_invoke_config =
            EventInvokeConfig{clock_.now(), next.arn() + ":$LATEST", request.maximum_retry_attempts,
                              request.maximum_event_age_in_seconds, destinations};
        return {};
      }));
  return *updated->event_invoke_config;
}

Result<EventInvokeConfig> Functions::update_event_invoke_config(const wire::CallContext& context,
                                                                const EventInvokeConfigRequest& request) {
  CUMULET_TRY(const FunctionRef updated,
              edit(context, request.function_name, request.qualifier, [&](Function& next) -> Result<void> {
                if (!next.event_invoke_config) return no_event_invoke_config(next.arn());
                EventInvokeConfig& config = *next.event_invoke_config;
                config.last_modified = clock_.now();
                if (request.maximum_retry_attempts) config.maximum_retry_attempts = request.maximum_retry_attempts;
                if (request.maximum_event_age_in_seconds)
                  config.maximum_event_age_in_seconds = request.maximum_event_age_in_seconds;
                if (request.destination_config) {
                  CUMULET_CHECK(check_destination(store_, next.region, request.destination_config->on_success));
                  CUMULET_CHECK(check_destination(store_, next.region, request.destination_config->on_failure));
                  if (request.destination_config->on_success)
                    config.destination_config.on_success = request.destination_config->on_success;
                  if (request.destination_config->on_failure)
                    config.destination_config.on_failure = request.destination_config->on_failure;
                }
                return {};
              }));
  return *updated->event_invoke_config;
}

Result<EventInvokeConfig> Functions::get_event_invoke_config(const wire::CallContext& context,
                                                             const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name, request.qualifier));
  if (!function->event_invoke_config) return no_event_invoke_config(function->arn());
  return *function->event_invoke_config;
}

Result<ListEventInvokeConfigsResponse> Functions::list_event_invoke_configs(const wire::CallContext& context,
                                                                            const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name));
  ListEventInvokeConfigsResponse response;
  if (function->event_invoke_config) response.function_event_invoke_configs.push_back(*function->event_invoke_config);
  return response;
}

Result<wire::Empty> Functions::delete_event_invoke_config(const wire::CallContext& context,
                                                          const FunctionNameRequest& request) {
  CUMULET_CHECK(edit(context, request.function_name, request.qualifier, [](Function& next) -> Result<void> {
    if (!next.event_invoke_config) return no_event_invoke_config(next.arn());
    next.event_invoke_config.reset();
    return {};
  }));
  return wire::Empty{};
}

Result<AddPermissionResponse> Functions::add_permission(const wire::CallContext& context,
                                                        const AddPermissionRequest& request) {
  CUMULET_TRY(
      const FunctionRef updated,
      edit(context, request.function_name, request.qualifier, [&](Function& next) -> Result<void> {
        if (request.revision_id && *request.revision_id != next.policy_revision_id)
          return user_error(kPreconditionFailed,
                            "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to "
                            "retrieve the latest RevisionId");
        for (const auto& existing : next.permissions)
          if (existing.statement_id == request.statement_id)
            return user_error(
                kResourceConflict,
                "The statement id (" + request.statement_id +
                    ") provided already exists. Please provide a new statement id, or remove the existing statement.");
        next.permissions.push_back(request);
        if (policy_text(next).size() > kPolicyLimit)
          return user_error(kPolicyLengthExceeded,
                            "The final policy size is bigger than the limit (" + std::to_string(kPolicyLimit) + ").");
        next.policy_revision_id = uuid4(random_);
        return {};
      }));
  return AddPermissionResponse{statement_text(request, updated->arn())};
}

Result<wire::Empty> Functions::remove_permission(const wire::CallContext& context,
                                                 const RemovePermissionRequest& request) {
  CUMULET_CHECK(edit(context, request.function_name, request.qualifier, [&](Function& next) -> Result<void> {
    if (next.permissions.empty())
      return user_error(kResourceNotFound, "No policy is associated with the given resource.");
    if (request.revision_id && *request.revision_id != next.policy_revision_id)
      return user_error(kPreconditionFailed,
                        "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to "
                        "retrieve the latest RevisionId");
    const auto removed =
        std::erase_if(next.permissions, [&](const auto& p) { return p.statement_id == request.statement_id; });
    if (removed == 0)
      return user_error(kResourceNotFound, "Statement " + request.statement_id + " is not found in resource policy.");
    next.policy_revision_id = uuid4(random_);
    return {};
  }));
  return wire::Empty{};
}

Result<GetPolicyResponse> Functions::get_policy(const wire::CallContext& context, const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name, request.qualifier));
  if (function->permissions.empty()) return user_error(kResourceNotFound, "The resource you requested does not exist.");
  return GetPolicyResponse{policy_text(*function), function->policy_revision_id};
}

Result<GetAccountSettingsResponse> Functions::get_account_settings(const wire::CallContext& context,
                                                                   const wire::Empty&) {
  GetAccountSettingsResponse response;
  response.account_limit.concurrent_executions = kAccountConcurrency;
  response.account_limit.unreserved_concurrent_executions = kAccountConcurrency - reserved_in(context.region, {});
  for (const auto& function : store_.list(context.region)) {
    response.account_usage.total_code_size += function->configuration.code_size;
    ++response.account_usage.function_count;
  }
  return response;
}

Result<ListTagsResponse> Functions::list_tags(const wire::CallContext& context, const ResourceTagsRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.resource));
  return ListTagsResponse{function->tags};
}

Result<wire::Empty> Functions::tag_resource(const wire::CallContext& context, const TagResourceRequest& request) {
  CUMULET_CHECK(edit(context, request.resource, std::nullopt, [&](Function& next) -> Result<void> {
    for (const auto& [key, value] : request.tags) next.tags[key] = value;
    if (next.tags.size() > kTagLimit)
      return user_error(kInvalidParameterValue, "Number of tags exceeds resource tag limit.");
    return {};
  }));
  return wire::Empty{};
}

Result<wire::Empty> Functions::untag_resource(const wire::CallContext& context, const UntagResourceRequest& request) {
  CUMULET_CHECK(edit(context, request.resource, std::nullopt, [&](Function& next) -> Result<void> {
    for (const auto& key : request.tag_keys) next.tags.erase(key);
    return {};
  }));
  return wire::Empty{};
}

}  // namespace cumulet::lambda
