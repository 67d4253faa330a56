#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"
#include "services/ecr/model_repository.hpp"

// Images and their layers.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
namespace cumulet::ecr {

inline constexpr std::string_view kTagStatuss[] = {"TAGGED", "UNTAGGED", "ANY"};

struct ListImagesFilter {
  std::optional<std::string> tag_status;

  static wire::Shape shape() {
    return structure("ListImagesFilter", {member<&ListImagesFilter::tag_status>("tagStatus").one_of(kTagStatuss)});
  }
};

struct ListImagesRequest : RepositoryRequest {
  std::optional<std::string> next_token;
  std::optional<int> max_results;
  std::optional<ListImagesFilter> filter;

  static wire::Shape shape() {
    return structure("ListImagesRequest",
                     join(members(), {member<&ListImagesRequest::next_token>("nextToken"),
                                      member<&ListImagesRequest::max_results>("maxResults").range(1, 1000),
                                      member<&ListImagesRequest::filter>("filter")}));
  }
};

struct ImageIdentifier {
  std::optional<std::string> image_digest;
  std::optional<std::string> image_tag;

  static wire::Shape shape() {
    return structure("ImageIdentifier", {member<&ImageIdentifier::image_digest>("imageDigest"),
                                         member<&ImageIdentifier::image_tag>("imageTag").range(1, 300)});
  }
};

struct ListImagesResponse {
  std::vector<ImageIdentifier> image_ids;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListImagesResponse", {member<&ListImagesResponse::image_ids>("imageIds"),
                                            member<&ListImagesResponse::next_token>("nextToken")});
  }
};

struct DescribeImagesFilter {
  std::optional<std::string> tag_status;

  static wire::Shape shape() {
    return structure("DescribeImagesFilter",
                     {member<&DescribeImagesFilter::tag_status>("tagStatus").one_of(kTagStatuss)});
  }
};

struct DescribeImagesRequest : RepositoryRequest {
  std::optional<std::vector<ImageIdentifier>> image_ids;
  std::optional<std::string> next_token;
  std::optional<int> max_results;
  std::optional<DescribeImagesFilter> filter;

  static wire::Shape shape() {
    return structure("DescribeImagesRequest",
                     join(members(), {member<&DescribeImagesRequest::image_ids>("imageIds").range(1, 100),
                                      member<&DescribeImagesRequest::next_token>("nextToken"),
                                      member<&DescribeImagesRequest::max_results>("maxResults").range(1, 1000),
                                      member<&DescribeImagesRequest::filter>("filter")}));
  }
};

struct ImageScanStatus {
  std::optional<std::string> status;
  std::optional<std::string> description;

  static wire::Shape shape() {
    return structure("ImageScanStatus", {member<&ImageScanStatus::status>("status"),
                                         member<&ImageScanStatus::description>("description")});
  }
};

struct ImageScanFindingsSummary {
  std::optional<TimePoint> image_scan_completed_at;
  std::optional<TimePoint> vulnerability_source_updated_at;
  std::map<std::string, int> finding_severity_counts;

  static wire::Shape shape() {
    return structure(
        "ImageScanFindingsSummary",
        {member<&ImageScanFindingsSummary::image_scan_completed_at>("imageScanCompletedAt"),
         member<&ImageScanFindingsSummary::vulnerability_source_updated_at>("vulnerabilitySourceUpdatedAt"),
         member<&ImageScanFindingsSummary::finding_severity_counts>("findingSeverityCounts")});
  }
};

struct ImageDetail {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> image_digest;
  std::optional<std::vector<std::string>> image_tags;
  std::optional<std::int64_t> image_size_in_bytes;
  std::optional<TimePoint> image_pushed_at;
  std::optional<ImageScanStatus> image_scan_status;
  std::optional<ImageScanFindingsSummary> image_scan_findings_summary;
  std::optional<std::string> image_manifest_media_type;
  std::optional<std::string> artifact_media_type;
  std::optional<TimePoint> last_recorded_pull_time;

  static wire::Shape shape() {
    return structure(
        "ImageDetail",
        {member<&ImageDetail::registry_id>("registryId"), member<&ImageDetail::repository_name>("repositoryName"),
         member<&ImageDetail::image_digest>("imageDigest"), member<&ImageDetail::image_tags>("imageTags"),
         member<&ImageDetail::image_size_in_bytes>("imageSizeInBytes"),
         member<&ImageDetail::image_pushed_at>("imagePushedAt"),
         member<&ImageDetail::image_scan_status>("imageScanStatus"),
         member<&ImageDetail::image_scan_findings_summary>("imageScanFindingsSummary"),
         member<&ImageDetail::image_manifest_media_type>("imageManifestMediaType"),
         member<&ImageDetail::artifact_media_type>("artifactMediaType"),
         member<&ImageDetail::last_recorded_pull_time>("lastRecordedPullTime")});
  }
};

