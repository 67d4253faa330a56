#include "services/lambda/functions.hpp"

#include <algorithm>
#include <array>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "services/lambda/code_package.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/package_source.hpp"
#include "services/lambda/page.hpp"
#include "services/lambda/runtime_choice.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kEnvironmentLimit = 4096;
constexpr int kDefaultPage = 50;
constexpr std::size_t kNameLimit = 64;

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
constexpr auto kReservedKeys = std::to_array<std::string_view>({"_HANDLER",
                                                                "_X_AMZN_TRACE_ID",
                                                                "AWS_ACCESS_KEY",
                                                                "AWS_ACCESS_KEY_ID",
                                                                "AWS_DEFAULT_REGION",
                                                                "AWS_EXECUTION_ENV",
                                                                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                                "AWS_LAMBDA_FUNCTION_NAME",
                                                                "AWS_LAMBDA_FUNCTION_VERSION",
                                                                "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                                "AWS_LAMBDA_LOG_GROUP_NAME",
                                                                "AWS_LAMBDA_LOG_STREAM_NAME",
                                                                "AWS_LAMBDA_RUNTIME_API",
                                                                "AWS_REGION",
                                                                "AWS_SECRET_ACCESS_KEY",
                                                                "AWS_SECRET_KEY",
                                                                "AWS_SECURITY_TOKEN",
                                                                "AWS_SESSION_TOKEN",
                                                                "LAMBDA_RUNTIME_DIR",
                                                                "LAMBDA_TASK_ROOT"});

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return name.size() >= 2 && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Result<void> check_environment(const EnvironmentVariables& environment) {
  const std::string prefix =
      "Lambda was unable to configure your environment variables because the environment variables you have provided ";
  std::string reserved;
  json::object measured;
  for (const auto& [name, value] : environment.variables) {
    if (std::find(kReservedKeys.begin(), kReservedKeys.end(), name) != kReservedKeys.end())
      reserved += (reserved.empty() ? "" : ", ") + name;
    else if (!is_variable_name(name))
      return user_error(
          kValidation,
          "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys "
          "must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]");
    measured[name] = value;
  }
  if (!reserved.empty())
    return user_error(kInvalidParameterValue, prefix +
                                                  "contains reserved keys that are currently not supported for "
                                                  "modification. Reserved keys used in this request: " +
                                                  reserved);
  if (const std::string text = json::text(measured); text.size() > kEnvironmentLimit)
    return user_error(kInvalidParameterValue, prefix + "exceeded the 4KB limit. String measured: " + text);
  return {};
}

// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes; of those that are here.
Result<void> check_snap_start(const std::optional<SnapStart>& snap_start, const std::string& runtime) {
  constexpr std::string_view kTaken[] = {"python3.12", "python3.13", "python3.14"};
  if (snap_start && snap_start->apply_on == "PublishedVersions" &&
      std::find(std::begin(kTaken), std::end(kTaken), runtime) == std::end(kTaken))
    return user_error(kInvalidParameterValue, runtime + " is not supported for SnapStart enabled functions.");
  return {};
}

Result<void> check_architectures(const std::optional<std::vector<std::string>>& architectures) {
  if (!architectures || architectures->empty()) return {};
  const std::string& one = architectures->front();
  for (const auto known : rules::kArchitectures)
    if (one == known) return {};
  return user_error(kValidation,
                    "1 validation error detected: Value '[" + one +
                        "]' at 'architectures' failed to satisfy constraint: Member must satisfy "
                        "constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]");
}

RuntimeVersionConfig runtime_version(const std::string& region, const std::string& runtime) {
  return {"arn:aws:lambda:" + region + "::runtime:" + hex_encode(sha256(runtime))};
}

LoggingConfig full_logging(LoggingConfig logging, const std::string& name) {
  if (!logging.log_format) logging.log_format = "Text";
  if (logging.log_format == "JSON") {
    if (!logging.application_log_level) logging.application_log_level = "INFO";
    if (!logging.system_log_level) logging.system_log_level = "INFO";
  }
  if (!logging.log_group) logging.log_group = "/aws/lambda/" + name;
  return logging;
}

// A change of some members, as the update operation means it: what is not named stays.
LoggingConfig merged(LoggingConfig logging, const LoggingConfig& change) {
  if (change.log_format) logging.log_format = change.log_format;
  if (change.application_log_level) logging.application_log_level = change.application_log_level;
  if (change.system_log_level) logging.system_log_level = change.system_log_level;
  if (change.log_group) logging.log_group = change.log_group;
  if (logging.log_format == "Text") {
    logging.application_log_level.reset();
    logging.system_log_level.reset();
  }
  return logging;
}

