#pragma once
#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "cloudformation/evaluator.hpp"
#include "sdk/client.hpp"

namespace cumulet::cli {

// Where a client command goes and as whom. Never AWS itself.
struct Endpoint {
  std::string url;
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};

// The flag's value, else CUMULET_ENDPOINT_URL, AWS_ENDPOINT_URL, http://127.0.0.1:4566. Region: AWS_REGION,
// AWS_DEFAULT_REGION, us-east-1. Keys: AWS_ACCESS_KEY_ID and its companions, CUMULET_ROOT_ACCESS_KEY_ID and its secret,
// the key that an engine which requires authentication keeps in its data folder (CUMULET_DATA, else the default one),
// else test/test; a profile is not read. Errors: an endpoint that is no http(s) URL, or is AWS's own; a damaged key
// file.
Result<Endpoint> find_endpoint(const std::string& flag);

Result<sdk::Client> client_of(const Endpoint& endpoint);
// Region and partition, and the account that the endpoint says our keys belong to. An Error when nothing answers there.
Result<cloudformation::Environment> environment_of(sdk::Client& client, const Endpoint& endpoint);

// fail()s when nothing answers at the endpoint, and says how to start an engine.
void fail_unless_reachable(const Endpoint& endpoint);

// GET of an unsigned path ("/_cumulet/health"): the body.
Result<std::string> get(const Endpoint& endpoint, const std::string& path);

// The same of a page that may need a key ("/_cumulet/metrics"), signed with the client's.
Result<std::string> get_signed(sdk::Client& client, const std::string& path);

// Adds --endpoint.
void add_endpoint_option(CLI::App& command, std::string& value);

// Says why on stderr and throws CLI::RuntimeError(1).
[[noreturn]] void fail(const Error& error);
[[noreturn]] void fail(const std::string& message);

}  // namespace cumulet::cli