struct DescribeImagesResponse {
  std::vector<ImageDetail> image_details;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("DescribeImagesResponse", {member<&DescribeImagesResponse::image_details>("imageDetails"),
                                                member<&DescribeImagesResponse::next_token>("nextToken")});
  }
};

struct BatchGetImageRequest : RepositoryRequest {
  std::vector<ImageIdentifier> image_ids;
  std::optional<std::vector<std::string>> accepted_media_types;

  static wire::Shape shape() {
    return structure(
        "BatchGetImageRequest",
        join(members(), {member<&BatchGetImageRequest::image_ids>("imageIds").required().range(1, 100),
                         member<&BatchGetImageRequest::accepted_media_types>("acceptedMediaTypes").range(1, 100)}));
  }
};

struct Image {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<ImageIdentifier> image_id;
  std::optional<std::string> image_manifest;
  std::optional<std::string> image_manifest_media_type;

  static wire::Shape shape() {
    return structure("Image",
                     {member<&Image::registry_id>("registryId"), member<&Image::repository_name>("repositoryName"),
                      member<&Image::image_id>("imageId"), member<&Image::image_manifest>("imageManifest"),
                      member<&Image::image_manifest_media_type>("imageManifestMediaType")});
  }
};

struct ImageFailure {
  std::optional<ImageIdentifier> image_id;
  std::optional<std::string> failure_code;
  std::optional<std::string> failure_reason;

  static wire::Shape shape() {
    return structure("ImageFailure",
                     {member<&ImageFailure::image_id>("imageId"), member<&ImageFailure::failure_code>("failureCode"),
                      member<&ImageFailure::failure_reason>("failureReason")});
  }
};

struct BatchGetImageResponse {
  std::vector<Image> images;
  std::vector<ImageFailure> failures;

  static wire::Shape shape() {
    return structure("BatchGetImageResponse", {member<&BatchGetImageResponse::images>("images"),
                                               member<&BatchGetImageResponse::failures>("failures")});
  }
};

struct BatchDeleteImageRequest : RepositoryRequest {
  std::vector<ImageIdentifier> image_ids;

  static wire::Shape shape() {
    return structure(
        "BatchDeleteImageRequest",
        join(members(), {member<&BatchDeleteImageRequest::image_ids>("imageIds").required().range(1, 100)}));
  }
};

struct BatchDeleteImageResponse {
  std::vector<ImageIdentifier> image_ids;
  std::vector<ImageFailure> failures;

  static wire::Shape shape() {
    return structure("BatchDeleteImageResponse", {member<&BatchDeleteImageResponse::image_ids>("imageIds"),
                                                  member<&BatchDeleteImageResponse::failures>("failures")});
  }
};

struct PutImageRequest : RepositoryRequest {
  std::string image_manifest;
  std::optional<std::string> image_manifest_media_type;
  std::optional<std::string> image_tag;
  std::optional<std::string> image_digest;

  static wire::Shape shape() {
    return structure(
        "PutImageRequest",
        join(members(), {member<&PutImageRequest::image_manifest>("imageManifest").required().range(1, 4194304),
                         member<&PutImageRequest::image_manifest_media_type>("imageManifestMediaType"),
                         member<&PutImageRequest::image_tag>("imageTag").range(1, 300),
                         member<&PutImageRequest::image_digest>("imageDigest")}));
  }
};

struct PutImageResponse {
  std::optional<Image> image;

  static wire::Shape shape() { return structure("PutImageResponse", {member<&PutImageResponse::image>("image")}); }
};

struct BatchCheckLayerAvailabilityRequest : RepositoryRequest {
  std::vector<std::string> layer_digests;

  static wire::Shape shape() {
    return structure(
        "BatchCheckLayerAvailabilityRequest",
        join(members(),
             {member<&BatchCheckLayerAvailabilityRequest::layer_digests>("layerDigests").required().range(1, 100)}));
  }
};

struct Layer {
  std::optional<std::string> layer_digest;
  std::optional<std::string> layer_availability;
  std::optional<std::int64_t> layer_size;
  std::optional<std::string> media_type;

  static wire::Shape shape() {
    return structure(
        "Layer", {member<&Layer::layer_digest>("layerDigest"), member<&Layer::layer_availability>("layerAvailability"),
                  member<&Layer::layer_size>("layerSize"), member<&Layer::media_type>("mediaType")});
  }
};

