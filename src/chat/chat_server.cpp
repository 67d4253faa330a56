#include "chat/chat_server.hpp"

#include <boost/asio/thread_pool.hpp>
#include <set>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "chat/errors.hpp"
#include "chat/page.hpp"
#include "chat/page_api.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"

namespace cumulet::chat {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds kStopGrace{300};  // polls wait for tens of seconds: nobody waits for them
constexpr std::size_t kMostConnections = 512;
constexpr unsigned kWorkers = 4;

bool is_token(std::string_view token) {
  const auto colon = token.find(':');
  if (colon == token.npos || colon == 0 || colon > 15 || token.size() < colon + 2 || token.size() > 80) return false;
  for (const char c : token.substr(0, colon))
    if (c < '0' || c > '9') return false;
  for (const char c : token.substr(colon + 1)) {
    const bool is_allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!is_allowed) return false;
  }
  return token[0] != '0';
}

// As Telegram's look: the bot's id, a colon, 35 characters.
std::string make_token() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  Random& random = system_random();
  std::string token = std::to_string(1'000'000'000 + random.next() % 9'000'000'000) + ":AA";
  for (int i = 0; i < 33; ++i) token += kAlphabet[random.next() % kAlphabet.size()];
  return token;
}

// "PolyBot" -> "polybot_local_bot": usernames are Latin letters, digits and underscores, and end in "bot".
std::string username_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c + 32);
  }
  return (out.empty() ? "my" : out.substr(0, 20)) + "_local_bot";
}

}  // namespace

// Members in the order of their making; each uses only what stands above it.
struct ChatServer::Impl {
  explicit Impl(ChatConfig c) : config(std::move(c)) {}

  Result<void> build();
  Result<void> open_storage();
  Result<std::string> prepare();  // the token
  void sweep_blobs();
  awaitable<http::Response> handle(const http::RequestHead& head, http::BodyStream& body);
  void stop();

  ChatConfig config;
  SystemClock clock;
  std::unique_ptr<storage::StateFolder> state;
  storage::Database* database = nullptr;  // the folder's
  std::unique_ptr<storage::BlobStore> blobs;
  net::IoThread io{"chat-io"};
  asio::thread_pool workers{kWorkers};
  std::unique_ptr<LinkFetcher> links;
  std::unique_ptr<Core> core;
  std::unique_ptr<BotApi> bot_api;
  std::unique_ptr<PageApi> page_api;
  std::unique_ptr<net::HttpServer> http;
  std::string url;
  bool stopped = false;
};

Result<void> ChatServer::Impl::build() {
  if (!config.token.empty() && !is_token(config.token))
    return Error{kBadChatConfig, "a token looks like 123456:ABC-def_1 (digits, a colon, letters, digits, - and _)"};
  CUMULET_CHECK(open_storage());
  CUMULET_TRY(std::string token, prepare());
  sweep_blobs();
  const Bot bot{std::stoll(token), config.bot_name, username_of(config.bot_name)};
  links = std::make_unique<LinkFetcher>(*blobs);
  core.reset(new Core{*database, *blobs, workers.get_executor(), *links, clock, bot, std::move(token)});
  bot_api = std::make_unique<BotApi>(*core, config.bot_api);
  page_api = std::make_unique<PageApi>(*core);

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

Result<void> ChatServer::Impl::open_storage() {
  const auto durability = config.is_ephemeral ? storage::Durability::ephemeral : storage::Durability::full;
  const storage::StateFolder::Layout layout{"chat.db", {"files"}, {}};
  CUMULET_TRY(state, storage::StateFolder::open(config.folder, layout, durability, config.recovery));
  database = &state->database();
  CUMULET_CHECK(store::migrate(*database));
  CUMULET_TRY(blobs, storage::BlobStore::open(config.folder / "files", !config.is_ephemeral, state->orphans()));
  return {};
}

Result<std::string> ChatServer::Impl::prepare() {
  std::function<Result<std::string>(storage::Transaction&)> job = [this](storage::Transaction& tx) {
    if (store::chat_count(tx) == 0) store::add_chat(tx, "You", clock.now());
    if (!config.token.empty()) return Result<std::string>(config.token);
    const auto kept = store::setting(tx, "token");
    const std::string token = kept ? *kept : make_token();
    if (!kept) store::set(tx, "token", token);
    return Result<std::string>(token);
  };
  return database->write_value_blocking<std::string>(std::move(job), storage::Room::reserved);
}

// Uploads that a crash cut off before their message was stored.
void ChatServer::Impl::sweep_blobs() {
  const Result<void> swept = database->read([this](storage::Connection& db) -> Result<void> {
    blobs->sweep([&db](std::string_view blob) { return store::names_blob(db, blob); });
    return {};
  });
  if (!swept.ok()) log::warn("files without a message were not removed: {}", swept.error().message());
}

awaitable<http::Response> ChatServer::Impl::handle(const http::RequestHead& head, http::BodyStream& body) {
  const std::string_view path = head.raw_path();
  if (BotApi::serves(path)) co_return co_await bot_api->handle(head, body);
  if (PageApi::serves(path)) co_return co_await page_api->handle(head, body);
  co_return page_response(head);
}

void ChatServer::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (links) links->stop();  // first: requests that wait for a link end while the others do
  if (http) {
    http->stop(kStopGrace);
    if (!http->wait_stopped(kStopGrace + Milliseconds{2'000})) log::warn("some requests did not end in time");
  }
  workers.join();
  if (links) links->join();
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
const std::string& ChatServer::token() const { return impl_->core->token; }
void ChatServer::stop() { impl_->stop(); }

}  // namespace cumulet::chat
