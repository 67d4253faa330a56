#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Repositories, logins, settings and tags.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
namespace cumulet::ecr {

using wire::join;
using wire::member;
using wire::structure;

inline constexpr std::string_view kEncryptionTypes[] = {"AES256", "KMS"};
inline constexpr std::string_view kImageTagMutabilities[] = {"MUTABLE", "IMMUTABLE"};

inline constexpr std::string_view kRegistryIdPattern = "[0-9]{12}";
inline constexpr std::string_view kRepositoryNamePattern =
    "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
inline constexpr std::string_view kLayerDigestPattern = "[a-zA-Z0-9_+.-]+:[a-fA-F0-9]+";
inline constexpr std::string_view kUploadIdPattern =
    "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

// What most requests name.
struct RepositoryRequest {
  std::optional<std::string> registry_id;
  std::string repository_name;

  static wire::MemberList members() {
    return {member<&RepositoryRequest::registry_id>("registryId").pattern(kRegistryIdPattern),
            member<&RepositoryRequest::repository_name>("repositoryName")
                .required()
                .range(2, 256)
                .pattern(kRepositoryNamePattern)};
  }
};

struct Tag {
  std::optional<std::string> key;
  std::optional<std::string> value;

  static wire::Shape shape() { return structure("Tag", {member<&Tag::key>("Key"), member<&Tag::value>("Value")}); }
};

struct ImageScanningConfiguration {
  std::optional<bool> scan_on_push;

  static wire::Shape shape() {
    return structure("ImageScanningConfiguration", {member<&ImageScanningConfiguration::scan_on_push>("scanOnPush")});
  }
};

struct EncryptionConfiguration {
  std::string encryption_type;
  std::optional<std::string> kms_key;

  static wire::Shape shape() {
    return structure(
        "EncryptionConfiguration",
        {member<&EncryptionConfiguration::encryption_type>("encryptionType").required().one_of(kEncryptionTypes),
         member<&EncryptionConfiguration::kms_key>("kmsKey").range(1, 2048)});
  }
};

struct CreateRepositoryRequest : RepositoryRequest {
  std::optional<std::vector<Tag>> tags;
  std::optional<std::string> image_tag_mutability;
  std::optional<ImageScanningConfiguration> image_scanning_configuration;
  std::optional<EncryptionConfiguration> encryption_configuration;

  static wire::Shape shape() {
    return structure(
        "CreateRepositoryRequest",
        join(
            members(),
            {member<&CreateRepositoryRequest::tags>("tags"),
             member<&CreateRepositoryRequest::image_tag_mutability>("imageTagMutability").one_of(kImageTagMutabilities),
             member<&CreateRepositoryRequest::image_scanning_configuration>("imageScanningConfiguration"),
             member<&CreateRepositoryRequest::encryption_configuration>("encryptionConfiguration")}));
  }
};

struct Repository {
  std::optional<std::string> repository_arn;
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> repository_uri;
  std::optional<TimePoint> created_at;
  std::optional<std::string> image_tag_mutability;
  std::optional<ImageScanningConfiguration> image_scanning_configuration;
  std::optional<EncryptionConfiguration> encryption_configuration;

  static wire::Shape shape() {
    return structure(
        "Repository",
        {member<&Repository::repository_arn>("repositoryArn"), member<&Repository::registry_id>("registryId"),
         member<&Repository::repository_name>("repositoryName"), member<&Repository::repository_uri>("repositoryUri"),
         member<&Repository::created_at>("createdAt"), member<&Repository::image_tag_mutability>("imageTagMutability"),
         member<&Repository::image_scanning_configuration>("imageScanningConfiguration"),
         member<&Repository::encryption_configuration>("encryptionConfiguration")});
  }
};

struct CreateRepositoryResponse {
  std::optional<Repository> repository;

  static wire::Shape shape() {
    return structure("CreateRepositoryResponse", {member<&CreateRepositoryResponse::repository>("repository")});
  }
};

struct DescribeRepositoriesRequest {
  std::optional<std::string> registry_id;
  std::optional<std::vector<std::string>> repository_names;
  std::optional<std::string> next_token;
  std::optional<int> max_results;

