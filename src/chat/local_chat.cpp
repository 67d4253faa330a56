#include "chat/local_chat.hpp"

#include <boost/asio/post.hpp>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "chat/errors.hpp"
#include "chat/page_api.hpp"

namespace cumulet::chat {
namespace {

namespace asio = boost::asio;

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

// Members in the order of their making; each uses only what stands above it.
struct LocalChat::Impl {
  Impl(ChatSettings s, asio::any_io_executor i, asio::any_io_executor p)
      : settings(std::move(s)), io(std::move(i)), pool(std::move(p)) {}

  Result<void> build();
  Result<void> open_storage();
  Result<std::string> prepare();  // the token
  void sweep_blobs();

  ChatSettings settings;
  asio::any_io_executor io, pool;
  SystemClock clock;
  std::unique_ptr<storage::StateFolder> state;
  storage::Database* database = nullptr;  // the folder's
  std::unique_ptr<storage::BlobStore> blobs;
  std::unique_ptr<LinkFetcher> links;
  std::shared_ptr<Core> core;
  std::unique_ptr<BotApi> bot_api;
  std::unique_ptr<PageApi> page_api;
};

Result<void> LocalChat::Impl::build() {
  if (!settings.token.empty() && !is_token(settings.token))
    return Error{kBadChatConfig, "a token looks like 123456:ABC-def_1 (digits, a colon, letters, digits, - and _)"};
  CUMULET_CHECK(open_storage());
  CUMULET_TRY(std::string token, prepare());
  sweep_blobs();
  const Bot bot{std::stoll(token), settings.bot_name, username_of(settings.bot_name)};
  links = std::make_unique<LinkFetcher>(*blobs);
  core.reset(new Core{*database, *blobs, pool, *links, clock, bot, std::move(token), settings.bot_api_path});
  bot_api = std::make_unique<BotApi>(*core, settings.bot_api);
  page_api = std::make_unique<PageApi>(*core);
  return {};
}

Result<void> LocalChat::Impl::open_storage() {
  const auto durability = settings.is_ephemeral ? storage::Durability::ephemeral : storage::Durability::full;
  const storage::StateFolder::Layout layout{"chat.db", {"files"}, {}};
  CUMULET_TRY(state, storage::StateFolder::open(settings.folder, layout, durability, settings.recovery));
  database = &state->database();
  CUMULET_CHECK(store::migrate(*database));
  CUMULET_TRY(blobs, storage::BlobStore::open(settings.folder / "files", !settings.is_ephemeral, state->orphans()));
  return {};
}

Result<std::string> LocalChat::Impl::prepare() {
  std::function<Result<std::string>(storage::Transaction&)> job = [this](storage::Transaction& tx) {
    if (store::chat_count(tx) == 0) store::add_chat(tx, "You", clock.now());
    if (!settings.token.empty()) return Result<std::string>(settings.token);
    const auto kept = store::setting(tx, "token");
    const std::string token = kept ? *kept : make_token();
    if (!kept) store::set(tx, "token", token);
    return Result<std::string>(token);
  };
  return database->write_value_blocking<std::string>(std::move(job), storage::Room::reserved);
}

// Uploads that a crash cut off before their message was stored.
void LocalChat::Impl::sweep_blobs() {
  const Result<void> swept = database->read([this](storage::Connection& db) -> Result<void> {
    blobs->sweep([&db](std::string_view blob) { return store::names_blob(db, blob); });
    return {};
  });
  if (!swept.ok()) log::warn("files without a message were not removed: {}", swept.error().message());
}

LocalChat::LocalChat(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalChat::~LocalChat() {
  if (impl_->core) stop();
}

Result<std::unique_ptr<LocalChat>> LocalChat::open(ChatSettings settings, asio::any_io_executor io,
                                                   asio::any_io_executor pool) {
  std::unique_ptr<LocalChat> chat(
      new LocalChat(std::make_unique<Impl>(std::move(settings), std::move(io), std::move(pool))));
  CUMULET_CHECK(chat->impl_->build());
  return chat;
}

awaitable<http::Response> LocalChat::answer_bot(const http::RequestHead& head, std::string_view path,
                                                http::BodyStream& body, Links links) {
  return impl_->bot_api->handle(head, path, body, links);
}

awaitable<http::Response> LocalChat::answer_page(const http::RequestHead& head, std::string_view path,
                                                 http::BodyStream& body) {
  return impl_->page_api->handle(head, path, body);
}

const std::string& LocalChat::token() const { return impl_->core->token; }

void LocalChat::stop() {
  impl_->links->stop();
  asio::post(impl_->io, [core = impl_->core] {
    if (std::exchange(core->is_stopping, true)) return;
    core->updates.notify();
    core->changes.notify();
  });
}

}  // namespace cumulet::chat
