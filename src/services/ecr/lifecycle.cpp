#include <algorithm>

#include "base/log.hpp"
#include "services/ecr/errors.hpp"
#include "services/ecr/service.hpp"

namespace cumulet::ecr {
namespace {

constexpr std::size_t kMostManifests = 100'000;
constexpr int kPage = 100;

Error policy_not_found(const RepositoryRequest& request) {
  return Error{kLifecyclePolicyNotFound, "Lifecycle policy does not exist for the repository with name '" +
                                             request.repository_name + "' in the registry with id '" +
                                             registry_of(request) + "'"};
}

}  // namespace

std::vector<AgingImage> aging_images(storage::Connection& c, std::int64_t repository) {
  std::vector<AgingImage> out;
  for (const auto& manifest : oci::store::list_manifests(c, repository, "", kMostManifests))
    out.push_back({manifest.digest.text(), oci::store::tags_of(c, repository, manifest.digest), manifest.pushed,
                   oci::store::is_needed(c, repository, manifest.digest)});
  return out;
}

awaitable<Result<PutLifecyclePolicyResponse>> Ecr::put_lifecycle_policy(const Context& context,
                                                                        PutLifecyclePolicyRequest request) {
  CUMULET_CO_CHECK(parse_lifecycle_policy(request.lifecycle_policy_text));
  Change job = [text = request.lifecycle_policy_text](storage::Transaction&, const oci::Repository&,
                                                      Settings& settings) -> Result<void> {
    settings.lifecycle = text;
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job)));
  rounds_->wake();
  PutLifecyclePolicyResponse response{registry_of(request), request.repository_name, request.lifecycle_policy_text};
  co_return response;
}

Result<GetLifecyclePolicyResponse> Ecr::get_lifecycle_policy(const Context& context,
                                                             const GetLifecyclePolicyRequest& request) {
  return look<GetLifecyclePolicyResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<GetLifecyclePolicyResponse> {
        Settings settings = store::settings(c, repository.id);
        if (!settings.lifecycle) return policy_not_found(request);
        return GetLifecyclePolicyResponse{registry_of(request), repository.name, std::move(settings.lifecycle),
                                          settings.evaluated};
      });
}

awaitable<Result<DeleteLifecyclePolicyResponse>> Ecr::delete_lifecycle_policy(const Context& context,
                                                                              DeleteLifecyclePolicyRequest request) {
  const auto before = std::make_shared<Settings>();
  Change job = [before, request](storage::Transaction&, const oci::Repository&, Settings& settings) -> Result<void> {
    *before = settings;
    if (!settings.lifecycle) return policy_not_found(request);
    settings.lifecycle.reset();
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job), storage::Room::reserved));
  DeleteLifecyclePolicyResponse response{registry_of(request), request.repository_name, before->lifecycle,
                                         before->evaluated};
  co_return response;
}

// The preview is there at once: GetLifecyclePolicyPreview works it out.
awaitable<Result<StartLifecyclePolicyPreviewResponse>> Ecr::start_lifecycle_policy_preview(
    const Context& context, StartLifecyclePolicyPreviewRequest request) {
  if (request.lifecycle_policy_text) CUMULET_CO_CHECK(parse_lifecycle_policy(*request.lifecycle_policy_text));
  const auto text = std::make_shared<std::optional<std::string>>(request.lifecycle_policy_text);
  Change job = [text, request](storage::Transaction&, const oci::Repository&, Settings& settings) -> Result<void> {
    *text = request.lifecycle_policy_text ? request.lifecycle_policy_text : settings.lifecycle;
    if (!*text) return policy_not_found(request);
    settings.previewed = *text;
    return {};
  };
  CUMULET_CO_CHECK(co_await change(context, request, std::move(job)));
  StartLifecyclePolicyPreviewResponse response{registry_of(request), request.repository_name, *text, "COMPLETE"};
  co_return response;
}