// What CreateFunction answers. Here the function is active at once; AWS tells of the moment before, whose revision is
// not the one that follows.
FunctionConfiguration pending(FunctionConfiguration configuration, Random& random) {
  configuration.state = "Pending";
  configuration.state_reason = "The function is being created.";
  configuration.state_reason_code = "Creating";
  configuration.last_update_status.reset();
  configuration.revision_id = uuid4(random);
  return configuration;
}

// A version that an update made: the same revision as it will have.
FunctionConfiguration pending_version(FunctionConfiguration configuration) {
  configuration.state = "Pending";
  configuration.state_reason = "The function is being created.";
  configuration.state_reason_code = "Creating";
  configuration.last_update_status.reset();
  return configuration;
}

// What an update answers, likewise.
FunctionConfiguration in_progress(FunctionConfiguration configuration, Random& random) {
  configuration.last_update_status = "InProgress";
  configuration.last_update_status_reason = "The function is being created.";
  configuration.last_update_status_reason_code = "Creating";
  configuration.revision_id = uuid4(random);
  return configuration;
}

FunctionConfiguration listed(FunctionConfiguration configuration) {
  configuration.state.reset();
  configuration.last_update_status.reset();
  configuration.runtime_version_config.reset();
  return configuration;
}

// The function's ARN is answered as qualified as it was asked for.
Result<FunctionConfiguration> as_asked(const FunctionRef& function, const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, function->region, request.qualifier));
  FunctionConfiguration configuration = version_to_run(function, name.qualifier, 1)->configuration;
  configuration.function_arn = function->arn() + arn_suffix(name.qualifier);
  return configuration;
}

Result<void> refuse_vpc(const std::optional<VpcConfig>& vpc) {
  if (vpc && ((vpc->subnet_ids && !vpc->subnet_ids->empty()) ||
              (vpc->security_group_ids && !vpc->security_group_ids->empty())))
    return user_error(kInvalidParameterValue,
                      "VPC configuration is not available in Cumulet: functions share the machine's network.");
  return {};
}

}  // namespace

std::string lambda_date(TimePoint time) {
  std::string text = iso8601_millis(time);
  text.back() = '+';  // Lambda writes the zone as +0000
  return text + "0000";
}

Result<void> check_revision(const std::optional<std::string>& wanted, const std::string& current) {
  if (wanted && *wanted != current)
    return user_error(
        kPreconditionFailed,
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
        "retrieve the latest Revision Id");
  return {};
}

FunctionConfiguration listed_version(const FunctionVersion& version) {
  FunctionConfiguration configuration = listed(version.configuration);
  if (version.version() == kLatest) configuration.function_arn += ":$LATEST";
  return configuration;
}

Result<FunctionRef> Functions::find(std::string_view region, std::string_view function_name,
                                    const std::optional<std::string>& qualifier) const {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(function_name, region, qualifier));
  FunctionRef function = store_.find(name.region, name.name);
  if (!function || (name.qualifier && !function->has(*name.qualifier))) return function_not_found(name.qualified_arn());
  return function;
}

void Functions::stamp(FunctionVersion& version) {
  version.configuration.last_modified = lambda_date(clock_.now());
  version.configuration.revision_id = uuid4(random_);
}

Result<ImageDirectory::Hold> Functions::take_code(std::string_view region, const FunctionCode& code,
                                                  FunctionVersion& version) {
  if (version.configuration.package_type == kImagePackage) {
    if (!ports_.images) return image_not_found(*code.image_uri);
    CUMULET_TRY(ImageDirectory::Taken taken,
                ports_.images->take(region, *code.image_uri, version.configuration.architectures.front()));
    version.image = std::move(taken.image);
    version.code_id = std::move(taken.code_id);
    version.configuration.code_sha256 = std::move(taken.sha256);
    return std::move(taken.hold);
  }
  CUMULET_TRY(const PackageBytes package, read_package(ports_, region, code.zip_file, code.s3_bucket, code.s3_key));
  const std::string_view zip = package.view();
  CUMULET_TRY(version.code_id, store_.add_code(zip));
  version.configuration.code_size = static_cast<std::int64_t>(zip.size());
  version.configuration.code_sha256 = base64_encode(sha256(zip));
  return ImageDirectory::Hold();
}

