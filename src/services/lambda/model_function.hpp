#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Lambda's functions, API version 2015-03-31.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and its neighbours
namespace cumulet::lambda {

struct EnvironmentVariables {
  std::map<std::string, std::string> variables;
};

struct TracingConfig {
  std::string mode = "PassThrough";
};

struct EphemeralStorage {
  int size = 512;  // MB
};

struct DeadLetterConfig {
  std::optional<std::string> target_arn;
};

struct LoggingConfig {
  std::optional<std::string> log_format;  // Text or JSON
  std::optional<std::string> application_log_level;
  std::optional<std::string> system_log_level;
  std::optional<std::string> log_group;
};

struct SnapStart {
  std::optional<std::string> apply_on;
  std::optional<std::string> optimization_status;
};

struct RuntimeVersionConfig {
  std::string runtime_version_arn;
};

struct VpcConfig {
  std::optional<std::vector<std::string>> subnet_ids;
  std::optional<std::vector<std::string>> security_group_ids;
};

struct FunctionCode {
  std::optional<wire::Blob> zip_file;
  std::optional<std::string> s3_bucket;
  std::optional<std::string> s3_key;
  std::optional<std::string> s3_object_version;
  std::optional<std::string> image_uri;
};

struct CreateFunctionRequest {
  std::string function_name;
  std::optional<std::string> runtime;
  std::string role;
  std::optional<std::string> handler;
  FunctionCode code;
  std::optional<std::string> description;
  std::optional<int> timeout;
  std::optional<int> memory_size;
  std::optional<bool> publish;
  std::optional<VpcConfig> vpc_config;
  std::optional<std::string> package_type;
  std::optional<DeadLetterConfig> dead_letter_config;
  std::optional<EnvironmentVariables> environment;
  std::optional<TracingConfig> tracing_config;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::vector<std::string>> layers;
  std::optional<std::vector<std::string>> architectures;
  std::optional<EphemeralStorage> ephemeral_storage;
  std::optional<SnapStart> snap_start;
  std::optional<LoggingConfig> logging_config;
};

struct FunctionConfiguration {
  std::string function_name;
  std::string function_arn;
  std::optional<std::string> runtime;
  std::string role;
  std::optional<std::string> handler;
  std::int64_t code_size = 0;
  std::string description;
  int timeout = 3;
  int memory_size = 128;
  std::string last_modified;  // "2026-01-01T00:00:00.000+0000"
  std::string code_sha256;
  std::string version = "$LATEST";
  std::optional<VpcConfig> vpc_config;
  std::optional<DeadLetterConfig> dead_letter_config;
  std::optional<EnvironmentVariables> environment;
  TracingConfig tracing_config;
  std::string revision_id;
  std::optional<std::string> state;  // Active; Pending in CreateFunction's answer; absent in lists, as on AWS
  std::optional<std::string> state_reason;
  std::optional<std::string> state_reason_code;
  std::optional<std::string> last_update_status;  // Successful; InProgress in the answer of an update
  std::optional<std::string> last_update_status_reason;
  std::optional<std::string> last_update_status_reason_code;
  std::string package_type = "Zip";
  std::vector<std::string> architectures = {"x86_64"};
  EphemeralStorage ephemeral_storage;
  SnapStart snap_start;
  std::optional<RuntimeVersionConfig> runtime_version_config;
  LoggingConfig logging_config;
};

struct FunctionNameRequest {  // GetFunction, GetFunctionConfiguration, DeleteFunction and others
  std::string function_name;
  std::optional<std::string> qualifier;
};

struct FunctionCodeLocation {
  std::string repository_type = "S3";
  std::string location;
};

struct Concurrency {
  std::optional<int> reserved_concurrent_executions;
};

struct GetFunctionResponse {
  FunctionConfiguration configuration;
  FunctionCodeLocation code;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<Concurrency> concurrency;
};

struct ListFunctionsRequest {
  std::optional<std::string> marker;
  std::optional<int> max_items;
  std::optional<std::string> function_version;
  std::optional<std::string> master_region;
};

struct ListFunctionsResponse {
  std::optional<std::string> next_marker;
  std::vector<FunctionConfiguration> functions;
};

struct ListVersionsRequest {
  std::string function_name;
  std::optional<std::string> marker;
  std::optional<int> max_items;
};

struct ListVersionsResponse {
  std::optional<std::string> next_marker;
  std::vector<FunctionConfiguration> versions;
};

struct UpdateFunctionCodeRequest {
  std::string function_name;
  std::optional<wire::Blob> zip_file;
  std::optional<std::string> s3_bucket;
  std::optional<std::string> s3_key;
  std::optional<std::string> s3_object_version;
  std::optional<std::string> image_uri;
  std::optional<bool> publish;
  std::optional<bool> dry_run;
  std::optional<std::string> revision_id;
  std::optional<std::vector<std::string>> architectures;
};

struct UpdateFunctionConfigurationRequest {
  std::string function_name;
  std::optional<std::string> role;
  std::optional<std::string> handler;
  std::optional<std::string> description;
  std::optional<int> timeout;
  std::optional<int> memory_size;
  std::optional<VpcConfig> vpc_config;
  std::optional<EnvironmentVariables> environment;
  std::optional<std::string> runtime;
  std::optional<DeadLetterConfig> dead_letter_config;
  std::optional<TracingConfig> tracing_config;
  std::optional<std::string> revision_id;
  std::optional<std::vector<std::string>> layers;
  std::optional<EphemeralStorage> ephemeral_storage;
  std::optional<SnapStart> snap_start;
  std::optional<LoggingConfig> logging_config;
};

}  // namespace cumulet::lambda

