#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of function URLs. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html
namespace cumulet::lambda {

using wire::member;
using wire::structure;

// What names and values must look like.
namespace rules {
inline constexpr std::string_view kUrlQualifier = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)";  // an alias
inline constexpr std::string_view kAuthTypes[] = {"NONE", "AWS_IAM"};
inline constexpr std::string_view kInvokeModes[] = {"BUFFERED", "RESPONSE_STREAM"};
}  // namespace rules

struct UrlCors {
  std::optional<bool> allow_credentials;
  std::optional<std::vector<std::string>> allow_headers;
  std::optional<std::vector<std::string>> allow_methods;
  std::optional<std::vector<std::string>> allow_origins;
  std::optional<std::vector<std::string>> expose_headers;
  std::optional<int> max_age;  // seconds

  static wire::Shape shape() {
    return structure("Cors", {
                                 member<&UrlCors::allow_credentials>("AllowCredentials"),
                                 member<&UrlCors::allow_headers>("AllowHeaders").range(0, 100),
                                 member<&UrlCors::allow_methods>("AllowMethods").range(0, 6),
                                 member<&UrlCors::allow_origins>("AllowOrigins").range(0, 100),
                                 member<&UrlCors::expose_headers>("ExposeHeaders").range(0, 100),
                                 member<&UrlCors::max_age>("MaxAge").range(0, 86400),
                             });
  }
};

struct UrlConfigRequest {  // CreateFunctionUrlConfig
  std::optional<std::string> qualifier;
  std::string function_name;
  std::string auth_type;
  std::optional<UrlCors> cors;
  std::optional<std::string> invoke_mode;

  static wire::Shape shape() {
    using U = UrlConfigRequest;
    return structure(
        "CreateFunctionUrlConfigRequest",
        {
            member<&U::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(rules::kUrlQualifier),
            member<&U::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&U::auth_type>("AuthType").required().one_of(rules::kAuthTypes),
            member<&U::cors>("Cors"),
            member<&U::invoke_mode>("InvokeMode").one_of(rules::kInvokeModes),
        });
  }
};

struct UpdateUrlConfigRequest {
  std::optional<std::string> qualifier;
  std::string function_name;
  std::optional<std::string> auth_type;
  std::optional<UrlCors> cors;
  std::optional<std::string> invoke_mode;

  static wire::Shape shape() {
    using U = UpdateUrlConfigRequest;
    return structure(
        "UpdateFunctionUrlConfigRequest",
        {
            member<&U::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(rules::kUrlQualifier),
            member<&U::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&U::auth_type>("AuthType").one_of(rules::kAuthTypes),
            member<&U::cors>("Cors"),
            member<&U::invoke_mode>("InvokeMode").one_of(rules::kInvokeModes),
        });
  }
};

struct UrlNameRequest {  // GetFunctionUrlConfig, DeleteFunctionUrlConfig
  std::optional<std::string> qualifier;
  std::string function_name;

  static wire::Shape shape() {
    using U = UrlNameRequest;
    return structure(
        "GetFunctionUrlConfigRequest",
        {
            member<&U::qualifier>("Qualifier").query("Qualifier").range(1, 128).pattern(rules::kUrlQualifier),
            member<&U::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
        });
  }
};

struct ListUrlConfigsRequest {
  std::string function_name;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    using U = ListUrlConfigsRequest;
    return structure(
        "ListFunctionUrlConfigsRequest",
        {
            member<&U::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&U::marker>("Marker").query("Marker"),
            member<&U::max_items>("MaxItems").query("MaxItems").range(1, 50),
        });
  }
};

struct UrlConfig {
  std::string function_url;
  std::string function_arn;  // with the alias
  std::string auth_type;
  std::optional<UrlCors> cors;
  std::string creation_time;  // "2026-01-01T00:00:00.000Z"
  std::optional<std::string> last_modified_time;
  std::optional<std::string> invoke_mode;

  static wire::Shape shape() {
    return structure("FunctionUrlConfig", {
                                              member<&UrlConfig::function_url>("FunctionUrl"),
                                              member<&UrlConfig::function_arn>("FunctionArn"),
                                              member<&UrlConfig::auth_type>("AuthType"),
                                              member<&UrlConfig::cors>("Cors"),
                                              member<&UrlConfig::creation_time>("CreationTime"),
                                              member<&UrlConfig::last_modified_time>("LastModifiedTime"),
                                              member<&UrlConfig::invoke_mode>("InvokeMode"),
                                          });
  }
};

struct ListUrlConfigsResponse {
  std::vector<UrlConfig> function_url_configs;
  std::optional<std::string> next_marker;

  static wire::Shape shape() {
    return structure("ListFunctionUrlConfigsResponse",
                     {
                         member<&ListUrlConfigsResponse::function_url_configs>("FunctionUrlConfigs"),
                         member<&ListUrlConfigsResponse::next_marker>("NextMarker"),
                     });
  }
};

// The stored form, of a function or one of its aliases.
struct FunctionUrl {
  std::string id;  // 32 letters and digits: the first part of its host
  std::string auth_type;
  std::optional<UrlCors> cors;
  std::string invoke_mode;
  std::string created, modified;

  static wire::Shape shape() {
    return structure("FunctionUrl", {
                                        member<&FunctionUrl::id>("Id"),
                                        member<&FunctionUrl::auth_type>("AuthType"),
                                        member<&FunctionUrl::cors>("Cors"),
                                        member<&FunctionUrl::invoke_mode>("InvokeMode"),
                                        member<&FunctionUrl::created>("Created"),
                                        member<&FunctionUrl::modified>("Modified"),
                                    });
  }
};

}  // namespace cumulet::lambda
