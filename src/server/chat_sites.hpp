#pragma once
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "chat/chat_server.hpp"
#include "gateway/own_sites.hpp"
#include "server/config.hpp"

namespace cumulet::server {

inline constexpr std::string_view kChatSite = "/_cumulet/chat/";
inline constexpr std::string_view kBotSite = "/_cumulet/bot/";

// The chat in the engine: its page for people, the Bot API for whoever has the bot's token, functions too. Opened by
// the first request for either, so that an engine in which nobody chats has no more files, threads and memory for it.
class ChatSites {
 public:
  // `data`: the engine's data folder. The executors outlive this.
  ChatSites(const Config& config, const std::filesystem::path& data, boost::asio::any_io_executor io,
            boost::asio::any_io_executor workers);

  // For a gateway that does not outlive this.
  std::vector<gateway::Site> sites();
  // Polls that wait are answered; nothing is opened from now on. While I/O thread and workers still run. Idempotent.
  void stop();

 private:
  awaitable<Result<chat::LocalChat*>> opened();
  Result<void> open();  // on a worker
  awaitable<http::Response> answer_page(const gateway::SiteRequest& request);
  awaitable<http::Response> answer_bot(const gateway::SiteRequest& request);

  chat::ChatSettings settings_;
  chat::PageFiles files_;
  boost::asio::any_io_executor io_, workers_;
  std::atomic<chat::LocalChat*> ready_ = nullptr;
  std::mutex mutex_;  // of what follows
  std::unique_ptr<chat::LocalChat> chat_;
  bool is_stopped_ = false;
};

}  // namespace cumulet::server
