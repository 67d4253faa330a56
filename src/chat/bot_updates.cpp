#include <algorithm>

#include "chat/bot_api.hpp"
#include "chat/errors.hpp"

// getUpdates and what stands beside it: https://core.telegram.org/bots/api#getting-updates
namespace cumulet::chat {
namespace {

constexpr std::int64_t kLongestPoll = 50;  // seconds, as on api.telegram.org
constexpr std::int64_t kMostUpdates = 100;

Error another_poll() {
  return Error{kConflict,
               "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"};
}

// Tells Presence how a poll ended, however it did.
class Poll {
 public:
  explicit Poll(Presence& presence) : presence_(presence) { presence_.poll_began(); }
  ~Poll() {
    const auto now = std::chrono::steady_clock::now();
    if (is_answered_) presence_.poll_answered(now);
    if (!is_answered_) presence_.poll_lost(now);
  }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;
  void answered() { is_answered_ = true; }

 private:
  Presence& presence_;
  bool is_answered_ = false;
};

struct Notified {  // the page is told at the end, too: a bot may be gone
  Signal& signal;
  ~Notified() { signal.notify(); }
};

}  // namespace

BotApi::Answer BotApi::get_updates(Form& form) {
  const std::int64_t offset = form.integer("offset").value_or(0);
  const std::int64_t asked = form.integer("limit").value_or(kMostUpdates);
  const int limit = static_cast<int>(std::clamp<std::int64_t>(asked, 1, kMostUpdates));
  const std::int64_t timeout = std::clamp<std::int64_t>(form.integer("timeout").value_or(0), 0, kLongestPoll);
  const auto end = Core::Steady::now() + Seconds{timeout};
  const json::value allowed = form.parsed("allowed_updates");

  const std::uint64_t number = ++poll_;
  core_.updates.notify();  // the other one ends
  const bool was_connected = core_.presence.is_connected(Core::Steady::now());
  Poll poll(core_.presence);
  if (!was_connected) core_.changes.notify();
  const Notified at_end{core_.changes};

  while (true) {
    const std::uint64_t seen = core_.updates.version();
    using Texts = std::vector<std::string>;
    std::function<Result<Texts>(storage::Transaction&)> job =
        [offset, limit, allowed, now = std::min(core_.clock.now(), core_.clock.steady())](storage::Transaction& tx) {
          if (allowed.is_array() && !allowed.get_array().empty())
            store::set(tx, "allowed_updates", json::text(allowed));
          if (allowed.is_array() && allowed.get_array().empty()) store::unset(tx, "allowed_updates");
          return Result<Texts>(store::take_updates(tx, offset, limit, now));
        };
    Result<Texts> updates = co_await core_.db.write_value<Texts>(std::move(job));
    if (number != poll_) {
      poll.answered();
      co_return another_poll();
    }
    if (!updates.ok()) co_return std::move(updates).error();
    if (!updates->empty() || Core::Steady::now() >= end || core_.is_stopping) {
      json::array result;
      for (const std::string& text : *updates) {
        Result<json::value> update = json::parse(text);
        if (update.ok()) result.push_back(std::move(*update));
      }
      poll.answered();
      co_return result;
    }
    co_await core_.updates.wait(seen, end);
    if (number != poll_) {
      poll.answered();
      co_return another_poll();
    }
  }
}

// Nobody outside can be called from here: a bot asks by getUpdates.
BotApi::Answer BotApi::set_webhook(Form& form) {
  if (form.get("url").empty()) co_return co_await delete_webhook(form);
  co_return bad_request("bad webhook: this local server has no webhooks; use getUpdates");
}

BotApi::Answer BotApi::delete_webhook(Form& form) {
  if (form.is_true("drop_pending_updates")) {
    storage::Database::Job job = [](storage::Transaction& tx) -> Result<void> {
      store::forget_updates(tx);
      return {};
    };
    Result<void> done = co_await core_.db.write(std::move(job));
    if (!done.ok()) co_return std::move(done).error();
  }
  co_return true;
}

BotApi::Answer BotApi::get_webhook_info(Form&) {
  std::function<Result<std::int64_t>(storage::Transaction&)> job = [](storage::Transaction& tx) {
    return Result<std::int64_t>(store::pending_updates(tx));
  };
  Result<std::int64_t> pending = co_await core_.db.write_value<std::int64_t>(std::move(job));
  if (!pending.ok()) co_return std::move(pending).error();
  json::object out;
  out["url"] = "";
  out["has_custom_certificate"] = false;
  out["pending_update_count"] = *pending;
  co_return out;
}

}  // namespace cumulet::chat
