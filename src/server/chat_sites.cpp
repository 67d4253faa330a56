#include "server/chat_sites.hpp"

#include <system_error>

#include "base/awaitable.hpp"
#include "base/log.hpp"
#include "console/assets.hpp"
#include "web/application.hpp"

namespace cumulet::server {
namespace {

inline constexpr ErrorKind kChatClosed{"ChatClosed", 503};

chat::ChatSettings settings_of(const Config& config, const std::filesystem::path& data) {
  chat::ChatSettings settings;
  settings.folder = data / "chat";
  settings.is_ephemeral = config.is_ephemeral;
  settings.recovery = config.recovery;
  settings.token = config.chat_token;
  settings.bot_api_path = std::string(kBotSite.substr(0, kBotSite.size() - 1));
  return settings;
}

}  // namespace

ChatSites::ChatSites(const Config& config, const std::filesystem::path& data, boost::asio::any_io_executor io,
                     boost::asio::any_io_executor workers)
    : settings_(settings_of(config, data)), io_(std::move(io)), workers_(std::move(workers)) {
  files_ = [page = web::Application(console::chat(), web::Routes::in_hash, kChatSite)](
               const http::RequestHead& head, std::string_view path) { return page.answer(head, path); };
}

std::vector<gateway::Site> ChatSites::sites() {
  gateway::Site page;
  page.prefix = kChatSite;
  page.handle = [this](const gateway::SiteRequest& request) { return answer_page(request); };
  page.visitors = gateway::SiteFor::people;  // its API tells the bot's token and speaks as the person

  gateway::Site bot;
  bot.prefix = kBotSite;
  bot.handle = [this](const gateway::SiteRequest& request) { return answer_bot(request); };
  bot.visitors = gateway::SiteFor::anyone;  // the token lets in
  bot.gets = gateway::Effect::acts;         // GET .../sendMessage?text=
  return {std::move(page), std::move(bot)};
}

Result<void> ChatSites::open() {
  std::lock_guard lock(mutex_);  // several may come at once; all but the first find it open
  if (chat_) return {};
  if (is_stopped_) return Error{kChatClosed, "The engine is stopping."};
  std::error_code error;
  std::filesystem::create_directories(settings_.folder, error);
  if (error) return Error{kChatClosed, "Cannot create " + settings_.folder.string() + ": " + error.message()};
  CUMULET_TRY(chat_, chat::LocalChat::open(settings_, io_, workers_));
  ready_ = chat_.get();
  return {};
}

awaitable<Result<chat::LocalChat*>> ChatSites::opened() {
  if (chat::LocalChat* ready = ready_) co_return ready;
  std::function<Result<void>()> work = [this] { return open(); };
  Result<void> done = co_await run_on(workers_, std::move(work));
  if (!done.ok()) {
    log::error("the chat cannot be opened: {}", done.error().message());
    co_return std::move(done).error();
  }
  co_return ready_.load();
}

awaitable<http::Response> ChatSites::answer_page(const gateway::SiteRequest& request) {
  Result<chat::LocalChat*> chat = co_await opened();
  if (!chat.ok()) co_return gateway::site_refusal(503, chat.error().message());
  co_return co_await chat::answer_page_site(**chat, files_, request.head, request.path, request.body);
}

awaitable<http::Response> ChatSites::answer_bot(const gateway::SiteRequest& request) {
  Result<chat::LocalChat*> chat = co_await opened();
  // Why is the person's to know: whoever asks here may be anybody.
  const Error closed{kChatClosed, "Service Unavailable"};
  if (!chat.ok()) co_return chat::BotApi::refusal(closed);
  // The engine reaches what a function or another machine does not: what listens on this machine's loopback, this
  // engine's own pages among it.
  const bool is_of_this_machine = request.door == gateway::Door::port && is_loopback(request.head.peer_address);
  co_return co_await (*chat)->answer_bot(request.head, request.path, request.body,
                                         is_of_this_machine ? chat::Links::followed : chat::Links::refused);
}

void ChatSites::stop() {
  std::lock_guard lock(mutex_);
  is_stopped_ = true;
  if (chat_) chat_->stop();
}

}  // namespace cumulet::server
