#include "apps/faceblur/get-rekognized-faces/get_faces.hpp"

using namespace cumulet;

int main() {
  return sdk::run_initialized([]() -> Result<sdk::Handler> {
    CUMULET_TRY(auto client, sdk::Client::create());
    return sdk::Handler(
        [client](const sdk::InvocationRequest& request) mutable { return faceblur::get_faces(client, request); });
  });
}