Result<void> Functions::take_layers(const std::vector<std::string>& arns, FunctionVersion& version) {
  version.configuration.layers.reset();
  version.layer_codes.clear();
  if (arns.empty()) return {};
  if (!layer_source_) return user_error(kInvalidParameterValue, "Layers are not available here.");
  CUMULET_TRY(std::vector<LayerUse> uses, layer_source_(version.region, arns));
  version.configuration.layers.emplace();
  for (auto& use : uses) {
    version.configuration.layers->push_back(std::move(use.layer));
    version.layer_codes.push_back(std::move(use.code_id));
  }
  return {};
}

Result<void> Functions::check_size(const FunctionVersion& version) const {
  if (version.layer_codes.empty()) return {};  // the package alone was held against the limit
  std::uint64_t bytes = store_.unpacked_bytes(version.code_id);
  for (const auto& id : version.layer_codes) bytes += store_.unpacked_bytes(id);
  if (bytes <= kUnzippedLimit) return {};
  return user_error(kInvalidParameterValue, "Function code combined with layers exceeds the maximum allowed size of " +
                                                std::to_string(kUnzippedLimit) + " bytes. The actual size is " +
                                                std::to_string(bytes) + " bytes.");
}

Result<FunctionConfiguration> Functions::create_function(const wire::CallContext& context,
                                                         const CreateFunctionRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  if (name.name.size() > kNameLimit)
    return user_error(kInvalidParameterValue, "1 validation error detected: Value '" + name.name +
                                                  "' at 'functionName' failed to satisfy constraint: Member must have "
                                                  "length less than or equal to 64");
  CUMULET_CHECK(check_package_type(request));
  CUMULET_CHECK(check_runtime(request.runtime));
  CUMULET_CHECK(check_architectures(request.architectures));
  CUMULET_CHECK(check_snap_start(request.snap_start, request.runtime.value_or("")));
  CUMULET_CHECK(refuse_vpc(request.vpc_config));
  CUMULET_CHECK(check_dead_letters(ports_, request.dead_letter_config));
  if (request.tags) CUMULET_CHECK(check_tags(*request.tags));
  if (request.environment) CUMULET_CHECK(check_environment(*request.environment));
  if (store_.find(name.region, name.name)) return user_error(kResourceConflict, "Function already exist: " + name.name);
  if (!ports_.role_exists(request.role))
    return user_error(kInvalidParameterValue, "The role defined for the function cannot be assumed by Lambda.");

  auto function = std::make_shared<Function>();
  function->region = name.region;
  function->name = name.name;
  if (request.tags) function->tags = *request.tags;
  function->latest.region = name.region;
  FunctionConfiguration& configuration = function->latest.configuration;
  configuration.function_name = name.name;
  configuration.function_arn = name.arn();
  configuration.runtime = request.runtime;
  configuration.role = request.role;
  configuration.handler = request.handler;
  configuration.description = request.description.value_or("");
  configuration.timeout = request.timeout.value_or(3);
  configuration.memory_size = request.memory_size.value_or(128);
  configuration.dead_letter_config = request.dead_letter_config;
  configuration.environment = request.environment;
  if (request.tracing_config) configuration.tracing_config = *request.tracing_config;
  if (request.architectures) configuration.architectures = *request.architectures;
  if (request.ephemeral_storage) configuration.ephemeral_storage = *request.ephemeral_storage;
  configuration.snap_start = {request.snap_start ? request.snap_start->apply_on.value_or("None") : "None", "Off"};
  if (request.runtime) configuration.runtime_version_config = runtime_version(name.region, *request.runtime);
  configuration.package_type = request.package_type.value_or("Zip");
  if (request.image_config) configuration.image_config_response = image_config_told(*request.image_config);
  configuration.logging_config = full_logging(request.logging_config.value_or(LoggingConfig{}), name.name);
  configuration.state = "Active";
  configuration.last_update_status = "Successful";
  if (request.layers) CUMULET_CHECK(take_layers(*request.layers, function->latest));
  CUMULET_TRY(ImageDirectory::Hold hold, take_code(context.region, request.code, function->latest));
  if (auto fits = check_size(function->latest); !fits.ok()) {
    store_.drop_code(function->latest.code_id);
    return std::move(fits).error();
  }
  stamp(function->latest);
  VersionRef published;
  if (request.publish.value_or(false)) published = publish(*function, std::nullopt);

  auto created = store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (before) return user_error(kResourceConflict, "Function already exist: " + name.name);
    return FunctionRef(function);
  });
  hold.reset();
  if (!created.ok()) {
    store_.drop_code(function->latest.code_id);
    return std::move(created).error();
  }
  FunctionConfiguration answer = pending((*created)->latest.configuration, random_);
  if (published) answer.version = published->version();
  return answer;
}

