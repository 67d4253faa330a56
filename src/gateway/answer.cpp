#include "gateway/answer.hpp"

#include "base/ids.hpp"
#include "base/log.hpp"
#include "gateway/sites.hpp"

namespace cumulet::gateway {

std::string new_request_id(const wire::ServiceDescriptor* service) {
  return service != nullptr && service->new_request_id != nullptr ? service->new_request_id() : uuid4();
}

bool wants_query_json(const Call& call) {
  if (call.identity.protocol != wire::Protocol::query) return false;
  const std::string_view accept = call.head.headers.get_or("accept", "");
  const std::string_view first = accept.substr(0, accept.find_first_of(",; "));
  return iequals(first, "application/json");
}

http::Response error_response(const Call& call, const Error& error) {
  const wire::ServiceDescriptor* service = call.service();
  if (service != nullptr && service->internal_error != nullptr && error.code() == kInternalFailure.code) {
    log::error("request {} failed: {}", call.context.request_id, error.message());
    const Error internal{*service->internal_error, std::string(kInternalErrorText)};
    return error_response(call, internal);
  }
  if (wants_query_json(call)) return wire::encode_query_json_error(error, call.context.request_id);
  // No <Resource>: the examples of S3's guide show it, its answers do not.
  http::Response response = wire::encode_error(call.identity.protocol, service, error, call.context.request_id);
  if (call.head.method == "HEAD") response.body = {};
  return response;
}

void add_headers(const Call& call, http::Response& response) {
  const wire::ServiceDescriptor* service = call.service();
  for (const auto& [name, value] : call.for_page) response.headers.add(name, value);
  if (service != nullptr && service->serves_documents) shield_document(call.head, response);
  if (service != nullptr && service->add_headers != nullptr)
    service->add_headers(response.headers, call.context.request_id);
  else if (!response.headers.has("x-amzn-RequestId"))
    response.headers.add("x-amzn-RequestId", call.context.request_id);
}

}  // namespace cumulet::gateway
