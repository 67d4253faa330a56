#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "apps/polybot/common/bot_api.hpp"

namespace cumulet::polybot {

struct Reply {
  std::int64_t chat_id = 0;
  std::int64_t to_message_id = 0;  // 0: to none
  std::string text;
};

// What the bot says. Never blocks the caller.
class Replies {
 public:
  virtual ~Replies() = default;
  virtual void say(Reply reply) = 0;
};

// Sends replies on a thread of its own, each chat's in their order: a chat that the server throttles does not hold up
// the others, nor the polling. At most 10,000 wait; beyond that the newest is dropped with a word in the log (the work
// itself is on the queue by then).
class SendingReplies final : public Replies {
 public:
  // `given_up`: set when stop()'s patience is over; what `api` is cancelled by, so that no call outlives it.
  SendingReplies(BotApi& api, const Clock& clock, std::atomic<bool>* given_up = nullptr);
  // Sends what waits, for at most `patience` (and the second that a cancelled call takes), and ends the thread.
  void stop(Milliseconds patience);
  ~SendingReplies() override;
  void say(Reply reply) override;

 private:
  struct Chat {
    std::deque<Reply> waiting;
    TimePoint not_before{};
    int attempts = 0;   // of the first that waits
    int uncertain = 0;  // those of them that the server may have carried out
  };
  void run();
  // Sends the first of one chat; what it must wait for, if anything.
  void send(std::int64_t chat_id, Reply reply);

  BotApi& api_;
  const Clock& clock_;
  std::atomic<bool>* const given_up_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, Chat> chats_;
  std::size_t waiting_ = 0;
  bool stopping_ = false, ended_ = false;
  TimePoint give_up_{};
  std::thread thread_;
};

}  // namespace cumulet::polybot
