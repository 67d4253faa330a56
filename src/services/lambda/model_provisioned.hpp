#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/model_function.hpp"

// Shapes of provisioned concurrency.
// https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
namespace cumulet::lambda {

using wire::member;
using wire::structure;

struct PutProvisionedRequest {
  std::string function_name;
  std::string qualifier;
  int provisioned_concurrent_executions = 0;

  static wire::Shape shape() {
    using P = PutProvisionedRequest;
    return structure(
        "PutProvisionedConcurrencyConfigRequest",
        {
            member<&P::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&P::qualifier>("Qualifier").query("Qualifier").required().range(1, 128).pattern(rules::kQualifier),
            member<&P::provisioned_concurrent_executions>("ProvisionedConcurrentExecutions").required().at_least(1),
        });
  }
};

struct ProvisionedRequest {  // Get- and DeleteProvisionedConcurrencyConfig
  std::string function_name;
  std::string qualifier;

  static wire::Shape shape() {
    using P = ProvisionedRequest;
    return structure(
        "GetProvisionedConcurrencyConfigRequest",
        {
            member<&P::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&P::qualifier>("Qualifier").query("Qualifier").required().range(1, 128).pattern(rules::kQualifier),
        });
  }
};

struct ProvisionedConfig {
  std::optional<std::string> function_arn;  // in lists
  int requested = 0;
  int available = 0;
  int allocated = 0;
  std::string status = "READY";
  std::string last_modified;  // "2026-01-01T00:00:00+0000"

  static wire::Shape shape() {
    using P = ProvisionedConfig;
    return structure("ProvisionedConcurrencyConfigListItem",
                     {
                         member<&P::function_arn>("FunctionArn"),
                         member<&P::requested>("RequestedProvisionedConcurrentExecutions"),
                         member<&P::available>("AvailableProvisionedConcurrentExecutions"),
                         member<&P::allocated>("AllocatedProvisionedConcurrentExecutions"),
                         member<&P::status>("Status"),
                         member<&P::last_modified>("LastModified"),
                     });
  }
};

struct ListProvisionedRequest {
  std::string function_name;
  std::optional<std::string> marker;
  std::optional<int> max_items;

  static wire::Shape shape() {
    using P = ListProvisionedRequest;
    return structure(
        "ListProvisionedConcurrencyConfigsRequest",
        {
            member<&P::function_name>("FunctionName").label().required().range(1, 140).pattern(rules::kFunctionName),
            member<&P::marker>("Marker").query("Marker"),
            member<&P::max_items>("MaxItems").query("MaxItems").range(1, 50),
        });
  }
};

struct ListProvisionedResponse {
  std::vector<ProvisionedConfig> provisioned_concurrency_configs;
  std::optional<std::string> next_marker;

  static wire::Shape shape() {
    return structure(
        "ListProvisionedConcurrencyConfigsResponse",
        {
            member<&ListProvisionedResponse::provisioned_concurrency_configs>("ProvisionedConcurrencyConfigs"),
            member<&ListProvisionedResponse::next_marker>("NextMarker"),
        });
  }
};

// The stored form, of a version or an alias.
struct Provisioned {
  int requested = 0;
  std::string last_modified;

  static wire::Shape shape() {
    return structure("Provisioned", {
                                        member<&Provisioned::requested>("Requested"),
                                        member<&Provisioned::last_modified>("LastModified"),
                                    });
  }
};

}  // namespace cumulet::lambda
