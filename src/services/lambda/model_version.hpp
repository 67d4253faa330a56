#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of published versions and aliases.
// https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html, API_CreateAlias.html and its neighbours
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kAliasName = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";
inline constexpr std::string_view kVersion = "(\\$LATEST|[0-9]+)";
}  // namespace rules

struct PublishVersionRequest {
  std::string function_name;
  std::optional<std::string> code_sha256;
  std::optional<std::string> description;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure("PublishVersionRequest",
                     {
                         member<&PublishVersionRequest::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 140)
                             .pattern(rules::kFunctionName),
                         member<&PublishVersionRequest::code_sha256>("CodeSha256"),
                         member<&PublishVersionRequest::description>("Description").range(0, 256),
                         member<&PublishVersionRequest::revision_id>("RevisionId"),
                     });
  }
};

struct AliasRoutingConfiguration {
  std::optional<std::map<std::string, double>> additional_version_weights;

  static wire::Shape shape() {
    return structure("AliasRoutingConfiguration",
                     {member<&AliasRoutingConfiguration::additional_version_weights>("AdditionalVersionWeights")});
  }
};

struct CreateAliasRequest {
  std::string function_name;
  std::string name;
  std::string function_version;
  std::optional<std::string> description;
  std::optional<AliasRoutingConfiguration> routing_config;

  static wire::Shape shape() {
    return structure("CreateAliasRequest",
                     {
                         member<&CreateAliasRequest::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 140)
                             .pattern(rules::kFunctionName),
                         member<&CreateAliasRequest::name>("Name").required().range(1, 128).pattern(rules::kAliasName),
                         member<&CreateAliasRequest::function_version>("FunctionVersion")
                             .required()
                             .range(1, 1024)
                             .pattern(rules::kVersion),
                         member<&CreateAliasRequest::description>("Description").range(0, 256),
                         member<&CreateAliasRequest::routing_config>("RoutingConfig"),
                     });
  }
};

struct UpdateAliasRequest {
  std::string function_name;
  std::string name;
  std::optional<std::string> function_version;
  std::optional<std::string> description;
  std::optional<AliasRoutingConfiguration> routing_config;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure(
        "UpdateAliasRequest",
        {
            member<&UpdateAliasRequest::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 140)
                .pattern(rules::kFunctionName),
            member<&UpdateAliasRequest::name>("Name").label().required().range(1, 128).pattern(rules::kAliasName),
            member<&UpdateAliasRequest::function_version>("FunctionVersion").range(1, 1024).pattern(rules::kVersion),
            member<&UpdateAliasRequest::description>("Description").range(0, 256),
            member<&UpdateAliasRequest::routing_config>("RoutingConfig"),
            member<&UpdateAliasRequest::revision_id>("RevisionId"),
        });
  }
};

struct AliasRequest {  // GetAlias and DeleteAlias
  std::string function_name;
  std::string name;

  static wire::Shape shape() {
    return structure(
        "GetAliasRequest",
        {
            member<&AliasRequest::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 140)
                .pattern(rules::kFunctionName),
            member<&AliasRequest::name>("Name").label().required().range(1, 128).pattern(rules::kAliasName),
        });
  }
};

struct ListAliasesRequest {
  std::string function_name;
  std::optional<std::string> function_version;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    return structure("ListAliasesRequest",
                     {
                         member<&ListAliasesRequest::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 140)
                             .pattern(rules::kFunctionName),
                         member<&ListAliasesRequest::function_version>("FunctionVersion")
                             .query("FunctionVersion")
                             .range(1, 1024)
                             .pattern(rules::kVersion),
                         member<&ListAliasesRequest::marker>("Marker").query("Marker"),
                         member<&ListAliasesRequest::max_items>("MaxItems").query("MaxItems").range(1, 10000),
                     });
  }
};

struct AliasConfiguration {
  std::string alias_arn;
  std::string name;
  std::string function_version;
  std::string description;
  std::optional<AliasRoutingConfiguration> routing_config;
  std::string revision_id;

  static wire::Shape shape() {
    return structure("AliasConfiguration", {
                                               member<&AliasConfiguration::alias_arn>("AliasArn"),
                                               member<&AliasConfiguration::name>("Name"),
                                               member<&AliasConfiguration::function_version>("FunctionVersion"),
                                               member<&AliasConfiguration::description>("Description"),
                                               member<&AliasConfiguration::routing_config>("RoutingConfig"),
                                               member<&AliasConfiguration::revision_id>("RevisionId"),
                                           });
  }
};

struct ListAliasesResponse {
  std::optional<std::string> next_marker;
  std::vector<AliasConfiguration> aliases;

  static wire::Shape shape() {
    return structure("ListAliasesResponse", {
                                                member<&ListAliasesResponse::next_marker>("NextMarker"),
                                                member<&ListAliasesResponse::aliases>("Aliases"),
                                            });
  }
};

}  // namespace cumulet::lambda
