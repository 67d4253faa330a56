#pragma once
#include <memory>
#include <string>

#include "cmd/cumulet/deploy/sdk_caller.hpp"
#include "cmd/cumulet/endpoint.hpp"

namespace cumulet::cli {

// What a client command needs: the endpoint, a client for it, and whose account it is.
struct Session {
  Endpoint endpoint;
  json::object health;  // health_of() it
  sdk::Client client;
  cloudformation::Environment environment;
  deploy::SdkCaller aws{client};

  // Ends the command, saying why, when the endpoint is none or nothing answers there.
  static std::unique_ptr<Session> open(const std::string& endpoint_flag);
};

}  // namespace cumulet::cli
