#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of code signing configurations. https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kCodeSigningArn =
    "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:code-signing-config:"
    "csc-[a-z0-"
    "9]{17}";
inline constexpr std::string_view kUntrusted[] = {"Warn", "Enforce"};
}  // namespace rules

struct AllowedPublishers {
  std::vector<std::string> signing_profile_version_arns;

  static wire::Shape shape() {
    return structure("AllowedPublishers",
                     {member<&AllowedPublishers::signing_profile_version_arns>("SigningProfileVersionArns")
                          .required()
                          .range(1, 20)});
  }
};

struct CodeSigningPolicies {
  std::optional<std::string> untrusted_artifact_on_deployment;

  static wire::Shape shape() {
    return structure("CodeSigningPolicies",
                     {member<&CodeSigningPolicies::untrusted_artifact_on_deployment>("UntrustedArtifactOnDeployment")
                          .one_of(rules::kUntrusted)});
  }
};

struct CodeSigning {  // also its stored form
  std::string id;     // "csc-0123456789abcdef0"
  std::string arn;
  std::optional<std::string> description;
  AllowedPublishers allowed_publishers;
  CodeSigningPolicies policies;
  std::string last_modified;

  static wire::Shape shape() {
    return structure("CodeSigningConfig", {
                                              member<&CodeSigning::id>("CodeSigningConfigId"),
                                              member<&CodeSigning::arn>("CodeSigningConfigArn"),
                                              member<&CodeSigning::description>("Description"),
                                              member<&CodeSigning::allowed_publishers>("AllowedPublishers"),
                                              member<&CodeSigning::policies>("CodeSigningPolicies"),
                                              member<&CodeSigning::last_modified>("LastModified"),
                                          });
  }
};

struct CreateCodeSigningRequest {
  std::optional<std::string> description;
  AllowedPublishers allowed_publishers;
  std::optional<CodeSigningPolicies> policies;
  std::optional<std::map<std::string, std::string>> tags;

  static wire::Shape shape() {
    using C = CreateCodeSigningRequest;
    return structure("CreateCodeSigningConfigRequest",
                     {
                         member<&C::description>("Description").range(0, 256),
                         member<&C::allowed_publishers>("AllowedPublishers").required(),
                         member<&C::policies>("CodeSigningPolicies"),
                         member<&C::tags>("Tags"),
                     });
  }
};

struct UpdateCodeSigningRequest {
  std::string arn;
  std::optional<std::string> description;
  std::optional<AllowedPublishers> allowed_publishers;
  std::optional<CodeSigningPolicies> policies;

  static wire::Shape shape() {
    using C = UpdateCodeSigningRequest;
    return structure(
        "UpdateCodeSigningConfigRequest",
        {
            member<&C::arn>("CodeSigningConfigArn").label().required().range(0, 200).pattern(rules::kCodeSigningArn),
            member<&C::description>("Description").range(0, 256),
            member<&C::allowed_publishers>("AllowedPublishers"),
            member<&C::policies>("CodeSigningPolicies"),
        });
  }
};

struct CodeSigningRequest {  // Get- and DeleteCodeSigningConfig
  std::string arn;

  static wire::Shape shape() {
    return structure("GetCodeSigningConfigRequest", {member<&CodeSigningRequest::arn>("CodeSigningConfigArn")
                                                         .label()
                                                         .required()
                                                         .range(0, 200)
                                                         .pattern(rules::kCodeSigningArn)});
  }
};

struct CodeSigningAnswer {
  CodeSigning config;

  static wire::Shape shape() {
    return structure("GetCodeSigningConfigResponse", {member<&CodeSigningAnswer::config>("CodeSigningConfig")});
  }
};

struct ListCodeSigningRequest {
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    return structure("ListCodeSigningConfigsRequest",
                     {
                         member<&ListCodeSigningRequest::marker>("Marker").query("Marker"),
                         member<&ListCodeSigningRequest::max_items>("MaxItems").query("MaxItems").range(1, 10000),
                     });
  }
};

struct ListCodeSigningResponse {
  std::optional<std::string> next_marker;
  std::vector<CodeSigning> configs;

  static wire::Shape shape() {
    return structure("ListCodeSigningConfigsResponse",
                     {
                         member<&ListCodeSigningResponse::next_marker>("NextMarker"),
                         member<&ListCodeSigningResponse::configs>("CodeSigningConfigs"),
                     });
  }
};

struct FunctionsOfSigningRequest {
  std::string arn;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    using C = FunctionsOfSigningRequest;
    return structure(
        "ListFunctionsByCodeSigningConfigRequest",
        {
            member<&C::arn>("CodeSigningConfigArn").label().required().range(0, 200).pattern(rules::kCodeSigningArn),
            member<&C::marker>("Marker").query("Marker"),
            member<&C::max_items>("MaxItems").query("MaxItems").range(1, 10000),
        });
  }
};

struct FunctionsOfSigningResponse {
  std::optional<std::string> next_marker;
  std::vector<std::string> function_arns;

  static wire::Shape shape() {
    return structure("ListFunctionsByCodeSigningConfigResponse",
                     {
                         member<&FunctionsOfSigningResponse::next_marker>("NextMarker"),
                         member<&FunctionsOfSigningResponse::function_arns>("FunctionArns"),
                     });
  }
};

struct PutFunctionSigningRequest {
  std::string arn;
  std::string function_name;

  static wire::Shape shape() {
    using C = PutFunctionSigningRequest;
    return structure(
        "PutFunctionCodeSigningConfigRequest",
        {
            member<&C::arn>("CodeSigningConfigArn").required().range(0, 200).pattern(rules::kCodeSigningArn),
            member<&C::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
        });
  }
};

}  // namespace cumulet::lambda
