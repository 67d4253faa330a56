#include "apps/polybot/bot/replies.hpp"

#include <algorithm>

#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kMostWaiting = 10'000;
constexpr int kMostAttempts = 8;
constexpr int kMostUncertain = 2;  // better twice than never, but not eight times
constexpr Milliseconds kFirstPause{500};

}  // namespace

SendingReplies::SendingReplies(BotApi& api, const Clock& clock, std::atomic<bool>* given_up)
    : api_(api), clock_(clock), given_up_(given_up), thread_([this] {
        run();
        std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
      }) {}

SendingReplies::~SendingReplies() { stop(Milliseconds{0}); }

void SendingReplies::stop(Milliseconds patience) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    give_up_ = clock_.steady() + patience;
  }
  changed_.notify_all();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return ended_; });
  }
  if (given_up_) *given_up_ = true;
  if (thread_.joinable()) thread_.join();
}

void SendingReplies::say(Reply reply) {
  std::lock_guard lock(mutex_);
  if (waiting_ >= kMostWaiting) {
    sdk::log::warn("a reply was dropped: too many wait", {{"chat", reply.chat_id}});
    return;
  }
  ++waiting_;
  chats_[reply.chat_id].waiting.push_back(std::move(reply));
  changed_.notify_all();
}

void SendingReplies::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const TimePoint now = clock_.steady();
    if (stopping_ && (waiting_ == 0 || now >= give_up_)) return;
    auto next = chats_.end();
    for (auto at = chats_.begin(); at != chats_.end(); ++at)
      if (next == chats_.end() || at->second.not_before < next->second.not_before) next = at;
    if (next == chats_.end()) {
      changed_.wait(lock);
      continue;
    }
    if (next->second.not_before > now) {
      const TimePoint until = stopping_ ? std::min(give_up_, next->second.not_before) : next->second.not_before;
      changed_.wait_for(lock, until - now);
      continue;
    }
    Reply reply = next->second.waiting.front();
    const std::int64_t chat = next->first;
    lock.unlock();
    send(chat, std::move(reply));
    lock.lock();
  }
}

void SendingReplies::send(std::int64_t chat_id, Reply reply) {
  json::object parameters{{"chat_id", chat_id}, {"text", reply.text}};
  if (reply.to_message_id != 0) {
    parameters["reply_to_message_id"] = reply.to_message_id;
    parameters["allow_sending_without_reply"] = true;
  }
  const auto sent = api_.call("sendMessage", parameters);
  const bool final =
      sent.ok() || sent.error().is(kRefused) || sent.error().is(kBadToken) || sent.error().is(sdk::kCancelled);
  {
    std::lock_guard lock(mutex_);
    Chat& chat = chats_[chat_id];
    if (!sent.ok() && !surely_not_done(sent.error())) ++chat.uncertain;
    if (final || chat.uncertain >= kMostUncertain || ++chat.attempts >= kMostAttempts) {
      if (!sent.ok())
        sdk::log::warn("a reply was not sent", {{"chat", chat_id}, {"why", json::value(sent.error().message())}});
      chat.waiting.pop_front();
      chat.attempts = chat.uncertain = 0;
      --waiting_;
      // A user's hundred messages are answered one by one behind the others' answers.
      chat.not_before = clock_.steady();
      if (chat.waiting.empty()) chats_.erase(chat_id);
    } else {
      const auto pause = sent.error().is(kTooManyRequests) ? Milliseconds(retry_after(sent.error()))
                                                           : kFirstPause * (1 << std::min(chat.attempts, 6));
      chat.not_before = clock_.steady() + pause;
    }
  }
}

}  // namespace cumulet::polybot
