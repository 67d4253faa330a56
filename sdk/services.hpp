#pragma once
#include <string_view>

namespace cumulet::sdk {

enum class Protocol { json, query, rest_json, rest_xml };

// What the client must know of a service before it can call it.
struct ServiceInfo {
  std::string_view name;  // as in the CLI: "stepfunctions" is "states" here; the endpoint's first label
  std::string_view id;    // for AWS_ENDPOINT_URL_<ID> and the services section
  Protocol protocol;
  std::string_view target_prefix;       // X-Amz-Target, JSON only
  std::string_view version;             // JSON: "1.0" or "1.1"; Query: the API version
  std::string_view global_region = {};  // a service without regions is signed for this one
};

// nullptr when unknown.
const ServiceInfo* find_service(std::string_view name);

}  // namespace cumulet::sdk
