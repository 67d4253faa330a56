#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of what is set on a function beside its configuration: concurrency, asynchronous invocation, permissions,
// tags.
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kDestination =
    "$|kafka://"
    "([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?"
    "-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";
inline constexpr std::string_view kTaggable =
    "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+"
    "(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:["
    "0-9a-fA-F]{8}-[0-9a-fA-"
    "F]"
    "{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";
inline constexpr std::string_view kUrlAuthTypes[] = {"NONE", "AWS_IAM"};
}  // namespace rules

struct PutFunctionConcurrencyRequest {
  std::string function_name;
  int reserved_concurrent_executions = 0;

  static wire::Shape shape() {
    return structure(
        "PutFunctionConcurrencyRequest",
        {
            member<&PutFunctionConcurrencyRequest::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 140)
                .pattern(rules::kFunctionName),
            member<&PutFunctionConcurrencyRequest::reserved_concurrent_executions>("ReservedConcurrentExecutions")
                .required()
                .at_least(0),
        });
  }
};

struct OnDestination {
  std::optional<std::string> destination;  // ARN

  static wire::Shape shape() {
    return structure("OnDestination",
                     {member<&OnDestination::destination>("Destination").range(0, 350).pattern(rules::kDestination)});
  }
};

struct DestinationConfig {
  std::optional<OnDestination> on_success;
  std::optional<OnDestination> on_failure;

  static wire::Shape shape() {
    return structure("DestinationConfig", {
                                              member<&DestinationConfig::on_success>("OnSuccess"),
                                              member<&DestinationConfig::on_failure>("OnFailure"),
                                          });
  }
};

struct EventInvokeConfigRequest {  // Put- and UpdateFunctionEventInvokeConfig
  std::string function_name;
  std::optional<std::string> qualifier;
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_event_age_in_seconds;
  std::optional<DestinationConfig> destination_config;

  static wire::Shape shape() {
    return structure("PutFunctionEventInvokeConfigRequest",
                     {
                         member<&EventInvokeConfigRequest::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 256)
                             .pattern(rules::kAnyFunctionName),
                         member<&EventInvokeConfigRequest::qualifier>("Qualifier")
                             .query("Qualifier")
                             .range(1, 128)
                             .pattern(rules::kQualifier),
                         member<&EventInvokeConfigRequest::maximum_retry_attempts>("MaximumRetryAttempts").range(0, 2),
                         member<&EventInvokeConfigRequest::maximum_event_age_in_seconds>("MaximumEventAgeInSeconds")
                             .range(60, 21600),
                         member<&EventInvokeConfigRequest::destination_config>("DestinationConfig"),
                     });
  }
};

struct EventInvokeConfig {
  TimePoint last_modified;
  std::string function_arn;  // with the qualifier
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_event_age_in_seconds;
  DestinationConfig destination_config;  // both sides always there, as on AWS

  static wire::Shape shape() {
    return structure("FunctionEventInvokeConfig",
                     {
                         member<&EventInvokeConfig::last_modified>("LastModified"),
                         member<&EventInvokeConfig::function_arn>("FunctionArn"),
                         member<&EventInvokeConfig::maximum_retry_attempts>("MaximumRetryAttempts"),
                         member<&EventInvokeConfig::maximum_event_age_in_seconds>("MaximumEventAgeInSeconds"),
                         member<&EventInvokeConfig::destination_config>("DestinationConfig"),
                     });
  }
};

struct ListEventInvokeConfigsResponse {
  std::vector<EventInvokeConfig> function_event_invoke_configs;
  std::optional<std::string> next_marker;

  static wire::Shape shape() {
    return structure(
        "ListFunctionEventInvokeConfigsResponse",
        {
            member<&ListEventInvokeConfigsResponse::function_event_invoke_configs>("FunctionEventInvokeConfigs"),
            member<&ListEventInvokeConfigsResponse::next_marker>("NextMarker"),
        });
  }
};

struct AddPermissionRequest {
  std::string function_name;
  std::string statement_id;
  std::string action;
  std::string principal;
  std::optional<std::string> source_arn;
  std::optional<std::string> source_account;
  std::optional<std::string> event_source_token;
  std::optional<std::string> qualifier;
  std::optional<std::string> revision_id;
  std::optional<std::string> principal_org_id;
  std::optional<std::string> function_url_auth_type;
  std::optional<bool> invoked_via_function_url;

