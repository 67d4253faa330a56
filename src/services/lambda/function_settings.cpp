// Functions: what is set beside the configuration: concurrency, asynchronous invocation, permissions, tags.
#include <algorithm>

#include "base/arn.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/policy.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kTagLimit = 50;
constexpr std::string_view kFifoSuffix = ".fifo";  // asynchronous invocations have no order

Error no_event_invoke_config(const FunctionName& name) {
  return user_error(kResourceNotFound, "The function " + name.arn() + ':' + name.qualifier.value_or("$LATEST") +
                                           " doesn't have an EventInvokeConfig");
}

Error no_function() { return user_error(kResourceNotFound, "The function doesn't exist."); }

// AWS shows the destinations as its own code's objects print.
std::string shown(const DestinationConfig& destinations) {
  const auto side = [](std::string_view name, const std::optional<OnDestination>& to) -> std::string {
    if (!to) return "null";
    return std::string(name) + "(destination=" + to->destination.value_or("null") + ')';
  };
  return "DestinationConfig(onSuccess=" + side("OnSuccess", destinations.on_success) +
         ", onFailure=" + side("OnFailure", destinations.on_failure) + ')';
}

bool is_queue(const ControlPorts& ports, std::string_view arn) { return ports.queue_exists && ports.queue_exists(arn); }

Result<void> check_destination(const FunctionStore& store, const ControlPorts& ports, const Function& function,
                               const DestinationConfig& destinations, const std::optional<OnDestination>& to) {
  if (!to || !to->destination || to->destination->empty()) return {};
  const auto arn = Arn::parse(*to->destination);
  constexpr std::string_view kServices[] = {"lambda", "sqs", "sns", "events", "s3", "s3express"};
  if (!arn || std::find(std::begin(kServices), std::end(kServices), arn->service) == std::end(kServices))
    return user_error(kInvalidParameterValue,
                      "The provided destination config " + shown(destinations) + " is invalid.");
  if (arn->service == "sqs") {
    if (!is_queue(ports, *to->destination) || to->destination->ends_with(kFifoSuffix))
      return user_error(kInvalidParameterValue, "The destination ARN " + *to->destination + " is invalid.");
    return {};
  }
  if (arn->service != "lambda")
    return user_error(kInvalidParameterValue,
                      "The destination ARN " + *to->destination +
                          " is invalid: Cumulet delivers to Lambda functions and to queues only so far.");
  const auto name = FunctionName::parse(*to->destination, function.region);
  const FunctionRef target = name.ok() ? store.find(name->region, name->name) : nullptr;
  if (!target || (name->qualifier && !target->has(*name->qualifier)))
    return user_error(kInvalidParameterValue, "The destination ARN " + *to->destination + " is invalid.");
  if (name->name == function.name)
    return user_error(kInvalidParameterValue, "You can't specify the function as a destination for itself.");
  return {};
}

Result<void> check_destinations(const FunctionStore& store, const ControlPorts& ports, const Function& function,
                                const DestinationConfig& destinations) {
  CUMULET_CHECK(check_destination(store, ports, function, destinations, destinations.on_success));
  return check_destination(store, ports, function, destinations, destinations.on_failure);
}

// A policy of the function shares its revision, one of an alias the alias's; versions do not change, and so their
// policies have the version's for good.
std::string policy_revision(const Function& function, const std::string& qualifier) {
  const auto alias = function.aliases.find(qualifier);
  if (alias != function.aliases.end()) return alias->second.revision_id;
  if (qualifier == kLatest) return function.latest.configuration.revision_id;
  return function.published.at(std::stoll(qualifier))->configuration.revision_id;
}

void set_policy_revision(Function& function, const std::string& qualifier, std::string revision) {
  const auto alias = function.aliases.find(qualifier);
  if (alias != function.aliases.end())
    alias->second.revision_id = std::move(revision);
  else if (qualifier == kLatest)
    function.latest.configuration.revision_id = std::move(revision);
}

Error no_policy_for_latest() {
  return user_error(kInvalidParameterValue, "We currently do not support adding policies for $LATEST.");
}

