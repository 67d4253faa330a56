#pragma once
#include <string>
#include <string_view>

#include "gateway/call.hpp"

// How every answer looks beside what its operation says.
namespace cumulet::gateway {

inline constexpr ErrorKind kInternalError{"InternalError", 500};
inline constexpr std::string_view kInternalErrorText = "We encountered an internal error. Please try again.";

// As the service has them. `service` may be null: none is known.
std::string new_request_id(const wire::ServiceDescriptor* service);

// A Query call whose client accepts JSON before all else.
bool wants_query_json(const Call& call);

// The error in the protocol's form. What clients are not told goes to the log.
http::Response error_response(const Call& call, const Error& error);

// Headers that every answer has; those of a page that may see it.
void add_headers(const Call& call, http::Response& response);

}  // namespace cumulet::gateway
