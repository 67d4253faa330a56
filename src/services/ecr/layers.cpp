#include "base/arn.hpp"
#include "oci/errors.hpp"
#include "services/ecr/errors.hpp"
#include "services/ecr/service.hpp"

// The way of layers that AWS's SDKs have; tools use the distribution API.
namespace cumulet::ecr {
namespace {

constexpr std::int64_t kPartBytes = 10 << 20;  // what InitiateLayerUpload asks for
constexpr Seconds kDownloadLifetime = std::chrono::hours(1);

// A part's bytes, which are here already.
class Bytes final : public http::BodyStream {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  awaitable<Result<std::string_view>> read() override { co_return std::exchange(text_, {}); }

 private:
  std::string_view text_;
};

Error layer_not_found(const RepositoryRequest& request, const std::string& digest) {
  return Error{kLayersNotFound, "Layer with digest '" + digest + "' does not exist in the repository with name '" +
                                    request.repository_name + "' in the registry with id '" + registry_of(request) +
                                    "'"};
}

Error upload_not_found(const RepositoryRequest& request, const std::string& id) {
  return Error{kUploadNotFound, "The upload with id '" + id + "' does not exist in the repository with name '" +
                                    request.repository_name + "' in the registry with id '" + registry_of(request) +
                                    "'"};
}

}  // namespace

awaitable<Result<oci::Repository>> Ecr::find(const Context& context, const RepositoryRequest& request) {
  auto found = std::make_shared<std::optional<oci::Repository>>();
  std::function<Result<void>()> look_up = [this, found, &context, &request]() -> Result<void> {
    return registry_.database().read([&](storage::Connection& c) -> Result<void> {
      CUMULET_TRY(*found, require(c, context, request));
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look_up)));
  co_return std::move(**found);
}

Result<BatchCheckLayerAvailabilityResponse> Ecr::batch_check_layer_availability(
    const Context& context, const BatchCheckLayerAvailabilityRequest& request) {
  return look<BatchCheckLayerAvailabilityResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<BatchCheckLayerAvailabilityResponse> {
        BatchCheckLayerAvailabilityResponse response;
        for (const std::string& text : request.layer_digests) {
          const auto digest = oci::Digest::parse(text);
          if (!digest) {
            response.failures.push_back({text, "InvalidLayerDigest", "Invalid layer digest provided"});
            continue;
          }
          Layer layer;
          layer.layer_digest = text;
          if (const auto size = oci::store::blob_size(c, repository.id, *digest)) {
            registry_.touch(repository.id, *digest);
            layer.layer_availability = "AVAILABLE";
            layer.layer_size = static_cast<std::int64_t>(*size);
          } else {
            layer.layer_availability = "UNAVAILABLE";
          }
          response.layers.push_back(std::move(layer));
        }
        return response;
      });
}

Result<GetDownloadUrlForLayerResponse> Ecr::get_download_url_for_layer(const Context& context,
                                                                       const GetDownloadUrlForLayerRequest& request) {
  return look<GetDownloadUrlForLayerResponse>(
      context, request,
      [&](storage::Connection& c, const oci::Repository& repository) -> Result<GetDownloadUrlForLayerResponse> {
        const auto digest = oci::Digest::parse(request.layer_digest);
        if (!digest || !oci::store::blob_size(c, repository.id, *digest))
          return layer_not_found(request, request.layer_digest);
        const std::string token =
            registry_.tokens().issue({std::string(kAccountId), context.region, clock_.now() + kDownloadLifetime});
        GetDownloadUrlForLayerResponse response;
        response.download_url =
            context.endpoint + "/v2/" + repository.name + "/blobs/" + digest->text() + "?token=" + token;
        response.layer_digest = digest->text();
        return response;
      });
}

awaitable<Result<InitiateLayerUploadResponse>> Ecr::initiate_layer_upload(const Context& context,
                                                                          InitiateLayerUploadRequest request) {
  Result<oci::Repository> repository = co_await find(context, request);
  if (!repository.ok()) co_return std::move(repository).error();
  oci::Repository target = std::move(*repository);
  Result<oci::Uploads::Progress> begun = co_await registry_.uploads().begin(std::move(target));
  if (!begun.ok()) co_return worded(std::move(begun).error(), request);
  InitiateLayerUploadResponse response{begun->id, kPartBytes};
  co_return response;
}

