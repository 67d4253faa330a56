#include <algorithm>

#include "base/arn.hpp"
#include "oci/errors.hpp"
#include "oci/names.hpp"
#include "services/ecr/errors.hpp"
#include "services/ecr/service.hpp"

namespace cumulet::ecr {
namespace {

constexpr int kPage = 100;
constexpr std::size_t kMostManifests = 100'000;  // of a repository, AWS's quota; one look goes over all of them

std::string quoted(const std::optional<std::string>& text) { return text ? '\'' + *text + '\'' : "null"; }

Error image_not_found(const RepositoryRequest& request, const ImageIdentifier& id) {
  return Error{kImageNotFound, "The image with imageId {imageDigest:" + quoted(id.image_digest) +
                                   ", imageTag:" + quoted(id.image_tag) +
                                   "} does not exist within the repository with name '" + request.repository_name +
                                   "' in the registry with id '" + registry_of(request) + "'"};
}

ImageFailure failure(const ImageIdentifier& id, std::string_view code, std::string reason) {
  return {id, std::string(code), std::move(reason)};
}

// What an identifier names: a digest, or why not.
struct Named {
  oci::Digest digest;
  std::optional<ImageFailure> failure;
};
Named resolve(storage::Connection& c, std::int64_t repository, const ImageIdentifier& id) {
  const auto no = [&](std::string_view code, std::string reason) {
    return Named{{}, failure(id, code, std::move(reason))};
  };
  if (!id.image_digest && !id.image_tag)
    return no("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
  std::optional<oci::Digest> digest;
  if (id.image_digest) {
    digest = oci::Digest::parse(*id.image_digest);
    if (!digest)
      return no("InvalidImageDigest",
                "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'");
  }
  if (id.image_tag) {
    if (!oci::is_tag(*id.image_tag))
      return no("InvalidImageTag",
                "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]*'");
    const auto by_tag = oci::store::digest_of_tag(c, repository, *id.image_tag);
    if (!by_tag) return no("ImageNotFound", "Requested image not found");
    if (digest && *digest != *by_tag)
      return no("ImageTagDoesNotMatchDigest", "Requested image tag does not match the requested digest");
    digest = by_tag;
  }
  if (!oci::store::has_manifest(c, repository, *digest)) return no("ImageNotFound", "Requested image not found");
  return {*digest, std::nullopt};
}

bool wants(const std::optional<std::string>& status, bool is_tagged) {
  if (status == "TAGGED") return is_tagged;
  if (status == "UNTAGGED") return !is_tagged;
  return true;
}

ImageDetail detail_of(storage::Connection& c, const oci::Repository& repository, const oci::StoredManifest& manifest) {
  ImageDetail out;
  out.registry_id = kAccountId;
  out.repository_name = repository.name;
  out.image_digest = manifest.digest.text();
  auto tags = oci::store::tags_of(c, repository.id, manifest.digest);
  if (!tags.empty()) out.image_tags = std::move(tags);
  // Of an index, as on AWS, that of what it names is not counted.
  out.image_size_in_bytes = static_cast<std::int64_t>(manifest.image_bytes);
  out.image_pushed_at = manifest.pushed;
  out.image_manifest_media_type = manifest.media_type;
  if (!manifest.artifact_type.empty()) out.artifact_media_type = manifest.artifact_type;
  out.last_recorded_pull_time = manifest.pulled;
  return out;
}

// One page of `all`, and the token of the next.
template <class T>
std::optional<std::string> cut_page(std::vector<T>& all, std::size_t offset, std::size_t most) {
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(offset, all.size())));
  if (all.size() <= most) return std::nullopt;
  all.resize(most);
  return token_of(offset + most);
}

}  // namespace

Result<ListImagesResponse> Ecr::list_images(const Context& context, const ListImagesRequest& request) {
  CUMULET_TRY(const std::size_t offset, offset_of(request.next_token));
  const std::size_t most = static_cast<std::size_t>(request.max_results.value_or(kPage));
  const auto status = request.filter ? request.filter->tag_status : std::nullopt;
  return look<ListImagesResponse>(
      context, request, [&](storage::Connection& c, const oci::Repository& repository) -> Result<ListImagesResponse> {
        ListImagesResponse response;
        for (const auto& manifest : oci::store::list_manifests(c, repository.id, "", kMostManifests)) {
          const auto tags = oci::store::tags_of(c, repository.id, manifest.digest);
          if (tags.empty() && wants(status, false))
            response.image_ids.push_back({manifest.digest.text(), std::nullopt});
          if (!wants(status, true)) continue;
          for (const std::string& tag : tags) response.image_ids.push_back({manifest.digest.text(), tag});
        }
        response.next_token = cut_page(response.image_ids, offset, most);
        return response;
      });
}

Result<DescribeImagesResponse> Ecr::describe_images(const Context& context, const DescribeImagesRequest& request) {
  CUMULET_TRY(const std::size_t offset, offset_of(request.next_token));
  const std::size_t most = static_cast<std::size_t>(request.max_results.value_or(kPage));
  const auto status = request.filter ? request.filter->tag_status : std::nullopt;
  return look<DescribeImagesResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<DescribeImagesResponse> {
        DescribeImagesResponse response;
        if (request.image_ids) {
          for (const ImageIdentifier& id : *request.image_ids) {
            const Named named = resolve(c, repository.id, id);
            if (named.failure && named.failure->failure_code == "ImageNotFound") return image_not_found(request, id);
            if (named.failure)
              return Error{kInvalidParameter, "Invalid parameter at 'imageIds' failed to satisfy constraint: '" +
                                                  *named.failure->failure_reason + "'"};
            if (const auto manifest = oci::store::find_manifest(c, repository.id, named.digest))
              response.image_details.push_back(detail_of(c, repository, *manifest));
          }
          return response;
        }
        for (const auto& manifest : oci::store::list_manifests(c, repository.id, "", kMostManifests)) {
          ImageDetail detail = detail_of(c, repository, manifest);
          if (wants(status, detail.image_tags.has_value())) response.image_details.push_back(std::move(detail));
        }
        response.next_token = cut_page(response.image_details, offset, most);
        return response;
      });
}