Result<GetLifecyclePolicyPreviewResponse> Ecr::get_lifecycle_policy_preview(
    const Context& context, const GetLifecyclePolicyPreviewRequest& request) {
  CUMULET_TRY(const std::size_t offset, offset_of(request.next_token));
  const std::size_t most = static_cast<std::size_t>(request.max_results.value_or(kPage));
  const auto status = request.filter ? request.filter->tag_status : std::nullopt;
  const auto is_asked_for = [&](const AgingImage& image) {
    if (status == "TAGGED" && image.tags.empty()) return false;
    if (status == "UNTAGGED" && !image.tags.empty()) return false;
    if (!request.image_ids) return true;
    return std::any_of(request.image_ids->begin(), request.image_ids->end(), [&](const ImageIdentifier& id) {
      return (!id.image_digest || *id.image_digest == image.digest) &&
             (!id.image_tag || std::find(image.tags.begin(), image.tags.end(), *id.image_tag) != image.tags.end());
    });
  };
  return look<GetLifecyclePolicyPreviewResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<GetLifecyclePolicyPreviewResponse> {
        Settings settings = store::settings(c, repository.id);
        if (!settings.previewed)
          return Error{kPreviewNotFound, "There is no dry run for the lifecycle policy of the repository with name '" +
                                             repository.name + "' in the registry with id '" + registry_of(request) +
                                             "'"};
        CUMULET_TRY(const LifecyclePolicy policy, parse_lifecycle_policy(*settings.previewed));
        const auto images = aging_images(c, repository.id);
        const auto all = expired(policy, images, clock_.now());
        GetLifecyclePolicyPreviewResponse response;
        response.registry_id = registry_of(request);
        response.repository_name = repository.name;
        response.lifecycle_policy_text = std::move(settings.previewed);
        response.status = "COMPLETE";
        response.summary = LifecyclePolicyPreviewSummary{static_cast<int>(all.size())};
        std::size_t seen = 0;
        for (const Expiry& one : all) {
          const AgingImage& image = images[one.image];
          if (!is_asked_for(image)) continue;
          if (++seen <= offset) continue;
          if (response.preview_results.size() == most) {
            response.next_token = token_of(offset + most);
            break;
          }
          LifecyclePolicyPreviewResult result;
          if (!image.tags.empty()) result.image_tags = image.tags;
          result.image_digest = image.digest;
          result.image_pushed_at = image.pushed;
          result.action = LifecyclePolicyRuleAction{"EXPIRE"};
          result.applied_rule_priority = one.priority;
          response.preview_results.push_back(std::move(result));
        }
        return response;
      });
}

std::size_t Ecr::expire(const store::Policed& policed, TimePoint now) {
  const auto policy = parse_lifecycle_policy(policed.lifecycle);
  if (!policy.ok()) return 0;
  // The writer's thread has others to serve: what goes is found beside it, and looked at again there.
  std::vector<std::string> digests;
  const auto found = registry_.database().read([&](storage::Connection& c) -> Result<void> {
    const auto images = aging_images(c, policed.repository);
    for (const Expiry& one : expired(*policy, images, now)) digests.push_back(images[one.image].digest);
    return {};
  });
  std::size_t gone = 0;
  const auto done = registry_.database().write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        gone = 0;
        if (!digests.empty()) {
          const auto images = aging_images(tx, policed.repository);
          for (const Expiry& one : expired(*policy, images, now)) {
            const auto digest = oci::Digest::parse(images[one.image].digest);
            const auto deleted = oci::store::delete_manifest(tx, policed.repository, *digest);
            if (deleted.ok() && *deleted) ++gone;
          }
        }
        store::note_evaluated(tx, policed.repository, now);
        return {};
      },
      storage::Room::reserved);
  for (const auto* step : {&found, &done})
    if (!step->ok())
      log::warn("the lifecycle policy of {} could not be applied: {}", policed.name, step->error().message());
  if (gone > 0) log::info("{} images of {} expired by its lifecycle policy", gone, policed.name);
  return gone;
}

std::size_t Ecr::apply_lifecycle_policies() {
  std::vector<store::Policed> all;
  const auto read = registry_.database().read([&](storage::Connection& c) -> Result<void> {
    all = store::with_lifecycle(c);
    return {};
  });
  if (!read.ok()) return 0;
  // A wall's clock that somebody set forward must not expire everything at once.
  const TimePoint now = std::min(clock_.now(), clock_.steady());
  std::size_t gone = 0;
  for (const store::Policed& one : all) gone += expire(one, now);
  if (gone > 0) registry_.wake();
  return gone;
}

}  // namespace cumulet::ecr
