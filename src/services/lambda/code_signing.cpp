#include "services/lambda/code_signing.hpp"

#include <array>

#include "aws/wire/json_codec.hpp"
#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/page.hpp"

namespace cumulet::lambda {
namespace {

constexpr int kDefaultPage = 50;
constexpr ErrorKind kNoSuchSigning{"CodeSigningConfigNotFoundException", 404};

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE lambda_code_signing(arn TEXT PRIMARY KEY, config TEXT NOT NULL) WITHOUT ROWID"};

std::string new_id(Random& random) {
  constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = "csc-";
  while (id.size() < 21) id += kLetters[random.next() % kLetters.size()];
  return id;
}

CodeSigningPolicies whole(CodeSigningPolicies policies) {
  if (!policies.untrusted_artifact_on_deployment) policies.untrusted_artifact_on_deployment = "Warn";
  return policies;
}

}  // namespace

Result<void> CodeSigningConfigs::load() {
  CUMULET_CHECK(database_.migrate("lambda_code_signing", kMigrations));
  return database_.read([this](storage::Connection& connection) -> Result<void> {
    auto rows = connection.prepare("SELECT config FROM lambda_code_signing");
    while (rows.step()) {
      CodeSigning config;
      wire::Violations violations;
      CUMULET_CHECK(
          wire::read_json(rows.text(0), wire::shape_of<CodeSigning>(), &config, wire::Members::all, violations));
      configs_[config.arn] = std::move(config);
    }
    return {};
  });
}

Result<CodeSigning> CodeSigningConfigs::find(const std::string& region, const std::string& arn) const {
  std::shared_lock lock(mutex_);
  const auto found = configs_.find(arn);
  const auto parsed = Arn::parse(arn);
  if (found == configs_.end() || !parsed || parsed->region != region)
    return Error{kResourceNotFound, "The Lambda code signing configuration " + arn + " can not be found."};
  return found->second;
}

Result<void> CodeSigningConfigs::store(const CodeSigning& config) {
  std::string text;
  wire::write_json(text, wire::shape_of<CodeSigning>(), &config, wire::Members::all);
  CUMULET_CHECK(database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run(
        "INSERT INTO lambda_code_signing(arn, config) VALUES(?1, ?2)"
        " ON CONFLICT DO UPDATE SET config = excluded.config",
        config.arn, text);
    return {};
  }));
  std::unique_lock lock(mutex_);
  configs_[config.arn] = config;
  return {};
}

Result<CodeSigningAnswer> CodeSigningConfigs::create(const wire::CallContext& context,
                                                     const CreateCodeSigningRequest& request) {
  std::lock_guard one_at_a_time(changing_);
  CodeSigning config;
  config.id = new_id(random_);
  config.arn = "arn:aws:lambda:" + context.region + ':' + std::string(kAccountId) + ":code-signing-config:" + config.id;
  config.description = request.description;
  config.allowed_publishers = request.allowed_publishers;
  config.policies = whole(request.policies.value_or(CodeSigningPolicies{}));
  config.last_modified = lambda_date(clock_.now());
  CUMULET_CHECK(store(config));
  return CodeSigningAnswer{std::move(config)};
}

Result<CodeSigningAnswer> CodeSigningConfigs::update(const wire::CallContext& context,
                                                     const UpdateCodeSigningRequest& request) {
  std::lock_guard one_at_a_time(changing_);
  CUMULET_TRY(CodeSigning config, find(context.region, request.arn));
  if (request.description) config.description = request.description;
  if (request.allowed_publishers) config.allowed_publishers = *request.allowed_publishers;
  if (request.policies) config.policies = whole(*request.policies);
  if (request.description || request.allowed_publishers || request.policies)
    config.last_modified = lambda_date(clock_.now());
  CUMULET_CHECK(store(config));
  return CodeSigningAnswer{std::move(config)};
}

Result<CodeSigningAnswer> CodeSigningConfigs::get(const wire::CallContext& context, const CodeSigningRequest& request) {
  CUMULET_TRY(CodeSigning config, find(context.region, request.arn));
  return CodeSigningAnswer{std::move(config)};
}

Result<wire::Empty> CodeSigningConfigs::remove(const wire::CallContext& context, const CodeSigningRequest& request) {
  std::lock_guard one_at_a_time(changing_);
  CUMULET_TRY(const CodeSigning config, find(context.region, request.arn));
  for (const auto& function : functions_.list(context.region))
    if (function->code_signing_arn == config.arn)
      return user_error(kResourceConflict,
                        "You can't delete the code signing configuration while it is being used by functions.");
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("DELETE FROM lambda_code_signing WHERE arn = ?1", config.arn);
        return {};
      },
      storage::Room::reserved));
  std::unique_lock lock(mutex_);
  configs_.erase(config.arn);
  return wire::Empty{};
}

Result<ListCodeSigningResponse> CodeSigningConfigs::list(const wire::CallContext& context,
                                                         const ListCodeSigningRequest& request) {
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(std::min(request.max_items.value_or(kDefaultPage), kDefaultPage));
  const std::string prefix = "arn:aws:lambda:" + context.region + ':';
  ListCodeSigningResponse page;
  std::shared_lock lock(mutex_);
  for (auto at = configs_.upper_bound(after); at != configs_.end(); ++at) {
    if (!at->first.starts_with(prefix)) continue;
    if (page.configs.size() == limit) {
      page.next_marker = base64_encode(page.configs.back().arn);
      break;
    }
    page.configs.push_back(at->second);
  }
  return page;
}

Result<FunctionsOfSigningResponse> CodeSigningConfigs::list_functions(const wire::CallContext& context,
                                                                      const FunctionsOfSigningRequest& request) {
  CUMULET_CHECK(find(context.region, request.arn));
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(std::min(request.max_items.value_or(kDefaultPage), kDefaultPage));
  FunctionsOfSigningResponse page;
  for (const auto& function : functions_.list(context.region)) {
    if (function->code_signing_arn != request.arn || function->arn() <= after) continue;
    if (page.function_arns.size() == limit) {
      page.next_marker = base64_encode(page.function_arns.back());
      break;
    }
    page.function_arns.push_back(function->arn());
  }
  return page;
}

Result<CodeSigningConfig> CodeSigningConfigs::put_of_function(const wire::CallContext& context,
                                                              const PutFunctionSigningRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  std::lock_guard one_at_a_time(changing_);
  if (!find(context.region, request.arn).ok())
    return user_error(kNoSuchSigning,
                      "The code signing configuration cannot be found. Check that the provided configuration is not "
                      "deleted: " +
                          request.arn + '.');
  CUMULET_CHECK(functions_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    auto next = std::make_shared<Function>(*before);
    next->code_signing_arn = request.arn;
    return FunctionRef(std::move(next));
  }));
  return CodeSigningConfig{request.arn, name.name};
}

Result<CodeSigningConfig> CodeSigningConfigs::get_of_function(const wire::CallContext& context,
                                                              const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  const FunctionRef function = functions_.find(name.region, name.name);
  if (!function) return function_not_found(name.arn());
  if (!function->code_signing_arn) return CodeSigningConfig{};
  return CodeSigningConfig{function->code_signing_arn, name.name};
}

Result<wire::Empty> CodeSigningConfigs::remove_of_function(const wire::CallContext& context,
                                                           const FunctionNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  CUMULET_CHECK(functions_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before) return function_not_found(name.arn());
    if (!before->code_signing_arn) return before;
    auto next = std::make_shared<Function>(*before);
    next->code_signing_arn.reset();
    return FunctionRef(std::move(next));
  }));
  return wire::Empty{};
}

}  // namespace cumulet::lambda
