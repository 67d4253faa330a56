#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of what is set on a function beside its configuration: concurrency, asynchronous invocation, permissions,
// tags.
namespace cumulet::lambda {

struct PutFunctionConcurrencyRequest {
  std::string function_name;
  int reserved_concurrent_executions = 0;
};

struct OnDestination {
  std::optional<std::string> destination;  // ARN
};

struct DestinationConfig {
  std::optional<OnDestination> on_success;
  std::optional<OnDestination> on_failure;
};

struct EventInvokeConfigRequest {  // Put- and UpdateFunctionEventInvokeConfig
  std::string function_name;
  std::optional<std::string> qualifier;
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_event_age_in_seconds;
  std::optional<DestinationConfig> destination_config;
};

struct EventInvokeConfig {
  TimePoint last_modified;
  std::string function_arn;  // with the qualifier
  std::optional<int> maximum_retry_attempts;
  std::optional<int> maximum_event_age_in_seconds;
  DestinationConfig destination_config;  // both sides always there, as on AWS
};

struct ListEventInvokeConfigsResponse {
  std::vector<EventInvokeConfig> function_event_invoke_configs;
  std::optional<std::string> next_marker;
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
};

struct AddPermissionResponse {
  std::string statement;  // the statement as JSON text
};

struct RemovePermissionRequest {
  std::string function_name;
  std::string statement_id;
  std::optional<std::string> qualifier;
  std::optional<std::string> revision_id;
};

struct GetPolicyResponse {
  std::string policy;  // the document as JSON text
  std::string revision_id;
};

struct AccountLimit {
  std::int64_t total_code_size = 80'530'636'800;
  std::int64_t code_size_unzipped = 262'144'000;
  std::int64_t code_size_zipped = 52'428'800;
  int concurrent_executions = 1000;
  int unreserved_concurrent_executions = 1000;
};

struct AccountUsage {
  std::int64_t total_code_size = 0;
  std::int64_t function_count = 0;
};

struct GetAccountSettingsResponse {
  AccountLimit account_limit;
  AccountUsage account_usage;
};

struct ResourceTagsRequest {  // ListTags
  std::string resource;
};

struct TagResourceRequest {
  std::string resource;
  std::map<std::string, std::string> tags;
};

struct UntagResourceRequest {
  std::string resource;
  std::vector<std::string> tag_keys;
};

struct ListTagsResponse {
  std::map<std::string, std::string> tags;
};

}  // namespace cumulet::lambda

namespace cumulet::wire {

namespace lambda_rules {
inline constexpr std::string_view kDestination =
    "$|kafka://"
    "([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?"
    "-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";
inline constexpr std::string_view kTaggable =
    "arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+"
    "(:(\\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-"
    "F]"
    "{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";
inline constexpr std::string_view kUrlAuthTypes[] = {"NONE", "AWS_IAM"};
}  // namespace lambda_rules

template <>
struct Describe<lambda::PutFunctionConcurrencyRequest> {
  static Shape shape() {
    using R = lambda::PutFunctionConcurrencyRequest;
    return structure(
        "PutFunctionConcurrencyRequest",
        {
            member<&R::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 140)
                .pattern(lambda_rules::kFunctionName),
            member<&R::reserved_concurrent_executions>("ReservedConcurrentExecutions").required().at_least(0),
        });
  }
};

template <>
struct Describe<lambda::OnDestination> {
  static Shape shape() {
    return structure(
        "OnDestination",
        {member<&lambda::OnDestination::destination>("Destination").range(0, 350).pattern(lambda_rules::kDestination)});
  }
};

template <>
struct Describe<lambda::DestinationConfig> {
  static Shape shape() {
    return structure("DestinationConfig", {
                                              member<&lambda::DestinationConfig::on_success>("OnSuccess"),
                                              member<&lambda::DestinationConfig::on_failure>("OnFailure"),
                                          });
  }
};

template <>
struct Describe<lambda::EventInvokeConfigRequest> {
  static Shape shape() {
    using R = lambda::EventInvokeConfigRequest;
    return structure(
        "PutFunctionEventInvokeConfigRequest",
        {
            member<&R::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(lambda_rules::kAnyFunctionName),
            member<&R::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(lambda_rules::kQualifier),
            member<&R::maximum_retry_attempts>("MaximumRetryAttempts").range(0, 2),
            member<&R::maximum_event_age_in_seconds>("MaximumEventAgeInSeconds").range(60, 21600),
            member<&R::destination_config>("DestinationConfig"),
        });
  }
};

template <>
struct Describe<lambda::EventInvokeConfig> {
  static Shape shape() {
    using C = lambda::EventInvokeConfig;
    return structure("FunctionEventInvokeConfig",
                     {
                         member<&C::last_modified>("LastModified"),
                         member<&C::function_arn>("FunctionArn"),
                         member<&C::maximum_retry_attempts>("MaximumRetryAttempts"),
                         member<&C::maximum_event_age_in_seconds>("MaximumEventAgeInSeconds"),
                         member<&C::destination_config>("DestinationConfig"),
                     });
  }
};

