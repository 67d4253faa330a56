#include <cstdlib>

#include "apps/faceblur/face-detection/face_detection.hpp"
#include "sdk/errors.hpp"

using namespace cumulet;

int main() {
  return sdk::run_initialized([]() -> Result<sdk::Handler> {
    const char* arn = std::getenv("STATE_MACHINE_ARN");
    if (!arn || !*arn)
      return Error{sdk::kBadConfiguration,
                   "the environment variable STATE_MACHINE_ARN is not set: it names the state machine to start"};
    CUMULET_TRY(auto client, sdk::Client::create());
    return sdk::Handler([client, machine = std::string(arn)](const sdk::InvocationRequest& request) mutable {
      return faceblur::handle_event(client, machine, request);
    });
  });
}
