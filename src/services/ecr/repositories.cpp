#include <set>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "oci/errors.hpp"
#include "services/ecr/errors.hpp"
#include "services/ecr/service.hpp"

namespace cumulet::ecr {
namespace {

constexpr std::size_t kMostTags = 50;
constexpr std::size_t kMostRepositories = 100'000;  // AWS's quota of a region
constexpr int kPage = 100;
constexpr Milliseconds kLifecyclePeriod = std::chrono::hours(1);

std::string arn_of(const std::string& region, const std::string& name) {
  return Arn{"aws", "ecr", region, std::string(kAccountId), "repository/" + name}.text();
}

// Where images go: the address that the client itself used, "127.0.0.1:4566/NAME".
std::string uri_of(const wire::CallContext& context, const std::string& name) {
  const std::string_view endpoint = context.endpoint;
  return std::string(endpoint.substr(endpoint.find("://") + 3)) + '/' + name;
}

Repository told(const wire::CallContext& context, const oci::Repository& repository, const Settings& settings) {
  Repository out;
  out.repository_arn = arn_of(repository.region, repository.name);
  out.registry_id = kAccountId;
  out.repository_name = repository.name;
  out.repository_uri = uri_of(context, repository.name);
  out.created_at = repository.created;
  out.image_tag_mutability = repository.tags == oci::Tags::immutable ? "IMMUTABLE" : "MUTABLE";
  out.image_scanning_configuration = ImageScanningConfiguration{settings.scans_on_push};
  out.encryption_configuration = EncryptionConfiguration{settings.encryption, settings.kms_key};
  return out;
}

Result<void> add_tags(std::map<std::string, std::string>& to, const std::vector<Tag>& tags) {
  for (const Tag& tag : tags) {
    const std::string key = tag.key.value_or(""), value = tag.value.value_or("");
    if (key.empty() || key.size() > 128 || value.size() > 256 || key.starts_with("aws:"))
      return Error{kInvalidTag,
                   "Invalid parameter at 'tags' failed to satisfy constraint: 'a key has 1 to 128 characters and does "
                   "not begin with aws:, a value has 256 at most'"};
    to[key] = value;
  }
  if (to.size() > kMostTags)
    return Error{kTooManyTags, "The maximum number of tags for a repository is " + std::to_string(kMostTags)};
  return {};
}

Error policy_not_found(const RepositoryRequest& request) {
  return Error{kRepositoryPolicyNotFound, "Repository policy does not exist for the repository with name '" +
                                              request.repository_name + "' in the registry with id '" +
                                              registry_of(request) + "'"};
}

Result<void> check_policy(const std::string& text) {
  const auto policy = json::parse(text, json::Limits{32});
  const json::value* const statements = policy.ok() ? json::find(*policy, "Statement") : nullptr;
  if (statements != nullptr && (statements->is_array() || statements->is_object())) return {};
  return Error{kInvalidParameter,
               "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"};
}

// The repository that an ARN names. Its region is the ARN's.
Result<std::pair<std::string, RepositoryRequest>> resource_of(const std::string& text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view kKind = "repository/";
  if (!arn || arn->service != "ecr" || !arn->resource.starts_with(kKind))
    return Error{kInvalidParameter, "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"};
  RepositoryRequest request;
  request.registry_id = arn->account;
  request.repository_name = arn->resource.substr(kKind.size());
  return std::pair(arn->region, std::move(request));
}

}  // namespace

std::string registry_of(const RepositoryRequest& request) {
  return request.registry_id.value_or(std::string(kAccountId));
}

Result<oci::Repository> require(storage::Connection& c, const wire::CallContext& context,
                                const RepositoryRequest& request) {
  if (registry_of(request) == kAccountId)
    if (auto found = oci::store::find_repository(c, context.region, request.repository_name)) return std::move(*found);
  return Error{kRepositoryNotFound, "The repository with name '" + request.repository_name +
                                        "' does not exist in the registry with id '" + registry_of(request) + "'"};
}

Error worded(Error error, const RepositoryRequest& request) {
  const auto field = [&](std::string_view name) {
    for (const auto& [key, value] : error.fields())
      if (key == name) return value;
    return std::string();
  };
  const std::string where = "the repository with name '" + request.repository_name + "' in the registry with id '" +
                            registry_of(request) + "'";
  if (error.is(oci::kNameUnknown))
    return Error{kRepositoryNotFound, "The repository with name '" + request.repository_name +
                                          "' does not exist in the registry with id '" + registry_of(request) + "'"};
  if (error.is(oci::kManifestBlobUnknown))
    return Error{kLayersNotFound, "Layers '[" + field("digest") + "]' do not exist in " + where};
  if (error.is(oci::kManifestChildUnknown))
    return Error{kReferencedImagesNotFound, "Images with digests '[" + field("digest") +
                                                "]' required for pushing image "
                                                "into " +
                                                where + " are missing"};
  if (error.is(oci::kTagImmutable)) return Error{kImageTagExists, error.message()};
  if (error.is(oci::kManifestInvalid) || error.is(oci::kManifestTooLarge) || error.is(oci::kSizeInvalid))
    return Error{kInvalidParameter,
                 "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '" + error.message() + "'"};
  if (error.is(oci::kDigestInvalid))
    return Error{kDigestDoesNotMatch, "The image digest does not match the digest of the image manifest"};
  if (error.is(oci::kTooManyRequests)) return Error{kLimitExceeded, error.message()};
  return error;
}

Result<std::size_t> offset_of(const std::optional<std::string>& token) {
  if (!token) return std::size_t{0};
  const auto text = hex_decode(*token);
  if (!text || text->empty() || text->size() > 9 || text->find_first_not_of("0123456789") != text->npos)
    return Error{kInvalidParameter, "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"};
  return static_cast<std::size_t>(std::stoul(*text));
}

std::string token_of(std::size_t offset) { return hex_encode(std::to_string(offset)); }

Ecr::Ecr(oci::Registry& registry, const Clock& clock)
    : registry_(registry),
      clock_(clock),
      rounds_(std::make_shared<oci::Rounds>(registry.timers(), registry.workers(), kLifecyclePeriod,
                                            [this] { apply_lifecycle_policies(); })) {}
Ecr::~Ecr() { stop(); }

Result<void> Ecr::load() {
  CUMULET_CHECK(store::migrate(registry_.database()));
  registry_.set_on_push([rounds = rounds_] { rounds->wake(); });
  return {};
}

void Ecr::start() { rounds_->wake(); }
void Ecr::stop() { rounds_->stop(); }

awaitable<Result<void>> Ecr::change(const Context& context, RepositoryRequest request, Change change,
                                    storage::Room room) {
  storage::Database::Job job = [&context, request = std::move(request),
                                change = std::move(change)](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const oci::Repository repository, require(tx, context, request));
    Settings settings = store::settings(tx, repository.id);
    CUMULET_CHECK(change(tx, repository, settings));
    store::save(tx, repository.id, settings);
    return {};
  };
  co_return co_await registry_.database().write(std::move(job), room);
}