Result<FunctionRef> Functions::edit(const wire::CallContext& context, std::string_view function_name,
                                    const std::function<Result<void>(Function&)>& edit) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(function_name, context.region));
  if (name.qualifier && *name.qualifier != kLatest)
    return user_error(kInvalidParameterValue,
                      "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                      "operation. Please specify either a function name or an unqualified function ARN.");
  return store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    auto next = std::make_shared<Function>(*before);
    CUMULET_CHECK(edit(*next));
    return FunctionRef(std::move(next));
  });
}

Result<FunctionRef> Functions::edit_at(
    const wire::CallContext& context, std::string_view function_name, const std::optional<std::string>& qualifier,
    const std::function<Result<void>(Function&, const std::string& qualifier)>& edit) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(function_name, context.region, qualifier));
  return store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    const std::string at = name.qualifier.value_or(std::string(kLatest));
    if (!before->has(at)) return missing_qualifier(name);
    auto next = std::make_shared<Function>(*before);
    CUMULET_CHECK(edit(*next, at));
    return FunctionRef(std::move(next));
  });
}

Result<FunctionConfiguration> Functions::update_function_code(const wire::CallContext& context,
                                                              const UpdateFunctionCodeRequest& request) {
  CUMULET_TRY(const FunctionRef current, find(context.region, request.function_name));
  CUMULET_CHECK(check_architectures(request.architectures));
  CUMULET_CHECK(check_revision(request.revision_id, current->latest.configuration.revision_id));
  FunctionVersion fresh;
  fresh.configuration.package_type = current->latest.configuration.package_type;
  CUMULET_CHECK(check_package_type(request, fresh.configuration.package_type));
  fresh.configuration.architectures = request.architectures.value_or(current->latest.configuration.architectures);
  const FunctionCode code{request.zip_file, request.s3_bucket, request.s3_key, request.s3_object_version,
                          request.image_uri};
  CUMULET_TRY(ImageDirectory::Hold hold, take_code(context.region, code, fresh));
  const auto take_over = [&](FunctionVersion& next) {
    next.code_id = fresh.code_id;
    next.image = fresh.image;
    next.configuration.code_size = fresh.configuration.code_size;
    next.configuration.code_sha256 = fresh.configuration.code_sha256;
    if (request.architectures) next.configuration.architectures = *request.architectures;
  };
  if (request.dry_run.value_or(false)) {
    FunctionVersion preview = current->latest;
    take_over(preview);
    hold.reset();
    store_.drop_code(fresh.code_id);
    return preview.configuration;
  }
  VersionRef published;
  auto updated = edit(context, request.function_name, [&](Function& next) -> Result<void> {
    CUMULET_CHECK(check_revision(request.revision_id, next.latest.configuration.revision_id));
    take_over(next.latest);
    CUMULET_CHECK(check_size(next.latest));
    ++next.latest.generation;
    stamp(next.latest);
    if (request.publish.value_or(false)) published = publish(next, std::nullopt);
    return {};
  });
  hold.reset();
  if (!updated.ok()) {
    store_.drop_code(fresh.code_id);
    return std::move(updated).error();
  }
  if (published) return pending_version(published->configuration);
  return in_progress((*updated)->latest.configuration, random_);
}