  static wire::Shape shape() {
    return structure(
        "AddPermissionRequest",
        {
            member<&AddPermissionRequest::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(rules::kAnyFunctionName),
            member<&AddPermissionRequest::statement_id>("StatementId")
                .required()
                .range(1, 100)
                .pattern("([a-zA-Z0-9-_]+)"),
            member<&AddPermissionRequest::action>("Action").required().pattern("(lambda:[*]|lambda:[a-zA-Z]+|[*])"),
            member<&AddPermissionRequest::principal>("Principal").required().pattern("[^\\s]+"),
            member<&AddPermissionRequest::source_arn>("SourceArn")
                .pattern("arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]"
                         "+-\\d{1})?:(\\d{12})?:(.*)"),
            member<&AddPermissionRequest::source_account>("SourceAccount").range(0, 12).pattern("\\d{12}"),
            member<&AddPermissionRequest::event_source_token>("EventSourceToken")
                .range(0, 256)
                .pattern("[a-zA-Z0-9._\\-]+"),
            member<&AddPermissionRequest::qualifier>("Qualifier")
                .query("Qualifier")
                .range(1, 128)
                .pattern(rules::kQualifier),
            member<&AddPermissionRequest::revision_id>("RevisionId"),
            member<&AddPermissionRequest::principal_org_id>("PrincipalOrgID")
                .range(12, 34)
                .pattern("o-[a-z0-9]{10,32}"),
            member<&AddPermissionRequest::function_url_auth_type>("FunctionUrlAuthType").one_of(rules::kUrlAuthTypes),
            member<&AddPermissionRequest::invoked_via_function_url>("InvokedViaFunctionUrl"),
        });
  }
};

struct AddPermissionResponse {
  std::string statement;  // the statement as JSON text

  static wire::Shape shape() {
    return structure("AddPermissionResponse", {member<&AddPermissionResponse::statement>("Statement")});
  }
};

struct RemovePermissionRequest {
  std::string function_name;
  std::string statement_id;
  std::optional<std::string> qualifier;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    return structure("RemovePermissionRequest",
                     {
                         member<&RemovePermissionRequest::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 256)
                             .pattern(rules::kAnyFunctionName),
                         member<&RemovePermissionRequest::statement_id>("StatementId").label().required().range(1, 100),
                         member<&RemovePermissionRequest::qualifier>("Qualifier")
                             .query("Qualifier")
                             .range(1, 128)
                             .pattern(rules::kQualifier),
                         member<&RemovePermissionRequest::revision_id>("RevisionId").query("RevisionId"),
                     });
  }
};

struct GetPolicyResponse {
  std::string policy;  // the document as JSON text
  std::string revision_id;

  static wire::Shape shape() {
    return structure("GetPolicyResponse", {
                                              member<&GetPolicyResponse::policy>("Policy"),
                                              member<&GetPolicyResponse::revision_id>("RevisionId"),
                                          });
  }
};

struct AccountLimit {
  std::int64_t total_code_size = 80'530'636'800;
  std::int64_t code_size_unzipped = 262'144'000;
  std::int64_t code_size_zipped = 52'428'800;
  int concurrent_executions = 1000;
  int unreserved_concurrent_executions = 1000;

  static wire::Shape shape() {
    return structure("AccountLimit",
                     {
                         member<&AccountLimit::total_code_size>("TotalCodeSize"),
                         member<&AccountLimit::code_size_unzipped>("CodeSizeUnzipped"),
                         member<&AccountLimit::code_size_zipped>("CodeSizeZipped"),
                         member<&AccountLimit::concurrent_executions>("ConcurrentExecutions"),
                         member<&AccountLimit::unreserved_concurrent_executions>("UnreservedConcurrentExecutions"),
                     });
  }
};

struct AccountUsage {
  std::int64_t total_code_size = 0;
  std::int64_t function_count = 0;

  static wire::Shape shape() {
    return structure("AccountUsage", {
                                         member<&AccountUsage::total_code_size>("TotalCodeSize"),
                                         member<&AccountUsage::function_count>("FunctionCount"),
                                     });
  }
};

struct GetAccountSettingsResponse {
  AccountLimit account_limit;
  AccountUsage account_usage;

  static wire::Shape shape() {
    return structure("GetAccountSettingsResponse",
                     {
                         member<&GetAccountSettingsResponse::account_limit>("AccountLimit"),
                         member<&GetAccountSettingsResponse::account_usage>("AccountUsage"),
                     });
  }
};

struct ResourceTagsRequest {  // ListTags
  std::string resource;

  static wire::Shape shape() {
    return structure("ListTagsRequest", {member<&ResourceTagsRequest::resource>("Resource")
                                             .label()
                                             .required()
                                             .range(1, 256)
                                             .pattern(rules::kTaggable)});
  }
};

struct TagResourceRequest {
  std::string resource;
  std::map<std::string, std::string> tags;

  static wire::Shape shape() {
    return structure("TagResourceRequest", {
                                               member<&TagResourceRequest::resource>("Resource")
                                                   .label()
                                                   .required()
                                                   .range(1, 256)
                                                   .pattern(rules::kTaggable),
                                               member<&TagResourceRequest::tags>("Tags").required(),
                                           });
  }
};

struct UntagResourceRequest {
  std::string resource;
  std::vector<std::string> tag_keys;

  static wire::Shape shape() {
    return structure("UntagResourceRequest",
                     {
                         member<&UntagResourceRequest::resource>("Resource")
                             .label()
                             .required()
                             .range(1, 256)
                             .pattern(rules::kTaggable),
                         member<&UntagResourceRequest::tag_keys>("TagKeys").query("tagKeys").required(),
                     });
  }
};

struct ListTagsResponse {
  std::map<std::string, std::string> tags;

  static wire::Shape shape() { return structure("ListTagsResponse", {member<&ListTagsResponse::tags>("Tags")}); }
};

}  // namespace cumulet::lambda