struct LayerFailure {
  std::optional<std::string> layer_digest;
  std::optional<std::string> failure_code;
  std::optional<std::string> failure_reason;

  static wire::Shape shape() {
    return structure("LayerFailure", {member<&LayerFailure::layer_digest>("layerDigest"),
                                      member<&LayerFailure::failure_code>("failureCode"),
                                      member<&LayerFailure::failure_reason>("failureReason")});
  }
};

struct BatchCheckLayerAvailabilityResponse {
  std::vector<Layer> layers;
  std::vector<LayerFailure> failures;

  static wire::Shape shape() {
    return structure("BatchCheckLayerAvailabilityResponse",
                     {member<&BatchCheckLayerAvailabilityResponse::layers>("layers"),
                      member<&BatchCheckLayerAvailabilityResponse::failures>("failures")});
  }
};

struct GetDownloadUrlForLayerRequest : RepositoryRequest {
  std::string layer_digest;

  static wire::Shape shape() {
    return structure("GetDownloadUrlForLayerRequest",
                     join(members(), {member<&GetDownloadUrlForLayerRequest::layer_digest>("layerDigest")
                                          .required()
                                          .pattern(kLayerDigestPattern)}));
  }
};

struct GetDownloadUrlForLayerResponse {
  std::optional<std::string> download_url;
  std::optional<std::string> layer_digest;

  static wire::Shape shape() {
    return structure("GetDownloadUrlForLayerResponse",
                     {member<&GetDownloadUrlForLayerResponse::download_url>("downloadUrl"),
                      member<&GetDownloadUrlForLayerResponse::layer_digest>("layerDigest")});
  }
};

struct InitiateLayerUploadRequest : RepositoryRequest {
  static wire::Shape shape() { return structure("InitiateLayerUploadRequest", join(members(), {})); }
};

struct InitiateLayerUploadResponse {
  std::optional<std::string> upload_id;
  std::optional<std::int64_t> part_size;

  static wire::Shape shape() {
    return structure("InitiateLayerUploadResponse", {member<&InitiateLayerUploadResponse::upload_id>("uploadId"),
                                                     member<&InitiateLayerUploadResponse::part_size>("partSize")});
  }
};

struct UploadLayerPartRequest : RepositoryRequest {
  std::string upload_id;
  std::int64_t part_first_byte = 0;
  std::int64_t part_last_byte = 0;
  wire::Blob layer_part_blob;

  static wire::Shape shape() {
    return structure(
        "UploadLayerPartRequest",
        join(members(),
             {member<&UploadLayerPartRequest::upload_id>("uploadId").required().pattern(kUploadIdPattern),
              member<&UploadLayerPartRequest::part_first_byte>("partFirstByte").required().at_least(0),
              member<&UploadLayerPartRequest::part_last_byte>("partLastByte").required().at_least(0),
              member<&UploadLayerPartRequest::layer_part_blob>("layerPartBlob").required().range(0, 20971520)}));
  }
};

struct UploadLayerPartResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> upload_id;
  std::optional<std::int64_t> last_byte_received;

  static wire::Shape shape() {
    return structure("UploadLayerPartResponse",
                     {member<&UploadLayerPartResponse::registry_id>("registryId"),
                      member<&UploadLayerPartResponse::repository_name>("repositoryName"),
                      member<&UploadLayerPartResponse::upload_id>("uploadId"),
                      member<&UploadLayerPartResponse::last_byte_received>("lastByteReceived")});
  }
};

struct CompleteLayerUploadRequest : RepositoryRequest {
  std::string upload_id;
  std::vector<std::string> layer_digests;

  static wire::Shape shape() {
    return structure(
        "CompleteLayerUploadRequest",
        join(members(),
             {member<&CompleteLayerUploadRequest::upload_id>("uploadId").required().pattern(kUploadIdPattern),
              member<&CompleteLayerUploadRequest::layer_digests>("layerDigests").required().range(1, 100)}));
  }
};

struct CompleteLayerUploadResponse {
  std::optional<std::string> registry_id;
  std::optional<std::string> repository_name;
  std::optional<std::string> upload_id;
  std::optional<std::string> layer_digest;

  static wire::Shape shape() {
    return structure("CompleteLayerUploadResponse",
                     {member<&CompleteLayerUploadResponse::registry_id>("registryId"),
                      member<&CompleteLayerUploadResponse::repository_name>("repositoryName"),
                      member<&CompleteLayerUploadResponse::upload_id>("uploadId"),
                      member<&CompleteLayerUploadResponse::layer_digest>("layerDigest")});
  }
};

}  // namespace cumulet::ecr
