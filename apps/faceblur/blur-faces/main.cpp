#include "apps/faceblur/blur-faces/blur_faces.hpp"

using namespace cumulet;

int main() {
  return sdk::run_initialized([]() -> Result<sdk::Handler> {
    CUMULET_TRY(auto settings, faceblur::blur_settings_from_environment());
    CUMULET_TRY(auto client, sdk::Client::create());
    return sdk::Handler([client, settings](const sdk::InvocationRequest& request) mutable {
      return faceblur::blur_faces(client, settings, request);
    });
  });
}