// An account, everybody, a service's name, or an ARN of an identity.
bool is_principal(const std::string& principal) {
  if (principal == "*" || principal.find(".amazonaws.com") != std::string::npos ||
      principal.find(".amazon.com") != std::string::npos)
    return true;
  if (principal.size() == 12 && principal.find_first_not_of("0123456789") == std::string::npos) return true;
  const auto arn = Arn::parse(principal);
  return arn && (arn->service == "iam" || arn->service == "sts") && !arn->account.empty();
}

// Both sides are always shown; an empty ARN is none.
OnDestination side_of(const std::optional<OnDestination>& given) {
  OnDestination side = given.value_or(OnDestination{});
  if (side.destination && side.destination->empty()) side.destination.reset();
  return side;
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
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  if (name.qualifier)
    return user_error(kInvalidParameterValue,
                      "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                      "operation. Please specify either a function name or an unqualified function ARN.");
  if (!store_.find(name.region, name.name))
    return user_error(kResourceNotFound, "Function not found: " + name.arn() + ":$LATEST");
  CUMULET_TRY(
      const FunctionRef updated, edit(context, request.function_name, [&](Function& next) -> Result<void> {
        if (reserved_in(next.region, next.name) + wanted > kAccountConcurrency - kUnreservedMinimum)
          return Error{
              kInvalidParameterValue,
              "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
              "below its minimum value of [" +
                  std::to_string(kUnreservedMinimum) + "]."};
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
  CUMULET_CHECK(edit(context, request.function_name, [](Function& next) -> Result<void> {
    next.reserved_concurrency.reset();
    return {};
  }));
  return wire::Empty{};
}

Result<EventInvokeConfig> Functions::put_event_invoke_config(const wire::CallContext& context,
                                                             const EventInvokeConfigRequest& request) {
  CUMULET_CHECK(name_of(context, request.function_name, request.qualifier, no_function()));
  EventInvokeConfig put;
  CUMULET_CHECK(edit_at(
      context, request.function_name, request.qualifier, [&](Function& next, const std::string& at) -> Result<void> {
        if (!request.maximum_retry_attempts && !request.maximum_event_age_in_seconds && !request.destination_config)
          return user_error(kInvalidParameterValue,
                            "You must specify at least one of error handling or destination setting.");
        const DestinationConfig destinations = request.destination_config.value_or(DestinationConfig{});
        CUMULET_CHECK(check_destinations(store_, ports_, next, destinations));
        put = {clock_.now(),
               next.arn() + ':' + at,
               request.maximum_retry_attempts,
               request.maximum_event_age_in_seconds,
               {side_of(destinations.on_success), side_of(destinations.on_failure)}};
        next.event_invoke_configs[at] = put;
        return {};
      }));
  return put;
}

Result<EventInvokeConfig> Functions::update_event_invoke_config(const wire::CallContext& context,
                                                                const EventInvokeConfigRequest& request) {
  CUMULET_TRY(const FunctionName unqualified, FunctionName::parse(request.function_name, context.region));
  if (!store_.find(unqualified.region, unqualified.name)) return no_function();
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_CHECK(name_of(context, request.function_name, request.qualifier, no_event_invoke_config(name)));
  EventInvokeConfig updated;
  CUMULET_CHECK(edit_at(context, request.function_name, request.qualifier,
                        [&](Function& next, const std::string& at) -> Result<void> {
                          const auto found = next.event_invoke_configs.find(at);
                          if (found == next.event_invoke_configs.end()) return no_event_invoke_config(name);
                          EventInvokeConfig& config = found->second;
                          config.last_modified = clock_.now();
                          if (request.maximum_retry_attempts)
                            config.maximum_retry_attempts = request.maximum_retry_attempts;
                          if (request.maximum_event_age_in_seconds)
                            config.maximum_event_age_in_seconds = request.maximum_event_age_in_seconds;
                          if (request.destination_config) {
                            const DestinationConfig& change = *request.destination_config;
                            CUMULET_CHECK(check_destinations(store_, ports_, next, change));
                            if (change.on_success) config.destination_config.on_success = side_of(change.on_success);
                            if (change.on_failure) config.destination_config.on_failure = side_of(change.on_failure);
                          }
                          updated = config;
                          return {};
                        }));
  return updated;
}

Result<EventInvokeConfig> Functions::get_event_invoke_config(const wire::CallContext& context,
                                                             const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_CHECK(name_of(context, request.function_name, request.qualifier, no_event_invoke_config(name)));
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name, request.qualifier));
  const auto found = function->event_invoke_configs.find(name.qualifier.value_or(std::string(kLatest)));
  if (found == function->event_invoke_configs.end()) return no_event_invoke_config(name);
  return found->second;
}

Result<ListEventInvokeConfigsResponse> Functions::list_event_invoke_configs(const wire::CallContext& context,
                                                                            const FunctionNameRequest& request) {
  CUMULET_CHECK(name_of(context, request.function_name, std::nullopt, no_function()));
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name));
  ListEventInvokeConfigsResponse response;
  for (const auto& [qualifier, config] : function->event_invoke_configs)
    response.function_event_invoke_configs.push_back(config);
  return response;
}

