#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {

std::unique_ptr<Session> Session::open(const std::string& endpoint_flag) {
  auto endpoint = find_endpoint(endpoint_flag);
  if (!endpoint) fail(endpoint.error());
  auto client = client_of(*endpoint);
  if (!client) fail(client.error());
  auto environment = environment_of(*client, *endpoint);
  if (!environment)
    fail("no engine answers at " + endpoint->url + ": is it running? Start it with `cumulet up`\n  " +
         deploy::described(environment.error()));
  return std::unique_ptr<Session>(
      new Session{.endpoint = std::move(*endpoint), .client = *client, .environment = std::move(*environment)});
}

}  // namespace cumulet::cli
