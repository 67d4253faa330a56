#include "services/lambda/layers.hpp"

#include <algorithm>
#include <array>

#include "aws/wire/json_codec.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/layer_name.hpp"
#include "services/lambda/package_source.hpp"
#include "services/lambda/page.hpp"
#include "services/lambda/runtime_choice.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kMostLayers = 5;
constexpr int kDefaultPage = 50;

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE lambda_layer_version(region TEXT, name TEXT, number INTEGER, version TEXT,"
    " PRIMARY KEY(region, name, number)) WITHOUT ROWID"};  // `version` null: deleted, its number is kept

Error no_layer() { return user_error(kResourceNotFound, "The resource you requested does not exist."); }

std::string statement_text(const AddLayerVersionPermissionRequest& permission, const std::string& resource) {
  json::object out{{"Sid", permission.statement_id}, {"Effect", "Allow"}};
  const bool is_account = permission.principal.size() == 12;
  if (permission.principal == "*")
    out["Principal"] = "*";
  else
    out["Principal"] =
        json::object{{"AWS", is_account ? "arn:aws:iam::" + permission.principal + ":root" : permission.principal}};
  out["Action"] = permission.action;
  out["Resource"] = resource;
  if (permission.organization_id)
    out["Condition"] =
        json::object{{"StringEquals", json::object{{"aws:PrincipalOrgID", *permission.organization_id}}}};
  return json::text(out);
}

Error stale_policy() {
  return user_error(kPreconditionFailed,
                    "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to "
                    "retrieve the latest Revision Id");
}

template <class T>
bool names(const std::optional<std::vector<T>>& list, const std::optional<T>& wanted) {
  return !wanted || (list && std::find(list->begin(), list->end(), *wanted) != list->end());
}

LayerVersionsListItem listed(const LayerVersion& version) {
  const LayerVersionResponse& p = version.published;
  return {p.layer_version_arn,       p.version, p.description, p.created_date, p.compatible_runtimes, p.license_info,
          p.compatible_architectures};
}

}  // namespace

Result<void> Layers::load() {
  CUMULET_CHECK(database_.migrate("lambda_layers", kMigrations));
  return database_.read([this](storage::Connection& connection) -> Result<void> {
    auto rows = connection.prepare("SELECT region, name, number, version FROM lambda_layer_version");
    while (rows.step()) {
      std::int64_t& last = last_[{rows.string(0), rows.string(1)}];
      last = std::max(last, rows.integer(2));
      if (rows.is_null(3)) continue;
      auto version = std::make_shared<LayerVersion>();
      wire::Violations violations;
      CUMULET_CHECK(
          wire::read_json(rows.text(3), wire::shape_of<LayerVersion>(), version.get(), wire::Members::all, violations));
      versions_[{rows.string(0), rows.string(1), rows.integer(2)}] = std::move(version);
    }
    return {};
  });
}

std::set<std::string> Layers::code_ids() const {
  std::set<std::string> ids;
  std::shared_lock lock(mutex_);
  for (const auto& [key, version] : versions_) ids.insert(version->code_id);
  return ids;
}

LayerVersionRef Layers::find(std::string_view region, std::string_view name, std::int64_t number) const {
  std::shared_lock lock(mutex_);
  const auto found = versions_.find({std::string(region), std::string(name), number});
  return found == versions_.end() ? nullptr : found->second;
}

Result<std::vector<LayerVersionRef>> Layers::resolve(std::string_view region,
                                                     const std::vector<std::string>& arns) const {
  const auto invalid = [](std::string text) { return user_error(kInvalidParameterValue, std::move(text)); };
  if (arns.size() > kMostLayers) return invalid("Cannot reference more than 5 layers.");
  std::vector<LayerVersionRef> out;
  std::map<std::string, std::string> seen;
  for (const std::string& arn : arns) {
    const auto named = LayerVersionName::parse(arn);
    if (!named)
      return user_error(kValidation,
                        "1 validation error detected: Value '[" + arn +
                            "]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must "
                            "have length less than or equal to 2048, Member must have length greater than or equal to "
                            "1, Member must satisfy regular expression pattern: " +
                            std::string(rules::kLayerVersionArn) + ", Member must not be null]");
    if (named->region != region)
      return invalid("Layers are not in the same region as the function. Layers are expected to be in region " +
                     std::string(region) + ".");
    if (const auto [other, is_new] = seen.emplace(named->name, arn); !is_new)
      return invalid(
          "Two different versions of the same layer are not allowed to be referenced in the same function. " +
          other->second + " and " + arn + " are versions of the same layer.");
    LayerVersionRef version = find(region, named->name, named->number);
    if (!version) return invalid("Layer version " + arn + " does not exist.");
    out.push_back(std::move(version));
  }
  return out;
}

