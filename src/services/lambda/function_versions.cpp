// Functions: published versions and aliases.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html, configuration-aliases.html
#include <algorithm>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/page.hpp"

namespace cumulet::lambda {
namespace {

constexpr int kDefaultPage = 50;

AliasConfiguration shown(const Function& function, const std::string& name, const Alias& alias) {
  AliasConfiguration out;
  out.alias_arn = function.arn() + ':' + name;
  out.name = name;
  out.function_version = alias.function_version;
  out.description = alias.description;
  out.revision_id = alias.revision_id;
  if (!alias.additional_weights.empty()) out.routing_config = AliasRoutingConfiguration{alias.additional_weights};
  return out;
}

Error invalid_weight(const std::string& version, double weight, std::string_view constraint) {
  std::string number = json::text(weight);
  if (number.find_first_of(".e") == std::string::npos) number += ".0";  // as Java prints it
  return user_error(kValidation, "1 validation error detected: Value '{" + version + "=" + number +
                                     "}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: " +
                                     std::string(constraint));
}

Result<void> check_weights(const Function& function, const std::string& version,
                           const std::map<std::string, double>& weights) {
  if (weights.size() > 1)
    return user_error(kInvalidParameterValue, "Number of items in AdditionalVersionWeights cannot be greater than 1");
  for (const auto& [other, weight] : weights) {
    if (weight < 0 || weight > 1)
      return invalid_weight(other, weight,
                            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                            "Member must have value greater than or equal to 0.0, Member must not be null]");
    if (other == version)
      return user_error(kInvalidParameterValue, "Invalid function version " + other + ". Function version " + other +
                                                    " is already included in routing configuration.");
    if (version == kLatest)
      return user_error(kInvalidParameterValue,
                        "$LATEST is not supported for an alias pointing to more than 1 version");
    if (other.empty() || other.find_first_not_of("0123456789") != std::string::npos)
      return invalid_weight(other, weight,
                            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
                            "Member must have length greater than or equal to 1, Member must satisfy regular "
                            "expression pattern: [0-9]+, Member must not be null]");
    if (!function.has(other)) return function_not_found(function.arn() + ':' + other);
  }
  return {};
}

}  // namespace

VersionRef Functions::publish(Function& function, const std::optional<std::string>& description) {
  const auto newest = function.published.find(function.last_published);
  if (function.published_generation == function.latest.generation && newest != function.published.end())
    return newest->second;  // nothing changed since
  auto version = std::make_shared<FunctionVersion>(function.latest);
  const std::string number = std::to_string(++function.last_published);
  version->configuration.version = number;
  version->configuration.function_arn = function.arn() + ':' + number;
  version->configuration.revision_id = uuid4(random_);
  if (description) version->configuration.description = *description;
  if (version->configuration.snap_start.apply_on == "PublishedVersions")
    version->configuration.snap_start.optimization_status = "On";
  function.published[function.last_published] = version;
  function.published_generation = function.latest.generation;
  return version;
}

Result<FunctionConfiguration> Functions::publish_version(const wire::CallContext& context,
                                                         const PublishVersionRequest& request) {
  VersionRef published;
  CUMULET_CHECK(edit(context, request.function_name, [&](Function& next) -> Result<void> {
    const FunctionConfiguration& latest = next.latest.configuration;
    CUMULET_CHECK(check_revision(request.revision_id, latest.revision_id));
    if (request.code_sha256 && !request.code_sha256->empty() && *request.code_sha256 != latest.code_sha256)
      return user_error(kInvalidParameterValue,
                        "CodeSHA256 (" + *request.code_sha256 + ") is different from current CodeSHA256 in $LATEST (" +
                            latest.code_sha256 + "). Please try again with the CodeSHA256 in $LATEST.");
    published = publish(next, request.description);
    return {};
  }));
  return published->configuration;
}

Result<AliasConfiguration> Functions::create_alias(const wire::CallContext& context,
                                                   const CreateAliasRequest& request) {
  CUMULET_TRY(const FunctionRef updated, edit(context, request.function_name, [&](Function& next) -> Result<void> {
                if (!next.has(request.function_version) || next.aliases.contains(request.function_version))
                  return function_not_found(next.arn() + ':' + request.function_version);
                if (next.aliases.contains(request.name))
                  return user_error(kResourceConflict, "Alias already exists: " + next.arn() + ':' + request.name);
                Alias alias;
                alias.function_version = request.function_version;
                alias.description = request.description.value_or("");
                alias.revision_id = uuid4(random_);
                if (request.routing_config && request.routing_config->additional_version_weights)
                  alias.additional_weights = *request.routing_config->additional_version_weights;
                CUMULET_CHECK(check_weights(next, alias.function_version, alias.additional_weights));
                next.aliases[request.name] = std::move(alias);
                return {};
              }));
  return shown(*updated, request.name, updated->aliases.at(request.name));
}

Result<AliasConfiguration> Functions::update_alias(const wire::CallContext& context,
                                                   const UpdateAliasRequest& request) {
  CUMULET_TRY(const FunctionRef updated, edit(context, request.function_name, [&](Function& next) -> Result<void> {
                const auto found = next.aliases.find(request.name);
                if (found == next.aliases.end())
                  return user_error(kResourceNotFound, "Alias not found: " + next.arn() + ':' + request.name);
                Alias& alias = found->second;
                CUMULET_CHECK(check_revision(request.revision_id, alias.revision_id));
                if (request.function_version) {
                  if (!next.has(*request.function_version))
                    return function_not_found(next.arn() + ':' + *request.function_version);
                  alias.function_version = *request.function_version;
                }
                if (request.description) alias.description = *request.description;
                if (request.routing_config)
                  alias.additional_weights =
                      request.routing_config->additional_version_weights.value_or(std::map<std::string, double>{});
                CUMULET_CHECK(check_weights(next, alias.function_version, alias.additional_weights));
                alias.revision_id = uuid4(random_);
                return {};
              }));
  return shown(*updated, request.name, updated->aliases.at(request.name));
}

Result<AliasConfiguration> Functions::get_alias(const wire::CallContext& context, const AliasRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name));
  const auto found = function->aliases.find(request.name);
  if (found == function->aliases.end())
    return user_error(kResourceNotFound, "Cannot find alias arn: " + function->arn() + ':' + request.name);
  return shown(*function, request.name, found->second);
}

