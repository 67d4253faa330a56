#pragma once
#include "gateway/call.hpp"
#include "gateway/sites.hpp"

// The steps of the request path that browsers meet: the Host, the page behind the request, preflights (sites.hpp).
namespace cumulet::gateway {

// Refused: a name that this engine does not go by.
Result<void> check_host(const AllowedHosts& hosts, const http::RequestHead& head, wire::Protocol protocol);

// Pages of other sites get what a service's own rules give them, and nothing else.
Result<void> check_page(Call& call);

// What a browser is told that asks first.
Result<http::Response> answer_preflight(Call& call);

}  // namespace cumulet::gateway
