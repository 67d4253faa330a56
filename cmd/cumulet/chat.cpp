#include <malloc.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/log.hpp"
#include "chat/chat_server.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/recovery_options.hpp"
#include "cmd/cumulet/stop_signals.hpp"
#include "console/assets.hpp"
#include "server/config.hpp"
#include "server/data_folder.hpp"
#include "web/application.hpp"

namespace cumulet::cli {
namespace {

struct ChatFlags {
  chat::ChatConfig config;
  std::string data;
  std::string log_level = "info";
};

std::filesystem::path default_folder() { return server::default_data_folder().parent_path() / "cumulet-chat"; }

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "cumulet chat: " << why << '\n';
  throw CLI::RuntimeError(1);
}

void chat(ChatFlags& flags) {
  if (!log::start(flags.log_level)) fail("--log-level is one of trace, debug, info, warn, error, off");
  ::mallopt(M_ARENA_MAX, 2);
  const sigset_t stop_signals = block_stop_signals();
  const auto data = flags.data.empty() ? default_folder() : std::filesystem::path(flags.data);
  chat::ChatSettings& settings = flags.config.chat;
  auto opened = settings.is_ephemeral ? server::DataFolder::open_ephemeral() : server::DataFolder::open(data);
  if (!opened.ok()) fail(opened.error().message());
  const std::unique_ptr<server::DataFolder> folder = std::move(opened).value();
  settings.folder = folder->path();
  const web::Application page(console::chat(), web::Routes::in_hash);
  flags.config.page = [&page](const http::RequestHead& head, std::string_view path) { return page.answer(head, path); };
  auto started = chat::ChatServer::start(flags.config);
  if (!started.ok()) {
    const bool is_taken = started.error().code() == "ListenFailed";
    fail(started.error().message() + (is_taken ? "; --port chooses another port" : ""));
  }
  const std::unique_ptr<chat::ChatServer> server = std::move(started).value();
  std::cout << "cumulet: chat ready at " << server->url() << " (token " << server->token() << ")" << std::endl;

  wait_for_stop(stop_signals);
  server->stop();
}

}  // namespace

void add_chat(CLI::App& app) {
  auto flags = std::make_shared<ChatFlags>();
  CLI::App* command =
      app.add_subcommand("chat", "Talk to a Telegram bot in the browser: a local Bot API server with a chat page");
  command->add_option("--port", flags->config.port, "Port on 127.0.0.1; 0: any free one")->capture_default_str();
  command
      ->add_option("--token", flags->config.chat.token,
                   "The bot's token (default: the data folder's own, made at first)")
      ->envname("CUMULET_CHAT_TOKEN");
  command->add_option("--data", flags->data, "Data folder (default: " + default_folder().string() + ")");
  command
      ->add_flag("--ephemeral", flags->config.chat.is_ephemeral,
                 "Keep chats in a temporary folder and forget them at the end")
      ->excludes("--data");
  add_recovery_options(*command, flags->config.chat.recovery);
  command->add_option("--bot-name", flags->config.chat.bot_name, "What the bot is called")->capture_default_str();
  command->add_flag("--rate-limit", flags->config.chat.bot_api.rate_limit,
                    "Answer 429 as Telegram does when a bot sends more than about a message a second to a chat");
  command->add_flag("--cloud-limits", flags->config.chat.bot_api.cloud_limits,
                    "Let getFile refuse files over 20 MB, as api.telegram.org does");
  command->add_option("--log-level", flags->log_level, "trace, debug, info, warn, error or off")->capture_default_str();
  command->callback([flags] { chat(*flags); });
}

}  // namespace cumulet::cli
