#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"
#include "services/ecr/model_image.hpp"

// Lifecycle policies.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
namespace cumulet::ecr {

struct PutLifecyclePolicyRequest : RepositoryRequest {
  std::string lifecycle_policy_text;

  static wire::Shape shape() {
    return structure("PutLifecyclePolicyRequest",
                     join(members(), {member<&PutLifecyclePolicyRequest::lifecycle_policy_text>("lifecyclePolicyText")
                                          .required()
                                          .range(100, 30720)}));
  }
};

struct PutLifecyclePolicyResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> lifecycle_policy_text;

  static wire::Shape shape() {
    return structure("PutLifecyclePolicyResponse",
                     {member<&PutLifecyclePolicyResponse::registry_id>("registryId"),
                      member<&PutLifecyclePolicyResponse::repository_name>("repositoryName"),
                      member<&PutLifecyclePolicyResponse::lifecycle_policy_text>("lifecyclePolicyText")});
  }
};

struct GetLifecyclePolicyRequest : RepositoryRequest {
  static wire::Shape shape() { return structure("GetLifecyclePolicyRequest", join(members(), {})); }
};

struct GetLifecyclePolicyResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> lifecycle_policy_text;
  std::optional<TimePoint> last_evaluated_at;

  static wire::Shape shape() {
    return structure("GetLifecyclePolicyResponse",
                     {member<&GetLifecyclePolicyResponse::registry_id>("registryId"),
                      member<&GetLifecyclePolicyResponse::repository_name>("repositoryName"),
                      member<&GetLifecyclePolicyResponse::lifecycle_policy_text>("lifecyclePolicyText"),
                      member<&GetLifecyclePolicyResponse::last_evaluated_at>("lastEvaluatedAt")});
  }
};

struct DeleteLifecyclePolicyRequest : RepositoryRequest {
  static wire::Shape shape() { return structure("DeleteLifecyclePolicyRequest", join(members(), {})); }
};

struct DeleteLifecyclePolicyResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> lifecycle_policy_text;
  std::optional<TimePoint> last_evaluated_at;

  static wire::Shape shape() {
    return structure("DeleteLifecyclePolicyResponse",
                     {member<&DeleteLifecyclePolicyResponse::registry_id>("registryId"),
                      member<&DeleteLifecyclePolicyResponse::repository_name>("repositoryName"),
                      member<&DeleteLifecyclePolicyResponse::lifecycle_policy_text>("lifecyclePolicyText"),
                      member<&DeleteLifecyclePolicyResponse::last_evaluated_at>("lastEvaluatedAt")});
  }
};

struct StartLifecyclePolicyPreviewRequest : RepositoryRequest {
  std::optional<std::string> lifecycle_policy_text;

  static wire::Shape shape() {
    return structure(
        "StartLifecyclePolicyPreviewRequest",
        join(members(), {member<&StartLifecyclePolicyPreviewRequest::lifecycle_policy_text>("lifecyclePolicyText")
                             .range(100, 30720)}));
  }
};

struct StartLifecyclePolicyPreviewResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> lifecycle_policy_text;
  std::optional<std::string> status;

  static wire::Shape shape() {
    return structure("StartLifecyclePolicyPreviewResponse",
                     {member<&StartLifecyclePolicyPreviewResponse::registry_id>("registryId"),
                      member<&StartLifecyclePolicyPreviewResponse::repository_name>("repositoryName"),
                      member<&StartLifecyclePolicyPreviewResponse::lifecycle_policy_text>("lifecyclePolicyText"),
                      member<&StartLifecyclePolicyPreviewResponse::status>("status")});
  }
};

struct LifecyclePolicyPreviewFilter {
  std::optional<std::string> tag_status;

  static wire::Shape shape() {
    return structure("LifecyclePolicyPreviewFilter",
                     {member<&LifecyclePolicyPreviewFilter::tag_status>("tagStatus").one_of(kTagStatuss)});
  }
};

struct GetLifecyclePolicyPreviewRequest : RepositoryRequest {
  std::optional<std::vector<ImageIdentifier>> image_ids;
  std::optional<std::string> next_token;
  std::optional<int> max_results;
  std::optional<LifecyclePolicyPreviewFilter> filter;

  static wire::Shape shape() {
    return structure(
        "GetLifecyclePolicyPreviewRequest",
        join(members(), {member<&GetLifecyclePolicyPreviewRequest::image_ids>("imageIds").range(1, 100),
                         member<&GetLifecyclePolicyPreviewRequest::next_token>("nextToken"),
                         member<&GetLifecyclePolicyPreviewRequest::max_results>("maxResults").range(1, 100),
                         member<&GetLifecyclePolicyPreviewRequest::filter>("filter")}));
  }
};

struct LifecyclePolicyRuleAction {
  std::optional<std::string> type;

  static wire::Shape shape() {
    return structure("LifecyclePolicyRuleAction", {member<&LifecyclePolicyRuleAction::type>("type")});
  }
};

struct LifecyclePolicyPreviewResult {
  std::optional<std::vector<std::string>> image_tags;
  std::optional<std::string> image_digest;
  std::optional<TimePoint> image_pushed_at;
  std::optional<LifecyclePolicyRuleAction> action;
  std::optional<int> applied_rule_priority;

  static wire::Shape shape() {
    return structure("LifecyclePolicyPreviewResult",
                     {member<&LifecyclePolicyPreviewResult::image_tags>("imageTags"),
                      member<&LifecyclePolicyPreviewResult::image_digest>("imageDigest"),
                      member<&LifecyclePolicyPreviewResult::image_pushed_at>("imagePushedAt"),
                      member<&LifecyclePolicyPreviewResult::action>("action"),
                      member<&LifecyclePolicyPreviewResult::applied_rule_priority>("appliedRulePriority")});
  }
};

struct LifecyclePolicyPreviewSummary {
  std::optional<int> expiring_image_total_count;

  static wire::Shape shape() {
    return structure("LifecyclePolicyPreviewSummary",
                     {member<&LifecyclePolicyPreviewSummary::expiring_image_total_count>("expiringImageTotalCount")});
  }
};

struct GetLifecyclePolicyPreviewResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> lifecycle_policy_text;
  std::optional<std::string> status;
  std::optional<std::string> next_token;
  std::vector<LifecyclePolicyPreviewResult> preview_results;
  std::optional<LifecyclePolicyPreviewSummary> summary;

  static wire::Shape shape() {
    return structure("GetLifecyclePolicyPreviewResponse",
                     {member<&GetLifecyclePolicyPreviewResponse::registry_id>("registryId"),
                      member<&GetLifecyclePolicyPreviewResponse::repository_name>("repositoryName"),
                      member<&GetLifecyclePolicyPreviewResponse::lifecycle_policy_text>("lifecyclePolicyText"),
                      member<&GetLifecyclePolicyPreviewResponse::status>("status"),
                      member<&GetLifecyclePolicyPreviewResponse::next_token>("nextToken"),
                      member<&GetLifecyclePolicyPreviewResponse::preview_results>("previewResults"),
                      member<&GetLifecyclePolicyPreviewResponse::summary>("summary")});
  }
};

}  // namespace cumulet::ecr