Result<LayerVersionResponse> Layers::publish(const wire::CallContext& context,
                                             const PublishLayerVersionRequest& request) {
  for (const auto& runtime : request.compatible_runtimes.value_or(std::vector<std::string>{}))
    CUMULET_CHECK(check_runtime_name(runtime, "compatibleRuntimes"));
  CUMULET_TRY(const PackageBytes package, read_package(ports_, context.region, request.content.zip_file,
                                                       request.content.s3_bucket, request.content.s3_key));
  auto version = std::make_shared<LayerVersion>();
  version->region = context.region;
  version->name = bare_layer_name(request.layer_name);
  version->revision_id = uuid4(random_);
  LayerVersionResponse& p = version->published;
  p.content.code_sha256 = base64_encode(sha256(package.view()));
  p.content.code_size = static_cast<std::int64_t>(package.view().size());
  p.layer_arn = layer_arn(context.region, version->name);
  p.description = request.description.value_or("");
  p.created_date = lambda_date(clock_.now());
  p.compatible_runtimes = request.compatible_runtimes;
  p.license_info = request.license_info;
  p.compatible_architectures = request.compatible_architectures;
  CUMULET_TRY(version->code_id, packages_.add_code(package.view()));

  std::lock_guard one_at_a_time(changing_);
  const std::pair<std::string, std::string> layer{context.region, version->name};
  p.version = last_[layer] + 1;
  p.layer_version_arn = p.layer_arn + ':' + std::to_string(p.version);
  std::string text;
  wire::write_json(text, wire::shape_of<LayerVersion>(), version.get(), wire::Members::all);
  auto stored = database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("INSERT INTO lambda_layer_version(region, name, number, version) VALUES(?1, ?2, ?3, ?4)", layer.first,
           layer.second, p.version, text);
    return {};
  });
  if (!stored.ok()) {
    packages_.drop_code(version->code_id);
    return std::move(stored).error();
  }
  last_[layer] = p.version;
  std::unique_lock lock(mutex_);
  versions_[{layer.first, layer.second, p.version}] = version;
  lock.unlock();
  return shown(context, *version);
}

LayerVersionResponse Layers::shown(const wire::CallContext& context, const LayerVersion& version) const {
  LayerVersionResponse out = version.published;
  if (ports_.package_url) out.content.location = ports_.package_url(context, version.code_id);
  return out;
}

Result<LayerVersionRef> Layers::existing(const wire::CallContext& context, const std::string& layer_name,
                                         std::int64_t number) const {
  if (number < 1) return user_error(kInvalidParameterValue, "Layer Version Cannot be less than 1");
  LayerVersionRef version = find(context.region, bare_layer_name(layer_name), number);
  if (!version) return no_layer();
  return version;
}

Result<LayerVersionResponse> Layers::get(const wire::CallContext& context, const LayerVersionRequest& request) {
  CUMULET_TRY(const LayerVersionRef version, existing(context, request.layer_name, request.version_number));
  return shown(context, *version);
}

Result<LayerVersionResponse> Layers::get_by_arn(const wire::CallContext& context,
                                                const GetLayerVersionByArnRequest& request) {
  const auto named = LayerVersionName::parse(request.arn);
  const LayerVersionRef version = named ? find(named->region, named->name, named->number) : nullptr;
  if (!version) return no_layer();
  return shown(context, *version);
}

Result<ListLayersResponse> Layers::list(const wire::CallContext& context, const ListLayersRequest& request) {
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(request.max_items.value_or(kDefaultPage));
  std::map<std::string, LayerVersionRef> newest;  // by name; later versions come later
  {
    std::shared_lock lock(mutex_);
    for (const auto& [key, version] : versions_)
      if (version->region == context.region &&
          names(version->published.compatible_runtimes, request.compatible_runtime) &&
          names(version->published.compatible_architectures, request.compatible_architecture))
        newest[version->name] = version;
  }
  ListLayersResponse page;
  for (auto at = newest.upper_bound(after); at != newest.end(); ++at) {
    if (page.layers.size() == limit) {
      page.next_marker = base64_encode(page.layers.back().layer_name);
      break;
    }
    page.layers.push_back({at->first, at->second->published.layer_arn, listed(*at->second)});
  }
  return page;
}

Result<ListLayerVersionsResponse> Layers::list_versions(const wire::CallContext& context,
                                                        const ListLayerVersionsRequest& request) {
  CUMULET_TRY(const std::string before, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(request.max_items.value_or(kDefaultPage));
  const std::string name = bare_layer_name(request.layer_name);
  const std::int64_t below = before.empty() ? INT64_MAX : std::atoll(before.c_str());
  ListLayerVersionsResponse page;
  std::shared_lock lock(mutex_);
  auto at = versions_.lower_bound({context.region, name, below});
  while (at != versions_.begin()) {  // the newest first
    const LayerVersion& version = *(--at)->second;
    if (version.region != context.region || version.name != name) break;
    if (!names(version.published.compatible_runtimes, request.compatible_runtime) ||
        !names(version.published.compatible_architectures, request.compatible_architecture))
      continue;
    if (page.layer_versions.size() == limit) {
      page.next_marker = base64_encode(std::to_string(page.layer_versions.back().version));
      break;
    }
    page.layer_versions.push_back(listed(version));
  }
  return page;
}

Result<wire::Empty> Layers::remove(const wire::CallContext& context, const LayerVersionRequest& request) {
  if (request.version_number < 1) return user_error(kInvalidParameterValue, "Layer Version Cannot be less than 1");
  std::unique_lock one_at_a_time(changing_);
  const LayerVersionRef version = find(context.region, bare_layer_name(request.layer_name), request.version_number);
  if (!version) return wire::Empty{};
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("UPDATE lambda_layer_version SET version = NULL WHERE region = ?1 AND name = ?2 AND number = ?3",
               version->region, version->name, version->published.version);
        return {};
      },
      storage::Room::reserved));
  {
    std::unique_lock lock(mutex_);
    versions_.erase({version->region, version->name, version->published.version});
  }
  one_at_a_time.unlock();
  if (on_deleted) on_deleted(version->code_id);
  return wire::Empty{};
}

