#include <sys/prctl.h>

#include "apps/polybot/worker/worker.hpp"
#include "sdk/errors.hpp"

using namespace cumulet;

int main() {
  // yt-dlp runs as the same user: it must not read the token and the keys out of /proc.
  ::prctl(PR_SET_DUMPABLE, 0);
  return sdk::run_initialized([]() -> Result<sdk::Handler> {
    const auto environment = sdk::process_environment();
    CUMULET_TRY(auto settings, polybot::worker_settings(environment));
    polybot::BotApiOptions options;
    options.token = environment("TELEGRAM_TOKEN").value_or("");
    if (options.token.empty()) return Error{sdk::kBadConfiguration, "TELEGRAM_TOKEN is not set: it is the bot's token"};
    if (const auto url = environment("TELEGRAM_API_URL")) options.base_url = *url;
    CUMULET_TRY(auto client, sdk::Client::create());
    static polybot::BotApi api(std::move(options));
    static const SystemClock clock;
    auto worker = std::make_shared<polybot::Worker>(std::move(settings), std::move(client), api, clock);
    return sdk::Handler([worker](const sdk::InvocationRequest& request) { return worker->handle(request); });
  });
}