Result<wire::Empty> Functions::delete_event_invoke_config(const wire::CallContext& context,
                                                          const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_CHECK(name_of(context, request.function_name, request.qualifier, no_event_invoke_config(name)));
  CUMULET_CHECK(edit_at(context, request.function_name, request.qualifier,
                        [&name](Function& next, const std::string& at) -> Result<void> {
                          if (next.event_invoke_configs.erase(at) == 0) return no_event_invoke_config(name);
                          return {};
                        }));
  return wire::Empty{};
}

Result<AddPermissionResponse> Functions::add_permission(const wire::CallContext& context,
                                                        const AddPermissionRequest& request) {
  CUMULET_TRY(const FunctionName named, FunctionName::parse(request.function_name, context.region, request.qualifier));
  if (named.qualifier == kLatest) return no_policy_for_latest();
  if (!is_principal(request.principal))
    return user_error(kInvalidParameterValue,
                      "The provided principal was invalid. Please check the principal and try again.");
  std::string statement;
  CUMULET_CHECK(edit_at(
      context, request.function_name, request.qualifier, [&](Function& next, const std::string& at) -> Result<void> {
        CUMULET_CHECK(check_revision(request.revision_id, policy_revision(next, at)));
        auto& permissions = next.permissions[at];
        for (const auto& existing : permissions)
          if (existing.statement_id == request.statement_id)
            return user_error(
                kResourceConflict,
                "The statement id (" + request.statement_id +
                    ") provided already exists. Please provide a new statement id, or remove the existing statement.");
        permissions.push_back(request);
        if (policy_text(next, at).size() > kPolicyLimit)
          return user_error(kPolicyLengthExceeded,
                            "The final policy size is bigger than the limit (" + std::to_string(kPolicyLimit) + ").");
        set_policy_revision(next, at, uuid4(random_));
        statement = statement_text(request, policy_resource(next, at));
        return {};
      }));
  return AddPermissionResponse{statement};
}

Result<wire::Empty> Functions::remove_permission(const wire::CallContext& context,
                                                 const RemovePermissionRequest& request) {
  CUMULET_TRY(const FunctionName named, FunctionName::parse(request.function_name, context.region, request.qualifier));
  if (!store_.find(named.region, named.name))
    return user_error(kResourceNotFound, "No policy found for: " + named.arn());
  CUMULET_CHECK(edit_at(
      context, request.function_name, request.qualifier, [&](Function& next, const std::string& at) -> Result<void> {
        const auto found = next.permissions.find(at);
        if (found == next.permissions.end())
          return user_error(kResourceNotFound, "No policy is associated with the given resource.");
        CUMULET_CHECK(check_revision(request.revision_id, policy_revision(next, at)));
        const auto removed =
            std::erase_if(found->second, [&](const auto& p) { return p.statement_id == request.statement_id; });
        if (removed == 0)
          return user_error(kResourceNotFound,
                            "Statement " + request.statement_id + " is not found in resource policy.");
        if (found->second.empty()) next.permissions.erase(found);
        set_policy_revision(next, at, uuid4(random_));
        return {};
      }));
  return wire::Empty{};
}