namespace cumulet::wire {

namespace lambda_rules {
inline constexpr std::string_view kFunctionName =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
    "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
// Of the operations that also read: what names a function there may be longer.
inline constexpr std::string_view kAnyFunctionName =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
    "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
inline constexpr std::string_view kQualifier = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
inline constexpr std::string_view kFunctionVersions[] = {"ALL"};
inline constexpr std::string_view kSnapStarts[] = {"PublishedVersions", "None"};
inline constexpr std::string_view kRole = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
inline constexpr std::string_view kHandler = "[^\\s]+";
inline constexpr std::string_view kRuntimes[] = {
    "nodejs",         "nodejs4.3",     "nodejs6.10",    "nodejs8.10",     "nodejs10.x", "nodejs12.x", "nodejs14.x",
    "nodejs16.x",     "nodejs18.x",    "nodejs20.x",    "nodejs22.x",     "nodejs24.x", "java8",      "java8.al2",
    "java11",         "java17",        "java21",        "java25",         "python2.7",  "python3.6",  "python3.7",
    "python3.8",      "python3.9",     "python3.10",    "python3.11",     "python3.12", "python3.13", "python3.14",
    "dotnetcore1.0",  "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",  "dotnet6",    "dotnet8",    "dotnet10",
    "nodejs4.3-edge", "go1.x",         "ruby2.5",       "ruby2.7",        "ruby3.2",    "ruby3.3",    "ruby3.4",
    "ruby4.0",        "provided",      "provided.al2",  "provided.al2023"};
inline constexpr std::string_view kPackageTypes[] = {"Zip", "Image"};
inline constexpr std::string_view kTracingModes[] = {"Active", "PassThrough"};
inline constexpr std::string_view kArchitectures[] = {"x86_64", "arm64"};
inline constexpr std::string_view kLogFormats[] = {"JSON", "Text"};
inline constexpr std::string_view kApplicationLevels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
inline constexpr std::string_view kSystemLevels[] = {"DEBUG", "INFO", "WARN"};
}  // namespace lambda_rules

template <>
struct Describe<lambda::EnvironmentVariables> {
  static Shape shape() {
    return structure("Environment", {member<&lambda::EnvironmentVariables::variables>("Variables")});
  }
};

template <>
struct Describe<lambda::TracingConfig> {
  static Shape shape() {
    return structure("TracingConfig",
                     {member<&lambda::TracingConfig::mode>("Mode").one_of(lambda_rules::kTracingModes)});
  }
};

template <>
struct Describe<lambda::EphemeralStorage> {
  static Shape shape() {
    return structure("EphemeralStorage",
                     {member<&lambda::EphemeralStorage::size>("Size").required().range(512, 10240)});
  }
};

template <>
struct Describe<lambda::DeadLetterConfig> {
  static Shape shape() {
    return structure("DeadLetterConfig", {member<&lambda::DeadLetterConfig::target_arn>("TargetArn")});
  }
};

template <>
struct Describe<lambda::LoggingConfig> {
  static Shape shape() {
    using L = lambda::LoggingConfig;
    return structure(
        "LoggingConfig",
        {
            member<&L::log_format>("LogFormat").one_of(lambda_rules::kLogFormats),
            member<&L::application_log_level>("ApplicationLogLevel").one_of(lambda_rules::kApplicationLevels),
            member<&L::system_log_level>("SystemLogLevel").one_of(lambda_rules::kSystemLevels),
            member<&L::log_group>("LogGroup").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
        });
  }
};

template <>
struct Describe<lambda::SnapStart> {
  static Shape shape() {
    return structure("SnapStart", {
                                      member<&lambda::SnapStart::apply_on>("ApplyOn").one_of(lambda_rules::kSnapStarts),
                                      member<&lambda::SnapStart::optimization_status>("OptimizationStatus"),
                                  });
  }
};

template <>
struct Describe<lambda::RuntimeVersionConfig> {
  static Shape shape() {
    return structure("RuntimeVersionConfig",
                     {member<&lambda::RuntimeVersionConfig::runtime_version_arn>("RuntimeVersionArn")});
  }
};

template <>
struct Describe<lambda::VpcConfig> {
  static Shape shape() {
    return structure("VpcConfig", {
                                      member<&lambda::VpcConfig::subnet_ids>("SubnetIds").range(0, 16),
                                      member<&lambda::VpcConfig::security_group_ids>("SecurityGroupIds").range(0, 5),
                                  });
  }
};

template <>
struct Describe<lambda::FunctionCode> {
  static Shape shape() {
    using C = lambda::FunctionCode;
    return structure("FunctionCode", {
                                         member<&C::zip_file>("ZipFile"),
                                         member<&C::s3_bucket>("S3Bucket").range(3, 63),
                                         member<&C::s3_key>("S3Key").range(1, 1024),
                                         member<&C::s3_object_version>("S3ObjectVersion").range(1, 1024),
                                         member<&C::image_uri>("ImageUri"),
                                     });
  }
};

template <>
struct Describe<lambda::CreateFunctionRequest> {
  static Shape shape() {
    using R = lambda::CreateFunctionRequest;
    using namespace lambda_rules;
    return structure("CreateFunctionRequest",
                     {
                         member<&R::function_name>("FunctionName").required().range(1, 140).pattern(kFunctionName),
                         member<&R::runtime>("Runtime"),
                         member<&R::role>("Role").required().pattern(kRole),
                         member<&R::handler>("Handler").range(0, 128).pattern(kHandler),
                         member<&R::code>("Code").required(),
                         member<&R::description>("Description").range(0, 256),
                         member<&R::timeout>("Timeout").range(1, 900),
                         member<&R::memory_size>("MemorySize").range(128, 10240),
                         member<&R::publish>("Publish"),
                         member<&R::vpc_config>("VpcConfig"),
                         member<&R::package_type>("PackageType").one_of(kPackageTypes),
                         member<&R::dead_letter_config>("DeadLetterConfig"),
                         member<&R::environment>("Environment"),
                         member<&R::tracing_config>("TracingConfig"),
                         member<&R::tags>("Tags"),
                         member<&R::layers>("Layers"),
                         member<&R::architectures>("Architectures").range(1, 1),
                         member<&R::ephemeral_storage>("EphemeralStorage"),
                         member<&R::snap_start>("SnapStart"),
                         member<&R::logging_config>("LoggingConfig"),
                     });
  }
};

template <>
struct Describe<lambda::FunctionConfiguration> {
  static Shape shape() {
    using C = lambda::FunctionConfiguration;
    return structure("FunctionConfiguration",
                     {
                         member<&C::function_name>("FunctionName"),
                         member<&C::function_arn>("FunctionArn"),
                         member<&C::runtime>("Runtime"),
                         member<&C::role>("Role"),
                         member<&C::handler>("Handler"),
                         member<&C::code_size>("CodeSize"),
                         member<&C::description>("Description"),
                         member<&C::timeout>("Timeout"),
                         member<&C::memory_size>("MemorySize"),
                         member<&C::last_modified>("LastModified"),
                         member<&C::code_sha256>("CodeSha256"),
                         member<&C::version>("Version"),
                         member<&C::vpc_config>("VpcConfig"),
                         member<&C::dead_letter_config>("DeadLetterConfig"),
                         member<&C::environment>("Environment"),
                         member<&C::tracing_config>("TracingConfig"),
                         member<&C::revision_id>("RevisionId"),
                         member<&C::state>("State"),
                         member<&C::state_reason>("StateReason"),
                         member<&C::state_reason_code>("StateReasonCode"),
                         member<&C::last_update_status>("LastUpdateStatus"),
                         member<&C::last_update_status_reason>("LastUpdateStatusReason"),
                         member<&C::last_update_status_reason_code>("LastUpdateStatusReasonCode"),
                         member<&C::package_type>("PackageType"),
                         member<&C::architectures>("Architectures"),
                         member<&C::ephemeral_storage>("EphemeralStorage"),
                         member<&C::snap_start>("SnapStart"),
                         member<&C::runtime_version_config>("RuntimeVersionConfig"),
                         member<&C::logging_config>("LoggingConfig"),
                     });
  }
};

template <>
struct Describe<lambda::FunctionNameRequest> {
  static Shape shape() {
    using R = lambda::FunctionNameRequest;
    return structure(
        "FunctionNameRequest",
        {
            member<&R::function_name>("FunctionName")
                .label()
                .required()
                .range(1, 256)
                .pattern(lambda_rules::kAnyFunctionName),
            member<&R::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(lambda_rules::kQualifier),
        });
  }
};

template <>
struct Describe<lambda::FunctionCodeLocation> {
  static Shape shape() {
    return structure("FunctionCodeLocation",
                     {
                         member<&lambda::FunctionCodeLocation::repository_type>("RepositoryType"),
                         member<&lambda::FunctionCodeLocation::location>("Location"),
                     });
  }
};

template <>
struct Describe<lambda::Concurrency> {
  static Shape shape() {
    return structure("Concurrency",
                     {member<&lambda::Concurrency::reserved_concurrent_executions>("ReservedConcurrentExecutions")});
  }
};

template <>
struct Describe<lambda::GetFunctionResponse> {
  static Shape shape() {
    using R = lambda::GetFunctionResponse;
    return structure("GetFunctionResponse", {
                                                member<&R::configuration>("Configuration"),
                                                member<&R::code>("Code"),
                                                member<&R::tags>("Tags"),
                                                member<&R::concurrency>("Concurrency"),
                                            });
  }
};

template <>
struct Describe<lambda::ListFunctionsRequest> {
  static Shape shape() {
    using R = lambda::ListFunctionsRequest;
    return structure("ListFunctionsRequest", {
                                                 member<&R::marker>("Marker").query("Marker"),
                                                 member<&R::max_items>("MaxItems").query("MaxItems").range(1, 10000),
                                                 member<&R::function_version>("FunctionVersion")
                                                     .query("FunctionVersion")
                                                     .one_of(lambda_rules::kFunctionVersions),
                                                 member<&R::master_region>("MasterRegion").query("MasterRegion"),
                                             });
  }
};

template <>
struct Describe<lambda::ListFunctionsResponse> {
  static Shape shape() {
    return structure("ListFunctionsResponse", {
                                                  member<&lambda::ListFunctionsResponse::next_marker>("NextMarker"),
                                                  member<&lambda::ListFunctionsResponse::functions>("Functions"),
                                              });
  }
};

template <>
struct Describe<lambda::ListVersionsRequest> {
  static Shape shape() {
    using R = lambda::ListVersionsRequest;
    return structure("ListVersionsByFunctionRequest",
                     {
                         member<&R::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 256)
                             .pattern(lambda_rules::kAnyFunctionName),
                         member<&R::marker>("Marker").query("Marker"),
                         member<&R::max_items>("MaxItems").query("MaxItems").range(1, 10000),
                     });
  }
};