awaitable<Result<UploadLayerPartResponse>> Ecr::upload_layer_part(const Context& context,
                                                                  UploadLayerPartRequest request) {
  Result<oci::Repository> repository = co_await find(context, request);
  if (!repository.ok()) co_return std::move(repository).error();
  const std::int64_t id = repository->id;
  std::string upload = request.upload_id;
  Result<oci::Uploads::Progress> before = co_await registry_.uploads().status(id, std::move(upload));
  if (!before.ok()) co_return upload_not_found(request, request.upload_id);
  const auto invalid = [&](std::string why) {
    return Error{kInvalidLayerPart,
                 std::move(why),
                 {{"registryId", registry_of(request)},
                  {"repositoryName", request.repository_name},
                  {"uploadId", request.upload_id}}};
  };
  const std::string& part = request.layer_part_blob.bytes;
  if (request.part_last_byte - request.part_first_byte + 1 != static_cast<std::int64_t>(part.size()))
    co_return invalid(
        "The layer part size is not valid, or the first byte specified is not consecutive to the last "
        "byte of a previous layer part upload");
  Bytes body(part);
  const oci::ChunkRange range{static_cast<std::uint64_t>(request.part_first_byte),
                              static_cast<std::uint64_t>(request.part_last_byte)};
  upload = request.upload_id;
  Result<oci::Uploads::Progress> after = co_await registry_.uploads().append(id, std::move(upload), &body, range);
  if (!after.ok()) {
    if (after.error().is(oci::kRangeInvalid)) co_return invalid(after.error().message());
    if (after.error().is(oci::kBlobUploadUnknown)) co_return upload_not_found(request, request.upload_id);
    co_return worded(std::move(after).error(), request);
  }
  UploadLayerPartResponse response{registry_of(request), request.repository_name, request.upload_id,
                                   static_cast<std::int64_t>(after->size) - 1};
  co_return response;
}

awaitable<Result<CompleteLayerUploadResponse>> Ecr::complete_layer_upload(const Context& context,
                                                                          CompleteLayerUploadRequest request) {
  Result<oci::Repository> repository = co_await find(context, request);
  if (!repository.ok()) co_return std::move(repository).error();
  const std::int64_t id = repository->id;
  std::string upload = request.upload_id;
  Result<oci::Uploads::Progress> progress = co_await registry_.uploads().status(id, std::move(upload));
  if (!progress.ok()) co_return upload_not_found(request, request.upload_id);
  if (progress->size == 0) co_return Error{kEmptyUpload, "The specified layer upload does not contain any layer parts"};
  const auto digest = oci::Digest::parse(request.layer_digests.front());
  if (!digest)
    co_return Error{kInvalidLayer,
                    "The layer digest calculation performed by Amazon ECR does not match the digest that "
                    "was specified"};
  const auto is_there = std::make_shared<bool>(false);
  std::function<Result<void>()> look_up = [this, is_there, id, digest = *digest] {
    return registry_.database().read([&](storage::Connection& c) -> Result<void> {
      *is_there = oci::store::blob_size(c, id, digest).has_value();
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look_up)));
  if (*is_there)
    co_return Error{kLayerExists, "The layer with digest '" + digest->text() +
                                      "' already exists in the repository with name '" + request.repository_name +
                                      "' in the registry with id '" + registry_of(request) + "'"};
  upload = request.upload_id;
  Result<std::uint64_t> size =
      co_await registry_.uploads().finish(id, std::move(upload), nullptr, std::nullopt, *digest);
  if (!size.ok()) {
    if (size.error().is(oci::kDigestInvalid))
      co_return Error{kInvalidLayer,
                      "The layer digest calculation performed by Amazon ECR does not match the digest "
                      "that was specified"};
    co_return worded(std::move(size).error(), request);
  }
  CompleteLayerUploadResponse response{registry_of(request), request.repository_name, request.upload_id,
                                       digest->text()};
  co_return response;
}

}  // namespace cumulet::ecr
