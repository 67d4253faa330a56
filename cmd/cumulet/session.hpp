#pragma once
#include <memory>
#include <string>

#include "cmd/cumulet/endpoint.hpp"
#include "cmd/cumulet/sdk_api.hpp"

namespace cumulet::cli {

// What a client command needs: the endpoint, a client for it, and whose account it is.
struct Session {
  Endpoint endpoint;
  sdk::Client client;
  cloudformation::Environment environment;
  SdkApi api{client};

  // Ends the command, saying why, when the endpoint is none or nothing answers there.
  static std::unique_ptr<Session> open(const std::string& endpoint_flag);
};

}  // namespace cumulet::cli
