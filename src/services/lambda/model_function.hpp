#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Lambda's functions, API version 2015-03-31.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and its neighbours
namespace cumulet::lambda {

using wire::join;
using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kFunctionName =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
    "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
// Of the operations that also read: what names a function there may be longer.
inline constexpr std::string_view kAnyFunctionName =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
    "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
inline constexpr std::string_view kQualifier = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
inline constexpr std::string_view kFunctionVersions[] = {"ALL"};
inline constexpr std::string_view kSnapStarts[] = {"PublishedVersions", "None"};
inline constexpr std::string_view kRole = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
inline constexpr std::string_view kHandler = "[^\\s]+";
inline constexpr std::string_view kPackageTypes[] = {"Zip", "Image"};
inline constexpr std::string_view kTracingModes[] = {"Active", "PassThrough"};
inline constexpr std::string_view kArchitectures[] = {"x86_64", "arm64"};
inline constexpr std::string_view kLogFormats[] = {"JSON", "Text"};
inline constexpr std::string_view kApplicationLevels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
inline constexpr std::string_view kSystemLevels[] = {"DEBUG", "INFO", "WARN"};
}  // namespace rules

struct EnvironmentVariables {
  std::map<std::string, std::string> variables;

  static wire::Shape shape() {
    return structure("Environment", {member<&EnvironmentVariables::variables>("Variables")});
  }
};

struct TracingConfig {
  std::string mode = "PassThrough";

  static wire::Shape shape() {
    return structure("TracingConfig", {member<&TracingConfig::mode>("Mode").one_of(rules::kTracingModes)});
  }
};

struct EphemeralStorage {
  int size = 512;  // MB

  static wire::Shape shape() {
    return structure("EphemeralStorage", {member<&EphemeralStorage::size>("Size").required().range(512, 10240)});
  }
};

struct DeadLetterConfig {
  std::optional<std::string> target_arn;

  static wire::Shape shape() {
    return structure("DeadLetterConfig", {member<&DeadLetterConfig::target_arn>("TargetArn")});
  }
};

struct LoggingConfig {
  std::optional<std::string> log_format;  // Text or JSON
  std::optional<std::string> application_log_level;
  std::optional<std::string> system_log_level;
  std::optional<std::string> log_group;

  static wire::Shape shape() {
    return structure(
        "LoggingConfig",
        {
            member<&LoggingConfig::log_format>("LogFormat").one_of(rules::kLogFormats),
            member<&LoggingConfig::application_log_level>("ApplicationLogLevel").one_of(rules::kApplicationLevels),
            member<&LoggingConfig::system_log_level>("SystemLogLevel").one_of(rules::kSystemLevels),
            member<&LoggingConfig::log_group>("LogGroup").range(1, 512).pattern("[\\.\\-_/#A-Za-z0-9]+"),
        });
  }
};

struct SnapStart {
  std::optional<std::string> apply_on;
  std::optional<std::string> optimization_status;

  static wire::Shape shape() {
    return structure("SnapStart", {
                                      member<&SnapStart::apply_on>("ApplyOn").one_of(rules::kSnapStarts),
                                      member<&SnapStart::optimization_status>("OptimizationStatus"),
                                  });
  }
};

struct RuntimeVersionConfig {
  std::string runtime_version_arn;

  static wire::Shape shape() {
    return structure("RuntimeVersionConfig", {member<&RuntimeVersionConfig::runtime_version_arn>("RuntimeVersionArn")});
  }
};

struct VpcConfig {
  std::optional<std::vector<std::string>> subnet_ids;
  std::optional<std::vector<std::string>> security_group_ids;

  static wire::Shape shape() {
    return structure("VpcConfig", {
                                      member<&VpcConfig::subnet_ids>("SubnetIds").range(0, 16),
                                      member<&VpcConfig::security_group_ids>("SecurityGroupIds").range(0, 5),
                                  });
  }
};

// What of an image's own configuration a function replaces; absent and empty: as the image has it.
struct ImageConfig {
  std::optional<std::vector<std::string>> entry_point;
  std::optional<std::vector<std::string>> command;
  std::optional<std::string> working_directory;

  static wire::Shape shape() {
    return structure("ImageConfig",
                     {
                         member<&ImageConfig::entry_point>("EntryPoint").range(0, 1500),
                         member<&ImageConfig::command>("Command").range(0, 1500),
                         member<&ImageConfig::working_directory>("WorkingDirectory").range(0, 1000),
                     });
  }
};

