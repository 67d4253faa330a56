#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/result.hpp"
#include "chat/bot_api.hpp"
#include "storage/state_folder.hpp"

namespace cumulet::chat {

inline constexpr ErrorKind kBadChatConfig{"BadConfig", 500};

// "<bot id>:<secret>": digits, a colon, letters, digits, '-' and '_'.
bool is_token(std::string_view text);

struct ChatSettings {
  std::filesystem::path folder;  // is there, private to this chat, and locked by the caller
  bool is_ephemeral = false;     // nothing need outlive the machine
  storage::Recovery recovery = storage::Recovery::refuse;
  std::string token;  // empty: the folder's own, made at the first start
  std::string bot_name = "PolyBot";
  BotApiOptions bot_api;
  // Where bots find the Bot API on the page's own host, as the page tells people: "" or "/_cumulet/bot".
  std::string bot_api_path;
};

// A bot and any number of people who talk to it: Telegram's Bot API, and what the page in the browser asks. No sockets.
// Everything acknowledged, to the bot or to the page, survives a crash.
class LocalChat {
 public:
  // Blocking. `io`: the serial executor that the answers below run on; `pool`: for blocking work. Both outlive the
  // chat. Errors: kBadChatConfig; those of StateFolder.
  static Result<std::unique_ptr<LocalChat>> open(ChatSettings settings, boost::asio::any_io_executor io,
                                                 boost::asio::any_io_executor pool);
  ~LocalChat();  // stop()s; no answer may be under way

  // "/bot<token>/<method>" and "/file/bot<token>/<file_path>".
  awaitable<http::Response> answer_bot(const http::RequestHead& head, std::string_view path, http::BodyStream& body,
                                       Links links);
  // What the page calls (docs/chat.md lists it); `path`: "/api/changes". Pages of this host itself alone.
  awaitable<http::Response> answer_page(const http::RequestHead& head, std::string_view path, http::BodyStream& body);

  const std::string& token() const;
  // Polls that wait are answered, links that are fetched are left. Thread-safe, does not wait. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit LocalChat(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cumulet::chat