  static wire::Shape shape() {
    return structure("DescribeRepositoriesRequest",
                     {member<&DescribeRepositoriesRequest::registry_id>("registryId").pattern(kRegistryIdPattern),
                      member<&DescribeRepositoriesRequest::repository_names>("repositoryNames").range(1, 100),
                      member<&DescribeRepositoriesRequest::next_token>("nextToken"),
                      member<&DescribeRepositoriesRequest::max_results>("maxResults").range(1, 1000)});
  }
};

struct DescribeRepositoriesResponse {
  std::vector<Repository> repositories;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("DescribeRepositoriesResponse",
                     {member<&DescribeRepositoriesResponse::repositories>("repositories"),
                      member<&DescribeRepositoriesResponse::next_token>("nextToken")});
  }
};

struct DeleteRepositoryRequest : RepositoryRequest {
  std::optional<bool> force;

  static wire::Shape shape() {
    return structure("DeleteRepositoryRequest", join(members(), {member<&DeleteRepositoryRequest::force>("force")}));
  }
};

struct DeleteRepositoryResponse {
  std::optional<Repository> repository;

  static wire::Shape shape() {
    return structure("DeleteRepositoryResponse", {member<&DeleteRepositoryResponse::repository>("repository")});
  }
};

struct GetAuthorizationTokenRequest {
  std::optional<std::vector<std::string>> registry_ids;

  static wire::Shape shape() {
    return structure("GetAuthorizationTokenRequest",
                     {member<&GetAuthorizationTokenRequest::registry_ids>("registryIds").range(1, 10)});
  }
};

struct AuthorizationData {
  std::optional<std::string> authorization_token;
  std::optional<TimePoint> expires_at;
  std::optional<std::string> proxy_endpoint;

  static wire::Shape shape() {
    return structure("AuthorizationData", {member<&AuthorizationData::authorization_token>("authorizationToken"),
                                           member<&AuthorizationData::expires_at>("expiresAt"),
                                           member<&AuthorizationData::proxy_endpoint>("proxyEndpoint")});
  }
};

struct GetAuthorizationTokenResponse {
  std::vector<AuthorizationData> authorization_data;

  static wire::Shape shape() {
    return structure("GetAuthorizationTokenResponse",
                     {member<&GetAuthorizationTokenResponse::authorization_data>("authorizationData")});
  }
};

struct PutImageTagMutabilityRequest : RepositoryRequest {
  std::string image_tag_mutability;

  static wire::Shape shape() {
    return structure("PutImageTagMutabilityRequest",
                     join(members(), {member<&PutImageTagMutabilityRequest::image_tag_mutability>("imageTagMutability")
                                          .required()
                                          .one_of(kImageTagMutabilities)}));
  }
};

struct PutImageTagMutabilityResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> image_tag_mutability;

  static wire::Shape shape() {
    return structure("PutImageTagMutabilityResponse",
                     {member<&PutImageTagMutabilityResponse::registry_id>("registryId"),
                      member<&PutImageTagMutabilityResponse::repository_name>("repositoryName"),
                      member<&PutImageTagMutabilityResponse::image_tag_mutability>("imageTagMutability")});
  }
};

struct PutImageScanningConfigurationRequest : RepositoryRequest {
  ImageScanningConfiguration image_scanning_configuration;

  static wire::Shape shape() {
    return structure(
        "PutImageScanningConfigurationRequest",
        join(members(),
             {member<&PutImageScanningConfigurationRequest::image_scanning_configuration>("imageScanningConfiguration")
                  .required()}));
  }
};

struct PutImageScanningConfigurationResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<ImageScanningConfiguration> image_scanning_configuration;

  static wire::Shape shape() {
    return structure(
        "PutImageScanningConfigurationResponse",
        {member<&PutImageScanningConfigurationResponse::registry_id>("registryId"),
         member<&PutImageScanningConfigurationResponse::repository_name>("repositoryName"),
         member<&PutImageScanningConfigurationResponse::image_scanning_configuration>("imageScanningConfiguration")});
  }
};

struct SetRepositoryPolicyRequest : RepositoryRequest {
  std::string policy_text;
  std::optional<bool> force;

  static wire::Shape shape() {
    return structure(
        "SetRepositoryPolicyRequest",
        join(members(), {member<&SetRepositoryPolicyRequest::policy_text>("policyText").required().range(0, 10240),
                         member<&SetRepositoryPolicyRequest::force>("force")}));
  }
};