Result<GetPolicyResponse> Functions::get_policy(const wire::CallContext& context, const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_TRY(const FunctionRef function, find(context.region, name.arn()));
  const std::string at = name.qualifier.value_or(std::string(kLatest));
  if (!function->permissions.contains(at))
    return user_error(kResourceNotFound, "The resource you requested does not exist.");
  return GetPolicyResponse{policy_text(*function, at), policy_revision(*function, at)};
}

Result<GetAccountSettingsResponse> Functions::get_account_settings(const wire::CallContext& context,
                                                                   const wire::Empty&) {
  GetAccountSettingsResponse response;
  response.account_limit.concurrent_executions = kAccountConcurrency;
  response.account_limit.unreserved_concurrent_executions = kAccountConcurrency - reserved_in(context.region, {});
  for (const auto& function : store_.list(context.region)) {
    response.account_usage.total_code_size += function->latest.configuration.code_size;
    for (const auto& [number, version] : function->published)
      response.account_usage.total_code_size += version->configuration.code_size;
    ++response.account_usage.function_count;
  }
  return response;
}

Result<ListTagsResponse> Functions::list_tags(const wire::CallContext& context, const ResourceTagsRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.resource));
  return ListTagsResponse{function->tags};
}

Result<void> check_dead_letters(const ControlPorts& ports, const std::optional<DeadLetterConfig>& config) {
  if (!config || !config->target_arn || config->target_arn->empty()) return {};
  const auto arn = Arn::parse(*config->target_arn);
  if (arn && arn->service == "sns")
    return user_error(kInvalidParameterValue,
                      "Topics of SNS are not available in Cumulet: the dead letters of a function go to a queue.");
  if (!arn || arn->service != "sqs" || config->target_arn->ends_with(kFifoSuffix))
    return user_error(kInvalidParameterValue, "The dead letter target " + *config->target_arn + " is invalid.");
  if (!is_queue(ports, *config->target_arn))
    return user_error(kInvalidParameterValue,
                      "Error occurred while SendMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS "
                      "Error Message: The specified queue does not exist.");
  return {};
}

Result<void> check_tags(const std::map<std::string, std::string>& tags) {
  if (tags.size() > kTagLimit) return user_error(kInvalidParameterValue, "Number of tags exceeds resource tag limit.");
  return {};
}

Result<wire::Empty> Functions::edit_tags(
    const wire::CallContext& context, const std::string& resource,
    const std::function<Result<void>(std::map<std::string, std::string>&)>& change) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(resource, context.region));
  if (name.qualifier)
    return user_error(kInvalidParameterValue,
                      "Tags on function aliases and versions are not supported. Please specify a function ARN.");
  CUMULET_CHECK(edit(context, resource, [&](Function& next) -> Result<void> {
    CUMULET_CHECK(change(next.tags));
    CUMULET_CHECK(check_tags(next.tags));
    next.latest.configuration.revision_id = uuid4(random_);
    return {};
  }));
  return wire::Empty{};
}

Result<FunctionName> Functions::name_of(const wire::CallContext& context, std::string_view function_name,
                                        const std::optional<std::string>& qualifier, const Error& missing) const {
  CUMULET_TRY(FunctionName name, FunctionName::parse(function_name, context.region, qualifier));
  const FunctionRef function = store_.find(name.region, name.name);
  if (!function || (name.qualifier && !function->has(*name.qualifier))) return missing;
  return name;
}

Result<wire::Empty> Functions::tag_resource(const wire::CallContext& context, const TagResourceRequest& request) {
  if (request.tags.empty())
    return user_error(kInvalidParameterValue, "An error occurred and the request cannot be processed.");
  return edit_tags(context, request.resource, [&](auto& tags) -> Result<void> {
    for (const auto& [key, value] : request.tags) tags[key] = value;
    return {};
  });
}

Result<wire::Empty> Functions::untag_resource(const wire::CallContext& context, const UntagResourceRequest& request) {
  if (request.tag_keys.empty())
    return Error{
        kValidation,
        "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be "
        "null"};
  return edit_tags(context, request.resource, [&](auto& tags) -> Result<void> {
    for (const auto& key : request.tag_keys) tags.erase(key);
    return {};
  });
}

}  // namespace cumulet::lambda
