#include "services/ecr/errors.hpp"
#include "services/ecr/service.hpp"

namespace cumulet::ecr {

wire::ServiceDescriptor describe(Ecr& ecr) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "ecr";
  service.target_prefix = "AmazonEC2ContainerRegistry_V20150921";
  service.api_version = "2015-09-21";
  service.protocols = {wire::Protocol::aws_json_1_1};
  service.validation_error = &kInvalidParameter;
  service.buffered_body_bytes = 30u << 20;  // a part of 20 MB arrives in base64
  auto& rows = service.operations;
  rows.push_back(operation("BatchCheckLayerAvailability", ecr, &Ecr::batch_check_layer_availability));
  rows.push_back(operation("BatchDeleteImage", ecr, &Ecr::batch_delete_image));
  rows.push_back(operation("BatchGetImage", ecr, &Ecr::batch_get_image));
  rows.push_back(operation("CompleteLayerUpload", ecr, &Ecr::complete_layer_upload));
  rows.push_back(operation("CreateRepository", ecr, &Ecr::create_repository));
  rows.push_back(operation("DeleteLifecyclePolicy", ecr, &Ecr::delete_lifecycle_policy));
  rows.push_back(operation("DeleteRepository", ecr, &Ecr::delete_repository));
  rows.push_back(operation("DeleteRepositoryPolicy", ecr, &Ecr::delete_repository_policy));
  rows.push_back(operation("DescribeImages", ecr, &Ecr::describe_images));
  rows.push_back(operation("DescribeRegistry", ecr, &Ecr::describe_registry));
  rows.push_back(operation("DescribeRepositories", ecr, &Ecr::describe_repositories));
  rows.push_back(operation("GetAuthorizationToken", ecr, &Ecr::get_authorization_token));
  rows.push_back(operation("GetDownloadUrlForLayer", ecr, &Ecr::get_download_url_for_layer));
  rows.push_back(operation("GetLifecyclePolicy", ecr, &Ecr::get_lifecycle_policy));
  rows.push_back(operation("GetLifecyclePolicyPreview", ecr, &Ecr::get_lifecycle_policy_preview));
  rows.push_back(operation("GetRepositoryPolicy", ecr, &Ecr::get_repository_policy));
  rows.push_back(operation("InitiateLayerUpload", ecr, &Ecr::initiate_layer_upload));
  rows.push_back(operation("ListImages", ecr, &Ecr::list_images));
  rows.push_back(operation("ListTagsForResource", ecr, &Ecr::list_tags_for_resource));
  rows.push_back(operation("PutImage", ecr, &Ecr::put_image));
  rows.push_back(operation("PutImageScanningConfiguration", ecr, &Ecr::put_image_scanning_configuration));
  rows.push_back(operation("PutImageTagMutability", ecr, &Ecr::put_image_tag_mutability));
  rows.push_back(operation("PutLifecyclePolicy", ecr, &Ecr::put_lifecycle_policy));
  rows.push_back(operation("SetRepositoryPolicy", ecr, &Ecr::set_repository_policy));
  rows.push_back(operation("StartLifecyclePolicyPreview", ecr, &Ecr::start_lifecycle_policy_preview));
  rows.push_back(operation("TagResource", ecr, &Ecr::tag_resource));
  rows.push_back(operation("UntagResource", ecr, &Ecr::untag_resource));
  rows.push_back(operation("UploadLayerPart", ecr, &Ecr::upload_layer_part));
  return service;
}

}  // namespace cumulet::ecr