awaitable<Result<CreateRepositoryResponse>> Ecr::create_repository(const Context& context,
                                                                   CreateRepositoryRequest request) {
  Settings settings;
  CUMULET_CO_CHECK(add_tags(settings.tags, request.tags.value_or(std::vector<Tag>())));
  if (request.image_scanning_configuration)
    settings.scans_on_push = request.image_scanning_configuration->scan_on_push.value_or(false);
  if (request.encryption_configuration) {
    settings.encryption = request.encryption_configuration->encryption_type;
    settings.kms_key = request.encryption_configuration->kms_key;
  }
  const oci::Tags tags = request.image_tag_mutability == "IMMUTABLE" ? oci::Tags::immutable : oci::Tags::mutable_;
  const std::string name = request.repository_name;
  std::function<Result<oci::Repository>(storage::Transaction&)> job =
      [&context, name, tags, settings, now = clock_.now()](storage::Transaction& tx) -> Result<oci::Repository> {
    if (oci::store::find_repository(tx, context.region, name))
      return Error{kRepositoryExists, "The repository with name '" + name +
                                          "' already exists in the registry with id '" + std::string(kAccountId) + "'"};
    if (oci::store::count_repositories(tx, context.region) >= kMostRepositories)
      return Error{kLimitExceeded, "The maximum number of repositories per registry was reached"};
    const std::int64_t id = oci::store::create_repository(tx, context.region, name, tags, now);
    store::save(tx, id, settings);
    return oci::Repository{id, context.region, name, now, tags};
  };
  Result<oci::Repository> made = co_await registry_.database().write_value(std::move(job));
  if (!made.ok()) co_return std::move(made).error();
  CreateRepositoryResponse response;
  response.repository = told(context, *made, settings);
  co_return response;
}