Result<ListAliasesResponse> Functions::list_aliases(const wire::CallContext& context,
                                                    const ListAliasesRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name));
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(request.max_items.value_or(kDefaultPage));
  ListAliasesResponse page;
  for (const auto& [name, alias] : function->aliases) {
    if (name <= after || (request.function_version && alias.function_version != *request.function_version)) continue;
    if (page.aliases.size() == limit) {
      page.next_marker = base64_encode(page.aliases.back().name);
      break;
    }
    page.aliases.push_back(shown(*function, name, alias));
  }
  return page;
}

Result<wire::Empty> Functions::delete_alias(const wire::CallContext& context, const AliasRequest& request) {
  CUMULET_CHECK(edit(context, request.function_name, [&](Function& next) -> Result<void> {
    next.aliases.erase(request.name);
    next.permissions.erase(request.name);
    next.event_invoke_configs.erase(request.name);
    next.urls.erase(request.name);
    next.provisioned.erase(request.name);
    return {};
  }));
  return wire::Empty{};
}

Result<ListVersionsResponse> Functions::list_versions_by_function(const wire::CallContext& context,
                                                                  const ListVersionsRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name));
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(std::min(request.max_items.value_or(kDefaultPage), kDefaultPage));
  ListVersionsResponse page;
  if (after.empty()) page.versions.push_back(listed_version(function->latest));
  std::int64_t from = 0;
  for (const char c : after) from = from * 10 + (c - '0');
  for (auto at = function->published.upper_bound(from); at != function->published.end(); ++at) {
    if (page.versions.size() == limit) {
      page.next_marker = base64_encode(page.versions.back().version == kLatest ? "0" : page.versions.back().version);
      break;
    }
    page.versions.push_back(listed_version(*at->second));
  }
  return page;
}

Result<void> Functions::delete_version(const FunctionName& name) {
  if (*name.qualifier == kLatest)
    return user_error(kInvalidParameterValue, "$LATEST version cannot be deleted without deleting the function.");
  CUMULET_CHECK(store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    if (before->aliases.contains(*name.qualifier))
      return user_error(kInvalidParameterValue, "Deletion of aliases is not currently supported.");
    if (!before->has(*name.qualifier)) return before;  // nothing to do
    std::string referring;
    for (const auto& [alias_name, alias] : before->aliases)
      if (alias.function_version == *name.qualifier || alias.additional_weights.contains(*name.qualifier))
        referring += (referring.empty() ? "" : ", ") + alias_name;
    if (!referring.empty())
      return user_error(kResourceConflict,
                        "Unable to delete version because the following aliases reference it: [" + referring + "]");
    auto next = std::make_shared<Function>(*before);
    next->published.erase(std::stoll(*name.qualifier));
    next->permissions.erase(*name.qualifier);
    next->event_invoke_configs.erase(*name.qualifier);
    next->provisioned.erase(*name.qualifier);
    return FunctionRef(std::move(next));
  }));
  return {};
}

}  // namespace cumulet::lambda
