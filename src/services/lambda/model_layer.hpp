#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of layers. https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html and its neighbours
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kLayerName =
    "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+";
inline constexpr std::string_view kLayerVersionArn =
    "arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+";
inline constexpr std::string_view kStatementId = "([a-zA-Z0-9-_]+)";
}  // namespace rules

struct LayerVersionContentInput {
  std::optional<std::string> s3_bucket;
  std::optional<std::string> s3_key;
  std::optional<std::string> s3_object_version;
  std::optional<wire::Blob> zip_file;

  static wire::Shape shape() {
    return structure("LayerVersionContentInput",
                     {
                         member<&LayerVersionContentInput::s3_bucket>("S3Bucket").range(3, 63),
                         member<&LayerVersionContentInput::s3_key>("S3Key").range(1, 1024),
                         member<&LayerVersionContentInput::s3_object_version>("S3ObjectVersion").range(1, 1024),
                         member<&LayerVersionContentInput::zip_file>("ZipFile"),
                     });
  }
};

struct PublishLayerVersionRequest {
  std::string layer_name;
  std::optional<std::string> description;
  LayerVersionContentInput content;
  std::optional<std::vector<std::string>> compatible_runtimes;
  std::optional<std::string> license_info;
  std::optional<std::vector<std::string>> compatible_architectures;

  static wire::Shape shape() {
    return structure(
        "PublishLayerVersionRequest",
        {
            member<&PublishLayerVersionRequest::layer_name>("LayerName")
                .label()
                .required()
                .range(1, 140)
                .pattern(rules::kLayerName),
            member<&PublishLayerVersionRequest::description>("Description").range(0, 256),
            member<&PublishLayerVersionRequest::content>("Content").required(),
            member<&PublishLayerVersionRequest::compatible_runtimes>("CompatibleRuntimes").range(0, 15),
            member<&PublishLayerVersionRequest::license_info>("LicenseInfo").range(0, 512),
            member<&PublishLayerVersionRequest::compatible_architectures>("CompatibleArchitectures").range(0, 2),
        });
  }
};

struct LayerVersionContentOutput {
  std::optional<std::string> location;
  std::string code_sha256;
  std::int64_t code_size = 0;

  static wire::Shape shape() {
    return structure("LayerVersionContentOutput", {
                                                      member<&LayerVersionContentOutput::location>("Location"),
                                                      member<&LayerVersionContentOutput::code_sha256>("CodeSha256"),
                                                      member<&LayerVersionContentOutput::code_size>("CodeSize"),
                                                  });
  }
};

// What a layer's version is, for PublishLayerVersion and GetLayerVersion.
struct LayerVersionResponse {
  LayerVersionContentOutput content;
  std::string layer_arn;
  std::string layer_version_arn;
  std::string description;
  std::string created_date;  // "2026-01-01T00:00:00.000+0000"
  std::int64_t version = 0;
  std::optional<std::vector<std::string>> compatible_runtimes;
  std::optional<std::string> license_info;
  std::optional<std::vector<std::string>> compatible_architectures;

  static wire::Shape shape() {
    return structure("PublishLayerVersionResponse",
                     {
                         member<&LayerVersionResponse::content>("Content"),
                         member<&LayerVersionResponse::layer_arn>("LayerArn"),
                         member<&LayerVersionResponse::layer_version_arn>("LayerVersionArn"),
                         member<&LayerVersionResponse::description>("Description"),
                         member<&LayerVersionResponse::created_date>("CreatedDate"),
                         member<&LayerVersionResponse::version>("Version"),
                         member<&LayerVersionResponse::compatible_runtimes>("CompatibleRuntimes"),
                         member<&LayerVersionResponse::license_info>("LicenseInfo"),
                         member<&LayerVersionResponse::compatible_architectures>("CompatibleArchitectures"),
                     });
  }
};

struct LayerVersionRequest {  // GetLayerVersion, DeleteLayerVersion, GetLayerVersionPolicy
  std::string layer_name;
  std::int64_t version_number = 0;

  static wire::Shape shape() {
    return structure("GetLayerVersionRequest",
                     {
                         member<&LayerVersionRequest::layer_name>("LayerName")
                             .label()
                             .required()
                             .range(1, 140)
                             .pattern(rules::kLayerName),
                         member<&LayerVersionRequest::version_number>("VersionNumber").label().required(),
                     });
  }
};

struct GetLayerVersionByArnRequest {
  std::string arn;

  static wire::Shape shape() {
    return structure("GetLayerVersionByArnRequest",
                     {member<&GetLayerVersionByArnRequest::arn>("Arn").query("Arn").required().range(1, 140).pattern(
                         rules::kLayerVersionArn)});
  }
};

struct ListLayersRequest {
  std::optional<std::string> compatible_runtime;
  std::optional<std::string> marker;
  std::optional<int> max_items;
  std::optional<std::string> compatible_architecture;

  static wire::Shape shape() {
    return structure("ListLayersRequest",
                     {
                         member<&ListLayersRequest::compatible_runtime>("CompatibleRuntime").query("CompatibleRuntime"),
                         member<&ListLayersRequest::marker>("Marker").query("Marker"),
                         member<&ListLayersRequest::max_items>("MaxItems").query("MaxItems").range(1, 50),
                         member<&ListLayersRequest::compatible_architecture>("CompatibleArchitecture")
                             .query("CompatibleArchitecture")
                             .one_of(rules::kArchitectures),
                     });
  }
};

struct ListLayerVersionsRequest {
  std::string layer_name;
  std::optional<std::string> compatible_runtime;
  std::optional<std::string> marker;
  std::optional<int> max_items;
  std::optional<std::string> compatible_architecture;

