#pragma once
#include <string>
#include <string_view>

#include "chat/core.hpp"
#include "chat/upload.hpp"

namespace cumulet::chat {

// What the chat page in the browser calls, under api/ beside it (docs/chat.md lists it). Only pages of this server
// itself may: foreign Hosts (DNS rebinding) and foreign origins are refused with 403.
class PageApi {
 public:
  explicit PageApi(Core& core);

  // `path`: "/api/changes".
  awaitable<http::Response> handle(const http::RequestHead& head, std::string_view path, http::BodyStream& body);

 private:
  using Answer = awaitable<Result<json::value>>;
  struct Query;

  awaitable<Result<http::Response>> answer(const http::RequestHead& head, std::string_view path,
                                           http::BodyStream& body);
  Answer changes(const Query& query);
  Answer earlier(std::int64_t chat, const Query& query);
  Answer add_chat(http::BodyStream& body);
  Answer send_text(std::int64_t chat, http::BodyStream& body);
  Answer send_file(const http::RequestHead& head, std::int64_t chat, const Query& query, http::BodyStream& body);
  Answer press(std::int64_t chat, http::BodyStream& body);
  // Stores what a person sends and queues it for the bot. The same nonce again gives the same message.
  Answer post(Message message);
  awaitable<Result<http::Response>> file(const http::RequestHead& head, std::string_view id);

  Core& core_;
  std::string instance_;  // of this process: what a page knows of another one is stale
};

// Whether a page of this server, or nobody's page, asks: the Host is a loopback name, the Origin (if any) is that host,
// and the browser does not call it cross-site.
bool comes_from_own_page(const http::Headers& headers);
// The Host alone: for what may be linked to.
bool has_loopback_host(const http::Headers& headers);

}  // namespace cumulet::chat
