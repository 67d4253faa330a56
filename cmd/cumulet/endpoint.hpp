#pragma once
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "cloudformation/evaluator.hpp"
#include "sdk/client.hpp"

namespace CLI {
class App;
}

namespace cumulet::cli {

// Where a client command goes and as whom. Never AWS itself.
struct Endpoint {
  std::string url;
  std::string source;  // what named it: "--endpoint", "CUMULET_ENDPOINT", ...; empty: nothing did
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};

// The flag's value, else CUMULET_ENDPOINT, AWS_ENDPOINT_URL, the engine that holds the data folder (CUMULET_DATA, else
// the default one), http://127.0.0.1:4566. Region: AWS_REGION,
// AWS_DEFAULT_REGION, us-east-1. Keys: AWS_ACCESS_KEY_ID and its companions, CUMULET_ROOT_ACCESS_KEY_ID and its secret,
// the key that an engine which requires authentication keeps in its data folder (CUMULET_DATA, else the default one),
// else test/test; a profile is not read. Errors: an endpoint that is no http(s) URL, or is AWS's own; a damaged key
// file.
Result<Endpoint> find_endpoint(const std::string& flag);

Result<sdk::Client> client_of(const Endpoint& endpoint);
// Region and partition, and the account that the endpoint says our keys belong to. An Error when nothing answers there.
Result<cloudformation::Environment> environment_of(sdk::Client& client, const Endpoint& endpoint);

// What an engine says of itself: {"version", "services", "uptime", "face_detector"}. fail()s when nothing answers at the
// endpoint, and says how to start an engine; and when something else than an engine answers.
json::object health_of(const Endpoint& endpoint);

// GET of an unsigned path ("/_cumulet/health"), whatever its status.
Result<sdk::HttpResponse> get(const Endpoint& endpoint, const std::string& path);

// Adds --endpoint.
void add_endpoint_option(::CLI::App& command, std::string& value);

// Says why on stderr and throws CLI::RuntimeError(1).
[[noreturn]] void fail(const Error& error);
[[noreturn]] void fail(const std::string& message);

}  // namespace cumulet::cli