Result<BatchGetImageResponse> Ecr::batch_get_image(const Context& context, const BatchGetImageRequest& request) {
  return look<BatchGetImageResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<BatchGetImageResponse> {
        BatchGetImageResponse response;
        for (const ImageIdentifier& id : request.image_ids) {
          Named named = resolve(c, repository.id, id);
          if (named.failure) {
            response.failures.push_back(std::move(*named.failure));
            continue;
          }
          auto manifest = oci::store::find_manifest(c, repository.id, named.digest);
          const auto& accepted = request.accepted_media_types;
          if (!manifest ||
              (accepted && std::find(accepted->begin(), accepted->end(), manifest->media_type) == accepted->end())) {
            // ECR would convert between the types of one image; nothing is converted here.
            response.failures.push_back(failure(id, "ImageNotFound", "Requested image not found"));
            continue;
          }
          Image image;
          image.registry_id = kAccountId;
          image.repository_name = repository.name;
          image.image_id = ImageIdentifier{named.digest.text(), id.image_tag};
          image.image_manifest = std::move(manifest->bytes);
          image.image_manifest_media_type = manifest->media_type;
          response.images.push_back(std::move(image));
        }
        return response;
      });
}

awaitable<Result<BatchDeleteImageResponse>> Ecr::batch_delete_image(const Context& context,
                                                                    BatchDeleteImageRequest request) {
  std::function<Result<BatchDeleteImageResponse>(storage::Transaction&)> job =
      [&context, request = std::move(request)](storage::Transaction& tx) -> Result<BatchDeleteImageResponse> {
    CUMULET_TRY(const oci::Repository repository, require(tx, context, request));
    BatchDeleteImageResponse response;
    for (const ImageIdentifier& id : request.image_ids) {
      Named named = resolve(tx, repository.id, id);
      if (named.failure) {
        response.failures.push_back(std::move(*named.failure));
        continue;
      }
      const auto tags = oci::store::tags_of(tx, repository.id, named.digest);
      // A tag takes the image with it when it is the last.
      const bool only_tag = id.image_tag && (tags.size() > 1 || tags.front() != *id.image_tag);
      if (only_tag && !id.image_digest) {
        oci::store::delete_tag(tx, repository.id, *id.image_tag);
        response.image_ids.push_back({named.digest.text(), id.image_tag});
        continue;
      }
      const auto gone = oci::store::delete_manifest(tx, repository.id, named.digest);
      if (!gone.ok()) {
        response.failures.push_back(
            failure(id, "ImageReferencedByManifestList", "Requested image referenced by manifest list"));
        continue;
      }
      if (tags.empty()) response.image_ids.push_back({named.digest.text(), std::nullopt});
      for (const std::string& tag : tags) response.image_ids.push_back({named.digest.text(), tag});
    }
    return response;
  };
  Result<BatchDeleteImageResponse> response =
      co_await registry_.database().write_value(std::move(job), storage::Room::reserved);
  if (response.ok()) registry_.wake();
  co_return response;
}

awaitable<Result<PutImageResponse>> Ecr::put_image(const Context& context, PutImageRequest request) {
  if (registry_of(request) != kAccountId) {
    Error unknown{oci::kNameUnknown, ""};
    co_return worded(std::move(unknown), request);
  }
  if (request.image_tag && !oci::is_tag(*request.image_tag))
    co_return Error{kInvalidParameter,
                    "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy "
                    "regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}''"};
  oci::Digest digest;
  if (request.image_digest) {
    const auto parsed = oci::Digest::parse(*request.image_digest);
    if (!parsed)
      co_return Error{kInvalidParameter,
                      "Invalid parameter at 'imageDigest' failed to satisfy constraint: 'must be a sha256 digest'"};
    digest = *parsed;
  }
  std::string region = context.region, name = request.repository_name;
  std::string bytes = request.image_manifest, type = request.image_manifest_media_type.value_or("");
  std::optional<std::string> tag = request.image_tag;
  Result<oci::Registry::Put> put = co_await registry_.put_manifest(std::move(region), std::move(name), std::move(bytes),
                                                                   std::move(type), std::move(tag), std::move(digest));
  if (!put.ok()) co_return worded(std::move(put).error(), request);
  if (!put->is_new) {
    const std::string with_tag = request.image_tag ? " and tag '" + *request.image_tag + "'" : "";
    co_return Error{kImageExists, "Image with digest '" + put->digest.text() + "'" + with_tag +
                                      " already exists in the repository with name '" + request.repository_name +
                                      "' in registry with id '" + std::string(kAccountId) + "'"};
  }
  PutImageResponse response;
  Image& image = response.image.emplace();
  image.registry_id = kAccountId;
  image.repository_name = request.repository_name;
  image.image_id = ImageIdentifier{put->digest.text(), request.image_tag};
  image.image_manifest = std::move(request.image_manifest);
  image.image_manifest_media_type = put->manifest.media_type;
  co_return response;
}

}  // namespace cumulet::ecr
