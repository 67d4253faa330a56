#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

// An engine answers, but knows no such access key, or another secret of it.
bool is_refused_key(const Error& error) {
  const std::string code = cloudformation::error_code(error);
  return code == "InvalidClientTokenId" || code == "SignatureDoesNotMatch" || code == "MissingAuthenticationToken";
}

}  // namespace

std::unique_ptr<Session> Session::open(const std::string& endpoint_flag) {
  auto endpoint = find_endpoint(endpoint_flag);
  if (!endpoint) fail(endpoint.error());
  json::object health = health_of(*endpoint);
  auto client = client_of(*endpoint);
  if (!client) fail(client.error());
  auto environment = environment_of(*client, *endpoint);
  if (!environment && is_refused_key(environment.error()))
    fail("the engine at " + endpoint->url + " does not take the access key " + endpoint->access_key_id +
         ": point CUMULET_DATA to its data folder, or set CUMULET_ROOT_ACCESS_KEY_ID and "
         "CUMULET_ROOT_SECRET_ACCESS_KEY (AWS_ACCESS_KEY_ID, where it is set, goes before both)\n  " +
         cloudformation::described(environment.error()));
  if (!environment) fail(environment.error());
  return std::unique_ptr<Session>(new Session{.endpoint = std::move(*endpoint),
                                              .health = std::move(health),
                                              .client = *client,
                                              .environment = std::move(*environment)});
}

}  // namespace cumulet::cli
