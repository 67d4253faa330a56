#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "apps/polybot/bot/config.hpp"
#include "apps/polybot/bot/offset_store.hpp"
#include "apps/polybot/bot/replies.hpp"
#include "apps/polybot/bot/update.hpp"
#include "apps/polybot/common/bot_api.hpp"
#include "apps/polybot/common/work_store.hpp"
#include "sdk/sqs.hpp"

// The bot: takes updates from the Bot API, puts what people ask for on the queue, and says so. Workers do the rest.
namespace cumulet::polybot {

class Bot {
 public:
  // `store` may be null. All must outlive the bot.
  Bot(const BotConfig& config, BotApi& api, sdk::Sqs& queue, WorkStore* store, Replies& replies)
      : config_(config), api_(api), queue_(queue), store_(store), replies_(replies) {}

  // The bot's user name: commands for another bot of a group are left to that one.
  void set_name(std::string name) { name_ = std::move(name); }
  // Handles one update to its end: when it returns, what was asked for is on the queue, or the person is being told
  // that it is not.
  void handle(const Update& update);

  // Polls until `stopping`. Error: kBadToken. All else is waited out, with a word in the log. `sleep` returns early
  // when `stopping`.
  Result<void> run(const OffsetStore& offsets, const std::atomic<bool>& stopping,
                   const std::function<void(Milliseconds)>& sleep);
  // Tells the server the commands, for its menus. Not needed for anything.
  void announce_commands();

 private:
  void say(const IncomingMessage& message, std::string_view text);
  // In a group the bot answers to commands, to its name and to answers to its own messages.
  bool is_meant_for_us(const IncomingMessage& message) const;
  // -- buttons (bot_buttons.cpp)
  void press(const Press& press);
  // What the person is told who pressed it.
  std::string cancel_one(const Press& press, const std::string& job_id);
  std::string retry(const Press& press, const std::string& job_id);
  void enqueue(const IncomingMessage& message, Job job);
  Result<void> try_enqueue(const Job& job);
  Result<std::string> queue_url();
  void command(const IncomingMessage& message, const Command& command);
  void tell_status(const IncomingMessage& message);
  void cancel(const IncomingMessage& message);
  void delete_videos(const IncomingMessage& message);
  void take_file(const IncomingMessage& message, const IncomingFile& file);
  void blur(const IncomingMessage& message);
  // A group became a supergroup: who was served goes on being served.
  void follow(const IncomingMessage& message);
  bool is_allowed(const IncomingMessage& message);
  bool is_allowed(std::int64_t chat_id) const;

  const BotConfig& config_;
  BotApi& api_;
  sdk::Sqs& queue_;
  WorkStore* store_;
  Replies& replies_;
  std::string name_;
  std::optional<std::string> queue_url_;
  std::set<std::int64_t> strangers_;    // who have been told; at most 10,000
  std::set<std::int64_t> moved_chats_;  // supergroups that allowed groups became
  std::set<std::string> said_;          // chat, album and sentence: an album is answered once; at most 10,000
};

}  // namespace cumulet::polybot
