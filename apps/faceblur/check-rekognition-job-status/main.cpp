#include "apps/faceblur/check-rekognition-job-status/check_job_status.hpp"

using namespace cumulet;

int main() {
  return sdk::run_initialized([]() -> Result<sdk::Handler> {
    CUMULET_TRY(auto client, sdk::Client::create());
    return sdk::Handler([client](const sdk::InvocationRequest& request) mutable {
      return faceblur::check_job_status(client, request);
    });
  });
}
