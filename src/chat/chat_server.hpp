#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "chat/bot_api.hpp"
#include "storage/state_folder.hpp"

namespace cumulet::chat {

inline constexpr ErrorKind kBadChatConfig{"BadConfig", 500};

struct ChatConfig {
  std::filesystem::path folder;  // private to this server, and locked by the caller
  bool is_ephemeral = false;     // nothing need outlive the machine
  storage::Recovery recovery = storage::Recovery::refuse;
  std::uint16_t port = 8081;  // 0: any; always on 127.0.0.1
  std::string token;          // "<bot id>:<secret>"; empty: the folder's own, made at the first start
  std::string bot_name = "PolyBot";
  BotApiOptions bot_api;
};

// A local Telegram Bot API server with a chat page: one bot, any number of people. Everything acknowledged, to the bot
// or to the page, survives a crash.
class ChatServer {
 public:
  static Result<std::unique_ptr<ChatServer>> start(ChatConfig config);
  ~ChatServer();  // stop()s

  const std::string& url() const;  // "http://127.0.0.1:8081"
  const std::string& token() const;
  // Requests in flight get a moment; waiting polls end. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit ChatServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cumulet::chat