  static wire::Shape shape() {
    return structure(
        "ListLayerVersionsRequest",
        {
            member<&ListLayerVersionsRequest::layer_name>("LayerName")
                .label()
                .required()
                .range(1, 140)
                .pattern(rules::kLayerName),
            member<&ListLayerVersionsRequest::compatible_runtime>("CompatibleRuntime").query("CompatibleRuntime"),
            member<&ListLayerVersionsRequest::marker>("Marker").query("Marker"),
            member<&ListLayerVersionsRequest::max_items>("MaxItems").query("MaxItems").range(1, 50),
            member<&ListLayerVersionsRequest::compatible_architecture>("CompatibleArchitecture")
                .query("CompatibleArchitecture")
                .one_of(rules::kArchitectures),
        });
  }
};

struct LayerVersionsListItem {
  std::string layer_version_arn;
  std::int64_t version = 0;
  std::string description;
  std::string created_date;
  std::optional<std::vector<std::string>> compatible_runtimes;
  std::optional<std::string> license_info;
  std::optional<std::vector<std::string>> compatible_architectures;

  static wire::Shape shape() {
    return structure("LayerVersionsListItem",
                     {
                         member<&LayerVersionsListItem::layer_version_arn>("LayerVersionArn"),
                         member<&LayerVersionsListItem::version>("Version"),
                         member<&LayerVersionsListItem::description>("Description"),
                         member<&LayerVersionsListItem::created_date>("CreatedDate"),
                         member<&LayerVersionsListItem::compatible_runtimes>("CompatibleRuntimes"),
                         member<&LayerVersionsListItem::license_info>("LicenseInfo"),
                         member<&LayerVersionsListItem::compatible_architectures>("CompatibleArchitectures"),
                     });
  }
};

struct ListLayerVersionsResponse {
  std::optional<std::string> next_marker;
  std::vector<LayerVersionsListItem> layer_versions;

  static wire::Shape shape() {
    return structure("ListLayerVersionsResponse",
                     {
                         member<&ListLayerVersionsResponse::next_marker>("NextMarker"),
                         member<&ListLayerVersionsResponse::layer_versions>("LayerVersions"),
                     });
  }
};

struct LayersListItem {
  std::string layer_name;
  std::string layer_arn;
  LayerVersionsListItem latest_matching_version;

  static wire::Shape shape() {
    return structure("LayersListItem", {
                                           member<&LayersListItem::layer_name>("LayerName"),
                                           member<&LayersListItem::layer_arn>("LayerArn"),
                                           member<&LayersListItem::latest_matching_version>("LatestMatchingVersion"),
                                       });
  }
};

struct ListLayersResponse {
  std::optional<std::string> next_marker;
  std::vector<LayersListItem> layers;

  static wire::Shape shape() {
    return structure("ListLayersResponse", {
                                               member<&ListLayersResponse::next_marker>("NextMarker"),
                                               member<&ListLayersResponse::layers>("Layers"),
                                           });
  }
};

struct AddLayerVersionPermissionRequest {
  std::string layer_name;
  std::int64_t version_number = 0;
  std::string statement_id;
  std::string action;
  std::string principal;
  std::optional<std::string> organization_id;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure("AddLayerVersionPermissionRequest",
                     {
                         member<&AddLayerVersionPermissionRequest::layer_name>("LayerName")
                             .label()
                             .required()
                             .range(1, 140)
                             .pattern(rules::kLayerName),
                         member<&AddLayerVersionPermissionRequest::version_number>("VersionNumber").label().required(),
                         member<&AddLayerVersionPermissionRequest::statement_id>("StatementId")
                             .required()
                             .range(1, 100)
                             .pattern(rules::kStatementId),
                         member<&AddLayerVersionPermissionRequest::action>("Action").required().range(0, 22).pattern(
                             "lambda:GetLayerVersion"),
                         member<&AddLayerVersionPermissionRequest::principal>("Principal")
                             .required()
                             .pattern("\\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root"),
                         member<&AddLayerVersionPermissionRequest::organization_id>("OrganizationId")
                             .range(0, 34)
                             .pattern("o-[a-z0-9]{10,32}"),
                         member<&AddLayerVersionPermissionRequest::revision_id>("RevisionId").query("RevisionId"),
                     });
  }
};

struct LayerPolicyStatement {  // the answer to AddLayerVersionPermission
  std::string statement;       // the statement as JSON text
  std::string revision_id;

  static wire::Shape shape() {
    return structure("AddLayerVersionPermissionResponse", {
                                                              member<&LayerPolicyStatement::statement>("Statement"),
                                                              member<&LayerPolicyStatement::revision_id>("RevisionId"),
                                                          });
  }
};

struct RemoveLayerVersionPermissionRequest {
  std::string layer_name;
  std::int64_t version_number = 0;
  std::string statement_id;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure(
        "RemoveLayerVersionPermissionRequest",
        {
            member<&RemoveLayerVersionPermissionRequest::layer_name>("LayerName")
                .label()
                .required()
                .range(1, 140)
                .pattern(rules::kLayerName),
            member<&RemoveLayerVersionPermissionRequest::version_number>("VersionNumber").label().required(),
            member<&RemoveLayerVersionPermissionRequest::statement_id>("StatementId")
                .label()
                .required()
                .range(1, 100)
                .pattern(rules::kStatementId),
            member<&RemoveLayerVersionPermissionRequest::revision_id>("RevisionId").query("RevisionId"),
        });
  }
};

}  // namespace cumulet::lambda