struct ImageConfigResponse {
  ImageConfig image_config;

  static wire::Shape shape() {
    return structure("ImageConfigResponse", {member<&ImageConfigResponse::image_config>("ImageConfig")});
  }
};

// Where a function's code comes from: the archive itself, an object, an image.
struct FunctionCode {
  std::optional<wire::Blob> zip_file;
  std::optional<std::string> s3_bucket;
  std::optional<std::string> s3_key;
  std::optional<std::string> s3_object_version;
  std::optional<std::string> image_uri;

  // FunctionCode stands first in its heirs.
  static wire::MemberList members() {
    return {
        member<&FunctionCode::zip_file>("ZipFile"),
        member<&FunctionCode::s3_bucket>("S3Bucket").range(3, 63),
        member<&FunctionCode::s3_key>("S3Key").range(1, 1024),
        member<&FunctionCode::s3_object_version>("S3ObjectVersion").range(1, 1024),
        member<&FunctionCode::image_uri>("ImageUri"),
    };
  }
  static wire::Shape shape() { return structure("FunctionCode", members()); }
};

// What a function runs with, as it is asked for and as it is told.
struct RuntimeSettings {
  std::optional<std::string> runtime;
  std::optional<std::string> handler;
  std::optional<VpcConfig> vpc_config;
  std::optional<DeadLetterConfig> dead_letter_config;
  std::optional<EnvironmentVariables> environment;
};

// RuntimeSettings stands first in its heirs, so that a pointer to one is a pointer to it.
inline wire::MemberList runtime_settings() {
  using R = RuntimeSettings;
  return {
      member<&R::runtime>("Runtime"),         member<&R::handler>("Handler").range(0, 128).pattern(rules::kHandler),
      member<&R::vpc_config>("VpcConfig"),    member<&R::dead_letter_config>("DeadLetterConfig"),
      member<&R::environment>("Environment"),
  };
}

// What CreateFunction and UpdateFunctionConfiguration set; absent: the default, or as it was.
struct FunctionSettings : RuntimeSettings {
  std::optional<std::string> description;
  std::optional<int> timeout;      // seconds
  std::optional<int> memory_size;  // MB
  std::optional<TracingConfig> tracing_config;
  std::optional<std::vector<std::string>> layers;
  std::optional<EphemeralStorage> ephemeral_storage;
  std::optional<SnapStart> snap_start;
  std::optional<LoggingConfig> logging_config;
  std::optional<ImageConfig> image_config;
};

// FunctionSettings stands first in its heirs.
inline wire::MemberList function_settings() {
  using F = FunctionSettings;
  return join(runtime_settings(), {
                                      member<&F::description>("Description").range(0, 256),
                                      member<&F::timeout>("Timeout").range(1, 900),
                                      member<&F::memory_size>("MemorySize").range(128, 10240),
                                      member<&F::tracing_config>("TracingConfig"),
                                      member<&F::layers>("Layers"),
                                      member<&F::ephemeral_storage>("EphemeralStorage"),
                                      member<&F::snap_start>("SnapStart"),
                                      member<&F::logging_config>("LoggingConfig"),
                                      member<&F::image_config>("ImageConfig"),
                                  });
}

struct CreateFunctionRequest : FunctionSettings {
  std::string function_name;
  std::string role;
  FunctionCode code;
  std::optional<bool> publish;
  std::optional<std::string> package_type;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::vector<std::string>> architectures;

  static wire::Shape shape() {
    using namespace rules;
    return structure(
        "CreateFunctionRequest",
        join(function_settings(), {
                                      member<&CreateFunctionRequest::function_name>("FunctionName")
                                          .required()
                                          .range(1, 140)
                                          .pattern(kFunctionName),
                                      member<&CreateFunctionRequest::role>("Role").required().pattern(kRole),
                                      member<&CreateFunctionRequest::code>("Code").required(),
                                      member<&CreateFunctionRequest::publish>("Publish"),
                                      member<&CreateFunctionRequest::package_type>("PackageType").one_of(kPackageTypes),
                                      member<&CreateFunctionRequest::tags>("Tags"),
                                      member<&CreateFunctionRequest::architectures>("Architectures").range(1, 1),
                                  }));
  }
};