Result<FunctionConfiguration> Functions::update_function_configuration(
    const wire::CallContext& context, const UpdateFunctionConfigurationRequest& request) {
  CUMULET_CHECK(check_runtime(request.runtime));
  CUMULET_CHECK(refuse_vpc(request.vpc_config));
  CUMULET_CHECK(check_dead_letters(ports_, request.dead_letter_config));
  if (request.environment) CUMULET_CHECK(check_environment(*request.environment));
  if (request.role && !ports_.role_exists(*request.role))
    return user_error(kInvalidParameterValue, "The role defined for the function cannot be assumed by Lambda.");
  CUMULET_TRY(const FunctionRef updated, edit(context, request.function_name, [&](Function& next) -> Result<void> {
                FunctionConfiguration& configuration = next.latest.configuration;
                CUMULET_CHECK(check_revision(request.revision_id, configuration.revision_id));
                CUMULET_CHECK(check_package_type(request, configuration.package_type));
                CUMULET_CHECK(check_snap_start(request.snap_start, configuration.runtime.value_or("")));
                if (request.role) configuration.role = *request.role;
                if (request.handler) configuration.handler = request.handler;
                if (request.description) configuration.description = *request.description;
                if (request.timeout) {
                  configuration.timeout = *request.timeout;
                  if (timeout_check_) CUMULET_CHECK(timeout_check_(next.latest));
                }
                if (request.memory_size) configuration.memory_size = *request.memory_size;
                if (request.environment) configuration.environment = request.environment;
                if (request.runtime) {
                  configuration.runtime = request.runtime;
                  configuration.runtime_version_config = runtime_version(next.region, *request.runtime);
                }
                if (request.dead_letter_config) {
                  configuration.dead_letter_config = request.dead_letter_config;
                  if (request.dead_letter_config->target_arn.value_or("").empty())
                    configuration.dead_letter_config.reset();  // an empty ARN takes it away
                }
                if (request.image_config)
                  configuration.image_config_response = image_config_told(*request.image_config);
                if (request.tracing_config) configuration.tracing_config = *request.tracing_config;
                if (request.layers) {
                  CUMULET_CHECK(take_layers(*request.layers, next.latest));
                  CUMULET_CHECK(check_size(next.latest));
                }
                if (request.snap_start && request.snap_start->apply_on)
                  configuration.snap_start.apply_on = request.snap_start->apply_on;
                if (request.ephemeral_storage) configuration.ephemeral_storage = *request.ephemeral_storage;
                if (request.logging_config)
                  configuration.logging_config =
                      full_logging(merged(configuration.logging_config, *request.logging_config), next.name);
                ++next.latest.generation;
                stamp(next.latest);
                return {};
              }));
  return in_progress(updated->latest.configuration, random_);
}

Result<GetFunctionResponse> Functions::get_function(const wire::CallContext& context,
                                                    const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name, request.qualifier));
  GetFunctionResponse response;
  CUMULET_TRY(response.configuration, as_asked(function, request));
  const VersionRef version = find_version(function, response.configuration.version);
  if (version->image)
    response.code = {"ECR", std::nullopt, version->image->image_uri, version->image->resolved_uri};
  else if (ports_.package_url)
    response.code.location = ports_.package_url(context, version->code_id);
  if (!function->tags.empty()) response.tags = function->tags;
  if (function->reserved_concurrency) response.concurrency = Concurrency{function->reserved_concurrency};
  return response;
}

Result<FunctionConfiguration> Functions::get_function_configuration(const wire::CallContext& context,
                                                                    const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionRef function, find(context.region, request.function_name, request.qualifier));
  return as_asked(function, request);
}

// With FunctionVersion=ALL each version is an entry: a page may end within a function ("name:7" is its last one).
Result<ListFunctionsResponse> Functions::list_functions(const wire::CallContext& context,
                                                        const ListFunctionsRequest& request) {
  ListFunctionsResponse page;
  const auto limit = static_cast<std::size_t>(std::min(request.max_items.value_or(kDefaultPage), kDefaultPage));
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto colon = after.find(':');
  const std::string after_name = after.substr(0, colon);
  const std::int64_t after_version = colon == std::string::npos ? 0 : std::atoll(after.c_str() + colon + 1);
  std::string last;  // what the page ends with
  const auto add = [&](FunctionConfiguration configuration, const std::string& marker) {
    if (page.functions.size() == limit) {
      page.next_marker = base64_encode(last);
      return false;
    }
    page.functions.push_back(std::move(configuration));
    last = marker;
    return true;
  };
  for (const auto& function : store_.list(context.region)) {
    const bool is_split = colon != std::string::npos && function->name == after_name;
    if (function->name <= after_name && !is_split) continue;
    const bool shows_all = request.function_version == "ALL";
    bool has_room = is_split || (shows_all ? add(listed_version(function->latest), function->name + ":0")
                                           : add(listed(function->latest.configuration), function->name));
    for (auto at = function->published.upper_bound(is_split ? after_version : 0);
         shows_all && has_room && at != function->published.end(); ++at)
      has_room = add(listed_version(*at->second), function->name + ':' + at->second->version());
    if (!has_room) break;
  }
  return page;
}

Result<wire::Empty> Functions::delete_function(const wire::CallContext& context, const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  if (name.qualifier) {
    CUMULET_CHECK(delete_version(name));
    return wire::Empty{};
  }
  CUMULET_CHECK(store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    return FunctionRef{};
  }));
  return wire::Empty{};
}

}  // namespace cumulet::lambda