template <>
struct Describe<lambda::ListVersionsResponse> {
  static Shape shape() {
    return structure("ListVersionsByFunctionResponse",
                     {
                         member<&lambda::ListVersionsResponse::next_marker>("NextMarker"),
                         member<&lambda::ListVersionsResponse::versions>("Versions"),
                     });
  }
};

template <>
struct Describe<lambda::UpdateFunctionCodeRequest> {
  static Shape shape() {
    using R = lambda::UpdateFunctionCodeRequest;
    return structure("UpdateFunctionCodeRequest", {
                                                      member<&R::function_name>("FunctionName")
                                                          .label()
                                                          .required()
                                                          .range(1, 140)
                                                          .pattern(lambda_rules::kFunctionName),
                                                      member<&R::zip_file>("ZipFile"),
                                                      member<&R::s3_bucket>("S3Bucket").range(3, 63),
                                                      member<&R::s3_key>("S3Key").range(1, 1024),
                                                      member<&R::s3_object_version>("S3ObjectVersion"),
                                                      member<&R::image_uri>("ImageUri"),
                                                      member<&R::publish>("Publish"),
                                                      member<&R::dry_run>("DryRun"),
                                                      member<&R::revision_id>("RevisionId"),
                                                      member<&R::architectures>("Architectures").range(1, 1),
                                                  });
  }
};

template <>
struct Describe<lambda::UpdateFunctionConfigurationRequest> {
  static Shape shape() {
    using R = lambda::UpdateFunctionConfigurationRequest;
    using namespace lambda_rules;
    return structure(
        "UpdateFunctionConfigurationRequest",
        {
            member<&R::function_name>("FunctionName").label().required().range(1, 140).pattern(kFunctionName),
            member<&R::role>("Role").pattern(kRole),
            member<&R::handler>("Handler").range(0, 128).pattern(kHandler),
            member<&R::description>("Description").range(0, 256),
            member<&R::timeout>("Timeout").range(1, 900),
            member<&R::memory_size>("MemorySize").range(128, 10240),
            member<&R::vpc_config>("VpcConfig"),
            member<&R::environment>("Environment"),
            member<&R::runtime>("Runtime"),
            member<&R::dead_letter_config>("DeadLetterConfig"),
            member<&R::tracing_config>("TracingConfig"),
            member<&R::revision_id>("RevisionId"),
            member<&R::layers>("Layers"),
            member<&R::ephemeral_storage>("EphemeralStorage"),
            member<&R::snap_start>("SnapStart"),
            member<&R::logging_config>("LoggingConfig"),
        });
  }
};

}  // namespace cumulet::wire