Result<DescribeRepositoriesResponse> Ecr::describe_repositories(const Context& context,
                                                                const DescribeRepositoriesRequest& request) {
  const std::size_t most = static_cast<std::size_t>(request.max_results.value_or(kPage));
  std::string after;
  if (request.next_token) {
    const auto text = hex_decode(*request.next_token);
    if (!text)
      return Error{kInvalidParameter, "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"};
    after = *text;
  }
  return registry_.database().read_value<DescribeRepositoriesResponse>(
      [&](storage::Connection& c) -> Result<DescribeRepositoriesResponse> {
        DescribeRepositoriesResponse response;
        if (request.repository_names) {
          for (const std::string& name : *request.repository_names) {
            RepositoryRequest one{request.registry_id, name};
            CUMULET_TRY(const oci::Repository found, require(c, context, one));
            response.repositories.push_back(told(context, found, store::settings(c, found.id)));
          }
          return response;
        }
        if (request.registry_id && *request.registry_id != kAccountId) return response;
        const auto found = oci::store::list_repositories(c, context.region, after, most + 1);
        for (const oci::Repository& one : found) {
          if (response.repositories.size() == most) {
            response.next_token = hex_encode(*response.repositories.back().repository_name);
            break;
          }
          response.repositories.push_back(told(context, one, store::settings(c, one.id)));
        }
        return response;
      });
}

awaitable<Result<DeleteRepositoryResponse>> Ecr::delete_repository(const Context& context,
                                                                   DeleteRepositoryRequest request) {
  std::function<Result<Repository>(storage::Transaction&)> job =
      [&context, request](storage::Transaction& tx) -> Result<Repository> {
    CUMULET_TRY(const oci::Repository found, require(tx, context, request));
    if (!request.force.value_or(false) && !oci::store::is_empty(tx, found.id))
      return Error{kRepositoryNotEmpty, "The repository with name '" + found.name + "' in registry with id '" +
                                            std::string(kAccountId) +
                                            "' cannot be deleted because it still contains images"};
    Repository out = told(context, found, store::settings(tx, found.id));
    store::remove(tx, found.id);
    oci::store::delete_repository(tx, found.id);
    return out;
  };
  Result<Repository> gone = co_await registry_.database().write_value(std::move(job), storage::Room::reserved);
  if (!gone.ok()) co_return std::move(gone).error();
  registry_.wake();
  DeleteRepositoryResponse response;
  response.repository = std::move(*gone);
  co_return response;
}

Result<GetAuthorizationTokenResponse> Ecr::get_authorization_token(const Context& context,
                                                                   const GetAuthorizationTokenRequest& request) {
  if (request.registry_ids)
    for (const std::string& id : *request.registry_ids)
      if (id != kAccountId)
        return Error{kInvalidParameter,
                     "Invalid parameter at 'registryIds' failed to satisfy constraint: 'there is the registry " +
                         std::string(kAccountId) + " alone here'"};
  const TimePoint expires = clock_.now() + oci::kLoginLifetime;
  const std::string token = registry_.tokens().issue({std::string(kAccountId), context.region, expires});
  GetAuthorizationTokenResponse response;
  AuthorizationData data;
  data.authorization_token = base64_encode("AWS:" + token);
  data.expires_at = expires;
  data.proxy_endpoint = context.endpoint;
  response.authorization_data.push_back(std::move(data));
  return response;
}

Result<DescribeRegistryResponse> Ecr::describe_registry(const Context&, const DescribeRegistryRequest&) {
  DescribeRegistryResponse response;
  response.registry_id = kAccountId;
  response.replication_configuration.emplace();
  return response;
}

awaitable<Result<PutImageTagMutabilityResponse>> Ecr::put_image_tag_mutability(const Context& context,
                                                                               PutImageTagMutabilityRequest request) {
  const oci::Tags tags = request.image_tag_mutability == "IMMUTABLE" ? oci::Tags::immutable : oci::Tags::mutable_;
  Change job = [tags](storage::Transaction& tx, const oci::Repository& repository, Settings&) -> Result<void> {
    oci::store::set_tags(tx, repository.id, tags);
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job)));
  PutImageTagMutabilityResponse response{registry_of(request), request.repository_name, request.image_tag_mutability};
  co_return response;
}

