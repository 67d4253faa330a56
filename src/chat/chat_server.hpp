#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "chat/local_chat.hpp"

namespace cumulet::chat {

// The page itself and what it loads; `path`: with its '/' in front.
using PageFiles = std::function<http::Response(const http::RequestHead&, std::string_view path)>;

struct ChatConfig {
  ChatSettings chat;
  std::uint16_t port = 8081;  // 0: any; always on 127.0.0.1
  PageFiles page;
};

// A chat as a server of its own: a local Telegram Bot API server with a chat page.
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

// The site that the page is, wherever it is served: "/api/..." is its API, everything else `files`; both for this
// machine's own names alone.
awaitable<http::Response> answer_page_site(LocalChat& chat, const PageFiles& files, const http::RequestHead& head,
                                           std::string_view path, http::BodyStream& body);

}  // namespace cumulet::chat