struct Layer {
  std::string arn;  // of a version
  std::int64_t code_size = 0;

  static wire::Shape shape() {
    return structure("Layer", {
                                  member<&Layer::arn>("Arn"),
                                  member<&Layer::code_size>("CodeSize"),
                              });
  }
};

struct FunctionConfiguration : RuntimeSettings {
  std::string function_name;
  std::string function_arn;
  std::string role;
  std::int64_t code_size = 0;
  std::string description;
  int timeout = 3;
  int memory_size = 128;
  std::string last_modified;  // "2026-01-01T00:00:00.000+0000"
  std::string code_sha256;
  std::string version = "$LATEST";
  TracingConfig tracing_config;
  std::string revision_id;
  std::optional<std::vector<Layer>> layers;
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
  std::optional<ImageConfigResponse> image_config_response;

  static wire::Shape shape() {
    return structure(
        "FunctionConfiguration",
        join(runtime_settings(),
             {
                 member<&FunctionConfiguration::function_name>("FunctionName"),
                 member<&FunctionConfiguration::function_arn>("FunctionArn"),
                 member<&FunctionConfiguration::role>("Role"),
                 member<&FunctionConfiguration::code_size>("CodeSize"),
                 member<&FunctionConfiguration::description>("Description"),
                 member<&FunctionConfiguration::timeout>("Timeout"),
                 member<&FunctionConfiguration::memory_size>("MemorySize"),
                 member<&FunctionConfiguration::last_modified>("LastModified"),
                 member<&FunctionConfiguration::code_sha256>("CodeSha256"),
                 member<&FunctionConfiguration::version>("Version"),
                 member<&FunctionConfiguration::tracing_config>("TracingConfig"),
                 member<&FunctionConfiguration::revision_id>("RevisionId"),
                 member<&FunctionConfiguration::layers>("Layers"),
                 member<&FunctionConfiguration::state>("State"),
                 member<&FunctionConfiguration::state_reason>("StateReason"),
                 member<&FunctionConfiguration::state_reason_code>("StateReasonCode"),
                 member<&FunctionConfiguration::last_update_status>("LastUpdateStatus"),
                 member<&FunctionConfiguration::last_update_status_reason>("LastUpdateStatusReason"),
                 member<&FunctionConfiguration::last_update_status_reason_code>("LastUpdateStatusReasonCode"),
                 member<&FunctionConfiguration::package_type>("PackageType"),
                 member<&FunctionConfiguration::architectures>("Architectures"),
                 member<&FunctionConfiguration::ephemeral_storage>("EphemeralStorage"),
                 member<&FunctionConfiguration::snap_start>("SnapStart"),
                 member<&FunctionConfiguration::runtime_version_config>("RuntimeVersionConfig"),
                 member<&FunctionConfiguration::logging_config>("LoggingConfig"),
                 member<&FunctionConfiguration::image_config_response>("ImageConfigResponse"),
             }));
  }
};

struct FunctionNameRequest {  // GetFunction, GetFunctionConfiguration, DeleteFunction and others
  std::string function_name;
  std::optional<std::string> qualifier;

  static wire::Shape shape() {
    return structure("FunctionNameRequest", {
                                                member<&FunctionNameRequest::qualifier>("Qualifier")
                                                    .query("Qualifier")
                                                    .range(1, 128)
                                                    .pattern(rules::kQualifier),
                                                member<&FunctionNameRequest::function_name>("FunctionName")
                                                    .label()
                                                    .required()
                                                    .range(1, 256)
                                                    .pattern(rules::kAnyFunctionName),
                                            });
  }
};

struct FunctionCodeLocation {
  std::string repository_type = "S3";
  std::optional<std::string> location;
  std::optional<std::string> image_uri;           // as it was asked for
  std::optional<std::string> resolved_image_uri;  // by its digest

  static wire::Shape shape() {
    return structure("FunctionCodeLocation", {
                                                 member<&FunctionCodeLocation::repository_type>("RepositoryType"),
                                                 member<&FunctionCodeLocation::location>("Location"),
                                                 member<&FunctionCodeLocation::image_uri>("ImageUri"),
                                                 member<&FunctionCodeLocation::resolved_image_uri>("ResolvedImageUri"),
                                             });
  }
};

struct Concurrency {
  std::optional<int> reserved_concurrent_executions;