awaitable<Result<PutImageScanningConfigurationResponse>> Ecr::put_image_scanning_configuration(
    const Context& context, PutImageScanningConfigurationRequest request) {
  const bool scans = request.image_scanning_configuration.scan_on_push.value_or(false);
  Change job = [scans](storage::Transaction&, const oci::Repository&, Settings& settings) -> Result<void> {
    settings.scans_on_push = scans;
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job)));
  PutImageScanningConfigurationResponse response;
  response.registry_id = registry_of(request);
  response.repository_name = request.repository_name;
  response.image_scanning_configuration = ImageScanningConfiguration{scans};
  co_return response;
}

awaitable<Result<SetRepositoryPolicyResponse>> Ecr::set_repository_policy(const Context& context,
                                                                          SetRepositoryPolicyRequest request) {
  CUMULET_CO_CHECK(check_policy(request.policy_text));
  Change job = [text = request.policy_text](storage::Transaction&, const oci::Repository&,
                                            Settings& settings) -> Result<void> {
    settings.policy = text;
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job)));
  SetRepositoryPolicyResponse response{registry_of(request), request.repository_name, request.policy_text};
  co_return response;
}

Result<GetRepositoryPolicyResponse> Ecr::get_repository_policy(const Context& context,
                                                               const GetRepositoryPolicyRequest& request) {
  return look<GetRepositoryPolicyResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<GetRepositoryPolicyResponse> {
        auto policy = store::settings(c, repository.id).policy;
        if (!policy) return policy_not_found(request);
        return GetRepositoryPolicyResponse{registry_of(request), repository.name, std::move(policy)};
      });
}

awaitable<Result<DeleteRepositoryPolicyResponse>> Ecr::delete_repository_policy(const Context& context,
                                                                                DeleteRepositoryPolicyRequest request) {
  const auto text = std::make_shared<std::optional<std::string>>();
  Change job = [text, request](storage::Transaction&, const oci::Repository&, Settings& settings) -> Result<void> {
    *text = settings.policy;
    if (!settings.policy) return policy_not_found(request);
    settings.policy.reset();
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job), storage::Room::reserved));
  DeleteRepositoryPolicyResponse response{registry_of(request), request.repository_name, *text};
  co_return response;
}

awaitable<Result<wire::Empty>> Ecr::tag_resource(const Context& context, TagResourceRequest request) {
  CUMULET_CO_TRY(auto resource, resource_of(request.resource_arn));
  Context there = context;
  there.region = resource.first;
  Change job = [tags = std::move(request.tags)](storage::Transaction&, const oci::Repository&, Settings& settings) {
    return add_tags(settings.tags, tags);
  };
  CUMULET_CO_CHECK(co_await change(there, std::move(resource.second), std::move(job)));
  co_return wire::Empty{};
}

awaitable<Result<wire::Empty>> Ecr::untag_resource(const Context& context, UntagResourceRequest request) {
  CUMULET_CO_TRY(auto resource, resource_of(request.resource_arn));
  Context there = context;
  there.region = resource.first;
  Change job = [keys = std::move(request.tag_keys)](storage::Transaction&, const oci::Repository&,
                                                    Settings& settings) -> Result<void> {
    for (const std::string& key : keys) settings.tags.erase(key);
    return {};
  };
  CUMULET_CO_CHECK(co_await change(there, std::move(resource.second), std::move(job), storage::Room::reserved));
  co_return wire::Empty{};
}

Result<ListTagsForResourceResponse> Ecr::list_tags_for_resource(const Context& context,
                                                                const ListTagsForResourceRequest& request) {
  CUMULET_TRY(const auto resource, resource_of(request.resource_arn));
  Context there = context;
  there.region = resource.first;
  return look<ListTagsForResourceResponse>(
      there, resource.second,
      [](storage::Connection& c, const oci::Repository& repository) -> Result<ListTagsForResourceResponse> {
        ListTagsForResourceResponse response;
        for (const auto& [key, value] : store::settings(c, repository.id).tags) response.tags.push_back({key, value});
        return response;
      });
}

}  // namespace cumulet::ecr