struct SetRepositoryPolicyResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> policy_text;

  static wire::Shape shape() {
    return structure("SetRepositoryPolicyResponse",
                     {member<&SetRepositoryPolicyResponse::registry_id>("registryId"),
                      member<&SetRepositoryPolicyResponse::repository_name>("repositoryName"),
                      member<&SetRepositoryPolicyResponse::policy_text>("policyText")});
  }
};

struct GetRepositoryPolicyRequest : RepositoryRequest {
  static wire::Shape shape() { return structure("GetRepositoryPolicyRequest", join(members(), {})); }
};

struct GetRepositoryPolicyResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> policy_text;

  static wire::Shape shape() {
    return structure("GetRepositoryPolicyResponse",
                     {member<&GetRepositoryPolicyResponse::registry_id>("registryId"),
                      member<&GetRepositoryPolicyResponse::repository_name>("repositoryName"),
                      member<&GetRepositoryPolicyResponse::policy_text>("policyText")});
  }
};

struct DeleteRepositoryPolicyRequest : RepositoryRequest {
  static wire::Shape shape() { return structure("DeleteRepositoryPolicyRequest", join(members(), {})); }
};

struct DeleteRepositoryPolicyResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> policy_text;

  static wire::Shape shape() {
    return structure("DeleteRepositoryPolicyResponse",
                     {member<&DeleteRepositoryPolicyResponse::registry_id>("registryId"),
                      member<&DeleteRepositoryPolicyResponse::repository_name>("repositoryName"),
                      member<&DeleteRepositoryPolicyResponse::policy_text>("policyText")});
  }
};

struct TagResourceRequest {
  std::string resource_arn;
  std::vector<Tag> tags;

  static wire::Shape shape() {
    return structure("TagResourceRequest", {member<&TagResourceRequest::resource_arn>("resourceArn").required(),
                                            member<&TagResourceRequest::tags>("tags").required()});
  }
};

struct UntagResourceRequest {
  std::string resource_arn;
  std::vector<std::string> tag_keys;

  static wire::Shape shape() {
    return structure("UntagResourceRequest", {member<&UntagResourceRequest::resource_arn>("resourceArn").required(),
                                              member<&UntagResourceRequest::tag_keys>("tagKeys").required()});
  }
};

struct ListTagsForResourceRequest {
  std::string resource_arn;

  static wire::Shape shape() {
    return structure("ListTagsForResourceRequest",
                     {member<&ListTagsForResourceRequest::resource_arn>("resourceArn").required()});
  }
};

struct ListTagsForResourceResponse {
  std::vector<Tag> tags;

  static wire::Shape shape() {
    return structure("ListTagsForResourceResponse", {member<&ListTagsForResourceResponse::tags>("tags")});
  }
};

struct DescribeRegistryRequest {
  static wire::Shape shape() { return structure("DescribeRegistryRequest", {}); }
};

struct ReplicationDestination {
  std::string region;
  std::string registry_id;

  static wire::Shape shape() {
    return structure("ReplicationDestination", {member<&ReplicationDestination::region>("region"),
                                                member<&ReplicationDestination::registry_id>("registryId")});
  }
};

struct RepositoryFilter {
  std::string filter;
  std::string filter_type;

  static wire::Shape shape() {
    return structure("RepositoryFilter", {member<&RepositoryFilter::filter>("filter"),
                                          member<&RepositoryFilter::filter_type>("filterType")});
  }
};

struct ReplicationRule {
  std::vector<ReplicationDestination> destinations;
  std::vector<RepositoryFilter> repository_filters;

  static wire::Shape shape() {
    return structure("ReplicationRule", {member<&ReplicationRule::destinations>("destinations"),
                                         member<&ReplicationRule::repository_filters>("repositoryFilters")});
  }
};

struct ReplicationConfiguration {
  std::vector<ReplicationRule> rules;

  static wire::Shape shape() {
    return structure("ReplicationConfiguration", {member<&ReplicationConfiguration::rules>("rules")});
  }
};

struct DescribeRegistryResponse {
  std::optional<std::string> registry_id;
  std::optional<ReplicationConfiguration> replication_configuration;

  static wire::Shape shape() {
    return structure("DescribeRegistryResponse",
                     {member<&DescribeRegistryResponse::registry_id>("registryId"),
                      member<&DescribeRegistryResponse::replication_configuration>("replicationConfiguration")});
  }
};

}  // namespace cumulet::ecr
