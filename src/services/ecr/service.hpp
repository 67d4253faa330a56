#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/wire/operation.hpp"
#include "oci/registry.hpp"
#include "services/ecr/lifecycle_policy.hpp"
#include "services/ecr/model_image.hpp"
#include "services/ecr/model_lifecycle.hpp"
#include "services/ecr/model_repository.hpp"
#include "services/ecr/store.hpp"

namespace cumulet::ecr {

// ECR: repositories, their settings and policies, and AWS's own way to the images that tools push and pull by the
// distribution API (oci::Distribution). Both see the same registry. Operations that write are coroutines, those that
// read run on workers.
class Ecr {
 public:
  // What is referred to outlives the service.
  Ecr(oci::Registry& registry, const Clock& clock);
  ~Ecr();

  Result<void> load();
  void start();  // applies lifecycle policies: now, every hour, and when something was pushed
  void stop();
  // One round of that. Blocking. How many images expired.
  std::size_t apply_lifecycle_policies();

  template <class T>
  using Async = awaitable<Result<T>>;
  using Context = wire::CallContext;

  Async<CreateRepositoryResponse> create_repository(const Context&, CreateRepositoryRequest);
  Result<DescribeRepositoriesResponse> describe_repositories(const Context&, const DescribeRepositoriesRequest&);
  Async<DeleteRepositoryResponse> delete_repository(const Context&, DeleteRepositoryRequest);
  Result<GetAuthorizationTokenResponse> get_authorization_token(const Context&, const GetAuthorizationTokenRequest&);
  Result<DescribeRegistryResponse> describe_registry(const Context&, const DescribeRegistryRequest&);
  Async<PutImageTagMutabilityResponse> put_image_tag_mutability(const Context&, PutImageTagMutabilityRequest);
  Async<PutImageScanningConfigurationResponse> put_image_scanning_configuration(const Context&,
                                                                                PutImageScanningConfigurationRequest);
  Async<SetRepositoryPolicyResponse> set_repository_policy(const Context&, SetRepositoryPolicyRequest);
  Result<GetRepositoryPolicyResponse> get_repository_policy(const Context&, const GetRepositoryPolicyRequest&);
  Async<DeleteRepositoryPolicyResponse> delete_repository_policy(const Context&, DeleteRepositoryPolicyRequest);
  Async<wire::Empty> tag_resource(const Context&, TagResourceRequest);
  Async<wire::Empty> untag_resource(const Context&, UntagResourceRequest);
  Result<ListTagsForResourceResponse> list_tags_for_resource(const Context&, const ListTagsForResourceRequest&);

  Result<ListImagesResponse> list_images(const Context&, const ListImagesRequest&);
  Result<DescribeImagesResponse> describe_images(const Context&, const DescribeImagesRequest&);
  Result<BatchGetImageResponse> batch_get_image(const Context&, const BatchGetImageRequest&);
  Async<BatchDeleteImageResponse> batch_delete_image(const Context&, BatchDeleteImageRequest);
  Async<PutImageResponse> put_image(const Context&, PutImageRequest);

  Result<BatchCheckLayerAvailabilityResponse> batch_check_layer_availability(const Context&,
                                                                             const BatchCheckLayerAvailabilityRequest&);
  Result<GetDownloadUrlForLayerResponse> get_download_url_for_layer(const Context&,
                                                                    const GetDownloadUrlForLayerRequest&);
  Async<InitiateLayerUploadResponse> initiate_layer_upload(const Context&, InitiateLayerUploadRequest);
  Async<UploadLayerPartResponse> upload_layer_part(const Context&, UploadLayerPartRequest);
  Async<CompleteLayerUploadResponse> complete_layer_upload(const Context&, CompleteLayerUploadRequest);

  Async<PutLifecyclePolicyResponse> put_lifecycle_policy(const Context&, PutLifecyclePolicyRequest);
  Result<GetLifecyclePolicyResponse> get_lifecycle_policy(const Context&, const GetLifecyclePolicyRequest&);
  Async<DeleteLifecyclePolicyResponse> delete_lifecycle_policy(const Context&, DeleteLifecyclePolicyRequest);
  Async<StartLifecyclePolicyPreviewResponse> start_lifecycle_policy_preview(const Context&,
                                                                            StartLifecyclePolicyPreviewRequest);
  Result<GetLifecyclePolicyPreviewResponse> get_lifecycle_policy_preview(const Context&,
                                                                         const GetLifecyclePolicyPreviewRequest&);

 private:
  // Reads in a repository that must be there.
  template <class Out>
  Result<Out> look(const Context& context, const RepositoryRequest& request,
                   const std::function<Result<Out>(storage::Connection&, const oci::Repository&)>& query);
  // Changes one's settings.
  using Change = std::function<Result<void>(storage::Transaction&, const oci::Repository&, Settings&)>;
  awaitable<Result<void>> change(const Context& context, RepositoryRequest request, Change change,
                                 storage::Room room = storage::Room::ordinary);
  awaitable<Result<oci::Repository>> find(const Context& context, const RepositoryRequest& request);
  std::size_t expire(const store::Policed& policed, TimePoint now);

  oci::Registry& registry_;
  const Clock& clock_;
  std::shared_ptr<oci::Rounds> rounds_;
};

// --- for the service's files ---

std::string registry_of(const RepositoryRequest& request);
// The repository, or RepositoryNotFoundException: also in another account's registry.
Result<oci::Repository> require(storage::Connection& c, const wire::CallContext& context,
                                const RepositoryRequest& request);
// What the registry says, as ECR says it.
Error worded(Error error, const RepositoryRequest& request);
// Pages: an offset, opaque.
Result<std::size_t> offset_of(const std::optional<std::string>& token);
std::string token_of(std::size_t offset);
std::vector<AgingImage> aging_images(storage::Connection& c, std::int64_t repository);

template <class Out>
Result<Out> Ecr::look(const Context& context, const RepositoryRequest& request,
                      const std::function<Result<Out>(storage::Connection&, const oci::Repository&)>& query) {
  return registry_.database().read_value<Out>([&](storage::Connection& c) -> Result<Out> {
    CUMULET_TRY(const oci::Repository repository, require(c, context, request));
    return query(c, repository);
  });
}

// `service` must outlive the descriptor.
wire::ServiceDescriptor describe(Ecr& service);

}  // namespace cumulet::ecr