  static wire::Shape shape() {
    return structure("Concurrency",
                     {member<&Concurrency::reserved_concurrent_executions>("ReservedConcurrentExecutions")});
  }
};

struct GetFunctionResponse {
  FunctionConfiguration configuration;
  FunctionCodeLocation code;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<Concurrency> concurrency;

  static wire::Shape shape() {
    return structure("GetFunctionResponse", {
                                                member<&GetFunctionResponse::configuration>("Configuration"),
                                                member<&GetFunctionResponse::code>("Code"),
                                                member<&GetFunctionResponse::tags>("Tags"),
                                                member<&GetFunctionResponse::concurrency>("Concurrency"),
                                            });
  }
};

struct ListFunctionsRequest {
  std::optional<std::string> marker;
  std::optional<int> max_items;
  std::optional<std::string> function_version;
  std::optional<std::string> master_region;

  static wire::Shape shape() {
    return structure("ListFunctionsRequest",
                     {
                         member<&ListFunctionsRequest::marker>("Marker").query("Marker"),
                         member<&ListFunctionsRequest::max_items>("MaxItems").query("MaxItems").range(1, 10000),
                         member<&ListFunctionsRequest::function_version>("FunctionVersion")
                             .query("FunctionVersion")
                             .one_of(rules::kFunctionVersions),
                         member<&ListFunctionsRequest::master_region>("MasterRegion").query("MasterRegion"),
                     });
  }
};

struct ListFunctionsResponse {
  std::optional<std::string> next_marker;
  std::vector<FunctionConfiguration> functions;

  static wire::Shape shape() {
    return structure("ListFunctionsResponse", {
                                                  member<&ListFunctionsResponse::next_marker>("NextMarker"),
                                                  member<&ListFunctionsResponse::functions>("Functions"),
                                              });
  }
};

struct ListVersionsRequest {
  std::string function_name;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    return structure("ListVersionsByFunctionRequest",
                     {
                         member<&ListVersionsRequest::function_name>("FunctionName")
                             .label()
                             .required()
                             .range(1, 256)
                             .pattern(rules::kAnyFunctionName),
                         member<&ListVersionsRequest::marker>("Marker").query("Marker"),
                         member<&ListVersionsRequest::max_items>("MaxItems").query("MaxItems").range(1, 10000),
                     });
  }
};

struct ListVersionsResponse {
  std::optional<std::string> next_marker;
  std::vector<FunctionConfiguration> versions;

  static wire::Shape shape() {
    return structure("ListVersionsByFunctionResponse", {
                                                           member<&ListVersionsResponse::next_marker>("NextMarker"),
                                                           member<&ListVersionsResponse::versions>("Versions"),
                                                       });
  }
};

struct UpdateFunctionCodeRequest : FunctionCode {
  std::string function_name;
  std::optional<bool> publish;
  std::optional<bool> dry_run;
  std::optional<std::string> revision_id;
  std::optional<std::vector<std::string>> architectures;

  static wire::Shape shape() {
    return structure("UpdateFunctionCodeRequest",
                     join(FunctionCode::members(),
                          {
                              member<&UpdateFunctionCodeRequest::function_name>("FunctionName")
                                  .label()
                                  .required()
                                  .range(1, 140)
                                  .pattern(rules::kFunctionName),
                              member<&UpdateFunctionCodeRequest::publish>("Publish"),
                              member<&UpdateFunctionCodeRequest::dry_run>("DryRun"),
                              member<&UpdateFunctionCodeRequest::revision_id>("RevisionId"),
                              member<&UpdateFunctionCodeRequest::architectures>("Architectures").range(1, 1),
                          }));
  }
};

struct UpdateFunctionConfigurationRequest : FunctionSettings {
  std::string function_name;
  std::optional<std::string> role;
  std::optional<std::string> revision_id;

  static wire::Shape shape() {
    using namespace rules;
    return structure(
        "UpdateFunctionConfigurationRequest",
        join(function_settings(), {
                                      member<&UpdateFunctionConfigurationRequest::function_name>("FunctionName")
                                          .label()
                                          .required()
                                          .range(1, 140)
                                          .pattern(kFunctionName),
                                      member<&UpdateFunctionConfigurationRequest::role>("Role").pattern(kRole),
                                      member<&UpdateFunctionConfigurationRequest::revision_id>("RevisionId"),
                                  }));
  }
};

}  // namespace cumulet::lambda