Result<void> Layers::edit(const LayerVersionRef& before, const std::function<Result<void>(LayerVersion&)>& edit) {
  std::lock_guard one_at_a_time(changing_);
  const LayerVersionRef now = find(before->region, before->name, before->published.version);
  if (!now) return no_layer();
  auto after = std::make_shared<LayerVersion>(*now);
  CUMULET_CHECK(edit(*after));
  after->revision_id = uuid4(random_);
  std::string text;
  wire::write_json(text, wire::shape_of<LayerVersion>(), after.get(), wire::Members::all);
  CUMULET_CHECK(database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("UPDATE lambda_layer_version SET version = ?4 WHERE region = ?1 AND name = ?2 AND number = ?3",
           after->region, after->name, after->published.version, text);
    return {};
  }));
  std::unique_lock lock(mutex_);
  versions_[{after->region, after->name, after->published.version}] = std::move(after);
  return {};
}

Result<LayerPolicyStatement> Layers::add_permission(const wire::CallContext& context,
                                                    const AddLayerVersionPermissionRequest& request) {
  const LayerVersionRef version = find(context.region, bare_layer_name(request.layer_name), request.version_number);
  if (!version)
    return user_error(kResourceNotFound, "Layer version " +
                                             layer_arn(context.region, bare_layer_name(request.layer_name)) + ':' +
                                             std::to_string(request.version_number) + " does not exist.");
  LayerPolicyStatement answer;
  CUMULET_CHECK(edit(version, [&](LayerVersion& next) -> Result<void> {
    if (request.revision_id && *request.revision_id != next.revision_id) return stale_policy();
    for (const auto& existing : next.permissions)
      if (existing.statement_id == request.statement_id)
        return user_error(
            kResourceConflict,
            "The statement id (" + request.statement_id +
                ") provided already exists. Please provide a new statement id, or remove the existing statement.");
    next.permissions.push_back(request);
    answer.statement = statement_text(request, next.published.layer_version_arn);
    return {};
  }));
  answer.revision_id = find(context.region, version->name, version->published.version)->revision_id;
  return answer;
}

Result<wire::Empty> Layers::remove_permission(const wire::CallContext& context,
                                              const RemoveLayerVersionPermissionRequest& request) {
  CUMULET_TRY(const LayerVersionRef version, existing(context, request.layer_name, request.version_number));
  CUMULET_CHECK(edit(version, [&](LayerVersion& next) -> Result<void> {
    if (request.revision_id && *request.revision_id != next.revision_id) return stale_policy();
    if (std::erase_if(next.permissions, [&](const auto& p) { return p.statement_id == request.statement_id; }) == 0)
      return user_error(kResourceNotFound, "Statement " + request.statement_id + " is not found in resource policy.");
    return {};
  }));
  return wire::Empty{};
}

Result<GetPolicyResponse> Layers::get_policy(const wire::CallContext& context, const LayerVersionRequest& request) {
  CUMULET_TRY(const LayerVersionRef version, existing(context, request.layer_name, request.version_number));
  if (version->permissions.empty())
    return user_error(kResourceNotFound, "No policy is associated with the given resource.");
  std::string statements;
  for (const auto& permission : version->permissions)
    statements += (statements.empty() ? "" : ",") + statement_text(permission, version->published.layer_version_arn);
  return GetPolicyResponse{R"({"Version":"2012-10-17","Id":"default","Statement":[)" + statements + "]}",
                           version->revision_id};
}

void scrub_layers(storage::Connection& connection, const std::filesystem::path& packages, storage::Scrub& scrub) {
  auto rows = connection.prepare("SELECT name, number, version FROM lambda_layer_version WHERE version IS NOT NULL");
  while (rows.step()) {
    const std::string name = rows.string(0) + ':' + std::to_string(rows.integer(1));
    LayerVersion version;
    wire::Violations violations;
    if (!wire::read_json(rows.text(2), wire::shape_of<LayerVersion>(), &version, wire::Members::all, violations).ok()) {
      scrub.damaged("the row of layer " + name + " is damaged", "publish the layer again");
      continue;
    }
    const std::uint64_t bytes = whole_package_bytes(packages / version.code_id, version.published.content.code_sha256);
    if (bytes == 0) scrub.damaged("the package of layer " + name + " is damaged or missing", "publish the layer again");
    scrub.checked(bytes);
  }
}

}  // namespace cumulet::lambda