template <>
struct Describe<lambda::ListEventInvokeConfigsResponse> {
  static Shape shape() {
    using R = lambda::ListEventInvokeConfigsResponse;
    return structure("ListFunctionEventInvokeConfigsResponse",
                     {
                         member<&R::function_event_invoke_configs>("FunctionEventInvokeConfigs"),
                         member<&R::next_marker>("NextMarker"),
                     });
  }
};

template <>
struct Describe<lambda::AddPermissionRequest> {
  static Shape shape() {
    using R = lambda::AddPermissionRequest;
    return structure(
        "AddPermissionRequest",
        {
            member<&R::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(lambda_rules::kAnyFunctionName),
            member<&R::statement_id>("StatementId").required().range(1, 100).pattern("([a-zA-Z0-9-_]+)"),
            member<&R::action>("Action").required().pattern("(lambda:[*]|lambda:[a-zA-Z]+|[*])"),
            member<&R::principal>("Principal").required().pattern("[^\\s]+"),
            member<&R::source_arn>("SourceArn")
                .pattern("arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]"
                         "+-\\d{1})?:(\\d{12})?:(.*)"),
            member<&R::source_account>("SourceAccount").range(0, 12).pattern("\\d{12}"),
            member<&R::event_source_token>("EventSourceToken").range(0, 256).pattern("[a-zA-Z0-9._\\-]+"),
            member<&R::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(lambda_rules::kQualifier),
            member<&R::revision_id>("RevisionId"),
            member<&R::principal_org_id>("PrincipalOrgID").range(12, 34).pattern("o-[a-z0-9]{10,32}"),
            member<&R::function_url_auth_type>("FunctionUrlAuthType").one_of(lambda_rules::kUrlAuthTypes),
        });
  }
};

template <>
struct Describe<lambda::AddPermissionResponse> {
  static Shape shape() {
    return structure("AddPermissionResponse", {member<&lambda::AddPermissionResponse::statement>("Statement")});
  }
};

template <>
struct Describe<lambda::RemovePermissionRequest> {
  static Shape shape() {
    using R = lambda::RemovePermissionRequest;
    return structure(
        "RemovePermissionRequest",
        {
            member<&R::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(lambda_rules::kAnyFunctionName),
            member<&R::statement_id>("StatementId").label().required().range(1, 100),
            member<&R::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(lambda_rules::kQualifier),
            member<&R::revision_id>("RevisionId").query("RevisionId"),
        });
  }
};

template <>
struct Describe<lambda::GetPolicyResponse> {
  static Shape shape() {
    return structure("GetPolicyResponse", {
                                              member<&lambda::GetPolicyResponse::policy>("Policy"),
                                              member<&lambda::GetPolicyResponse::revision_id>("RevisionId"),
                                          });
  }
};

template <>
struct Describe<lambda::AccountLimit> {
  static Shape shape() {
    using A = lambda::AccountLimit;
    return structure("AccountLimit", {
                                         member<&A::total_code_size>("TotalCodeSize"),
                                         member<&A::code_size_unzipped>("CodeSizeUnzipped"),
                                         member<&A::code_size_zipped>("CodeSizeZipped"),
                                         member<&A::concurrent_executions>("ConcurrentExecutions"),
                                         member<&A::unreserved_concurrent_executions>("UnreservedConcurrentExecutions"),
                                     });
  }
};

template <>
struct Describe<lambda::AccountUsage> {
  static Shape shape() {
    return structure("AccountUsage", {
                                         member<&lambda::AccountUsage::total_code_size>("TotalCodeSize"),
                                         member<&lambda::AccountUsage::function_count>("FunctionCount"),
                                     });
  }
};

template <>
struct Describe<lambda::GetAccountSettingsResponse> {
  static Shape shape() {
    using R = lambda::GetAccountSettingsResponse;
    return structure("GetAccountSettingsResponse", {
                                                       member<&R::account_limit>("AccountLimit"),
                                                       member<&R::account_usage>("AccountUsage"),
                                                   });
  }
};

template <>
struct Describe<lambda::ResourceTagsRequest> {
  static Shape shape() {
    return structure("ListTagsRequest", {member<&lambda::ResourceTagsRequest::resource>("Resource")
                                             .label()
                                             .required()
                                             .range(1, 256)
                                             .pattern(lambda_rules::kTaggable)});
  }
};

template <>
struct Describe<lambda::TagResourceRequest> {
  static Shape shape() {
    return structure("TagResourceRequest", {
                                               member<&lambda::TagResourceRequest::resource>("Resource")
                                                   .label()
                                                   .required()
                                                   .range(1, 256)
                                                   .pattern(lambda_rules::kTaggable),
                                               member<&lambda::TagResourceRequest::tags>("Tags").required(),
                                           });
  }
};

template <>
struct Describe<lambda::UntagResourceRequest> {
  static Shape shape() {
    return structure("UntagResourceRequest",
                     {
                         member<&lambda::UntagResourceRequest::resource>("Resource")
                             .label()
                             .required()
                             .range(1, 256)
                             .pattern(lambda_rules::kTaggable),
                         member<&lambda::UntagResourceRequest::tag_keys>("TagKeys").query("tagKeys").required(),
                     });
  }
};

template <>
struct Describe<lambda::ListTagsResponse> {
  static Shape shape() { return structure("ListTagsResponse", {member<&lambda::ListTagsResponse::tags>("Tags")}); }
};

}  // namespace cumulet::wire
