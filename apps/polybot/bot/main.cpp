#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <thread>

#include "apps/polybot/bot/bot.hpp"
#include "base/terminal.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

using namespace cumulet;

namespace {

constexpr Milliseconds kLastReplies{3000};  // and a second each until a poll and a call that hangs are cancelled

// SIGTERM and SIGINT, taken by a thread of their own: nothing else has to be interruptible.
class Stop {
 public:
  Stop() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);  // before any other thread begins
    std::thread([this] {
      int got = 0;
      ::sigwait(&signals_, &got);
      {
        std::lock_guard lock(mutex_);
        stopping_ = true;
      }
      changed_.notify_all();
    }).detach();
  }
  const std::atomic<bool>& flag() const { return stopping_; }
  void sleep(Milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return stopping_.load(); });
  }

 private:
  sigset_t signals_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_ = false;
};

int fail(const std::string& words) {
  std::fprintf(stderr, "polybot: %s\n", printable(words).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("PolyBot: a bot for Telegram, or for the local chat, that puts what people send on a queue");
  std::optional<std::filesystem::path> file;
  app.add_option("--config", file, "the configuration file (default: POLYBOT_CONFIG, else config.json here)");
  CLI11_PARSE(app, argc, argv);

  static Stop stop;  // its thread lives until the end
  const auto config = polybot::load_config(file, sdk::process_environment());
  if (!config.ok()) return fail(config.error().message());
  sdk::ClientOptions client_options;
  if (!config->aws_region.empty()) client_options.region = config->aws_region;
  auto client = sdk::Client::create(std::move(client_options));
  if (!client.ok()) return fail(client.error().message());

  polybot::BotApiOptions options;
  options.base_url = config->telegram_api_url;
  options.token = config->token;
  options.sleep = [](Milliseconds time) { stop.sleep(time); };
  options.cancelled = &stop.flag();
  polybot::BotApi polling(options);
  static std::atomic<bool> given_up = false;
  options.cancelled = &given_up;  // replies that wait are still sent at the end
  polybot::BotApi sending(options);

  const SystemClock clock;
  sdk::Sqs queue(*client);
  std::optional<polybot::WorkStore> store;
  if (!config->videos_bucket.empty()) store.emplace(*client, config->videos_bucket);
  polybot::SendingReplies replies(sending, clock, &given_up);
  polybot::Bot bot(*config, polling, queue, store ? &*store : nullptr, replies);

  auto me = polling.call("getMe", {});
  if (!me.ok() && !me.error().is(polybot::kBadToken) && !stop.flag()) {
    sdk::log::warn("the Bot API does not answer yet",
                   {{"api", json::value(config->telegram_api_url)}, {"why", json::value(me.error().message())}});
    me = polling.call_patiently("getMe", {}, std::chrono::hours(24));
  }
  if (!me.ok() && !stop.flag()) {
    return fail(me.error().is(polybot::kBadToken) ? "the Bot API refuses the token (" + me.error().message() +
                                                        "): is it the one BotFather gave, "
                                                        "and is telegram_api_url the server it belongs to?"
                                                  : me.error().message());
  }
  if (!stop.flag()) {
    const auto* name = me.ok() ? json::find(*me, "username") : nullptr;
    if (name && name->is_string()) bot.set_name(std::string(name->get_string()));
    sdk::log::info("the bot listens", {{"name", name ? *name : json::value("")},
                                       {"api", json::value(config->telegram_api_url)},
                                       {"queue", json::value(config->bot_to_worker_queue_name)},
                                       {"region", json::value(client->region())}});
    const auto found = queue.queue_url(config->bot_to_worker_queue_name);
    if (!found.ok())
      sdk::log::error("the queue is not there (yet)", {{"queue", json::value(config->bot_to_worker_queue_name)},
                                                       {"why", json::value(found.error().message())}});
    bot.announce_commands();
  }
  const polybot::OffsetStore offsets(config->state_folder, config->token, clock);
  const auto ended = bot.run(offsets, stop.flag(), [](Milliseconds time) { stop.sleep(time); });
  replies.stop(kLastReplies);
  if (!ended.ok()) return fail("the Bot API refuses the token: " + ended.error().message());
  sdk::log::info("the bot has stopped");
  return 0;
}
