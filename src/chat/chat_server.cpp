#include "chat/chat_server.hpp"

#include <boost/asio/thread_pool.hpp>

#include "base/log.hpp"
#include "chat/errors.hpp"
#include "chat/page_api.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"

namespace cumulet::chat {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds kStopGrace{300};  // for what is under way; nobody waits for a client that is slow
constexpr std::size_t kMostConnections = 512;
constexpr unsigned kWorkers = 4;

http::Response page_refusal(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = http::Body(std::move(text));
  return response;
}

}  // namespace

awaitable<http::Response> answer_page_site(LocalChat& chat, const PageFiles& files, const http::RequestHead& head,
                                           std::string_view path, http::BodyStream& body) {
  if (path.starts_with("/api/")) co_return co_await chat.answer_page(head, path, body);
  if (!has_loopback_host(head.headers))
    co_return page_refusal(403, "This page is served to 127.0.0.1 and localhost only.\n");
  co_return files(head, path);
}

// Members in the order of their making; each uses only what stands above it.
struct ChatServer::Impl {
  explicit Impl(ChatConfig c) : config(std::move(c)) {}

  Result<void> build();
  awaitable<http::Response> handle(const http::RequestHead& head, http::BodyStream& body);
  void stop();

  ChatConfig config;
  net::IoThread io{"chat-io"};
  asio::thread_pool workers{kWorkers};
  std::unique_ptr<LocalChat> chat;
  std::unique_ptr<net::HttpServer> http;
  std::string url;
  bool stopped = false;
};

Result<void> ChatServer::Impl::build() {
  CUMULET_TRY(chat, LocalChat::open(config.chat, io.executor(), workers.get_executor()));
  net::ServerLimits limits;
  limits.body_bytes = kPersonUpload + (1u << 20);
  limits.max_connections = kMostConnections;
  net::RequestHandler handler = [this](const http::RequestHead& head, http::BodyStream& body) {
    return handle(head, body);
  };
  net::RefusalWriter refusal = [](int status, std::string_view) {
    const ErrorKind kind{"", status};
    return BotApi::refusal(Error{kind, std::string(http::reason_phrase(status))});
  };
  http = std::make_unique<net::HttpServer>(io.executor(), limits, std::move(handler), std::move(refusal));
  CUMULET_TRY(const std::uint16_t port, http->bind("127.0.0.1", config.port));
  url = "http://127.0.0.1:" + std::to_string(port);
  http->accept();
  return {};
}

awaitable<http::Response> ChatServer::Impl::handle(const http::RequestHead& head, http::BodyStream& body) {
  std::string_view path = head.raw_path();
  if (BotApi::serves(path)) co_return co_await chat->answer_bot(head, path, body, Links::followed);
  constexpr std::string_view kOlder = "/chat";  // the API's place beside the page's own, which scripts know
  if (path.starts_with("/chat/api/")) path.remove_prefix(kOlder.size());
  co_return co_await answer_page_site(*chat, config.page, head, path, body);
}

void ChatServer::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (chat) chat->stop();  // first: requests that wait for a link or a message end while the others do
  if (http) {
    http->stop(kStopGrace);
    if (!http->wait_stopped(kStopGrace + Milliseconds{2'000})) log::warn("some requests did not end in time");
  }
  workers.join();
  io.stop();
}

ChatServer::ChatServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChatServer::~ChatServer() { stop(); }

Result<std::unique_ptr<ChatServer>> ChatServer::start(ChatConfig config) {
  std::unique_ptr<ChatServer> server(new ChatServer(std::make_unique<Impl>(std::move(config))));
  CUMULET_CHECK(server->impl_->build());
  return server;
}

const std::string& ChatServer::url() const { return impl_->url; }
const std::string& ChatServer::token() const { return impl_->chat->token(); }
void ChatServer::stop() { impl_->stop(); }

}  // namespace cumulet::chat
