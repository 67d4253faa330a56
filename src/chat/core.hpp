#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <string>

#include "base/time.hpp"
#include "chat/fetch.hpp"
#include "chat/model.hpp"
#include "chat/presence.hpp"
#include "chat/signal.hpp"
#include "chat/store.hpp"
#include "storage/blob_store.hpp"

namespace cumulet::chat {

inline constexpr std::uint64_t kCloudUpload = 50u << 20;       // what a bot may send
inline constexpr std::uint64_t kCloudDownload = 20u << 20;     // what getFile gives on api.telegram.org
inline constexpr std::uint64_t kPersonUpload = 2000ull << 20;  // what a person may send
inline constexpr std::size_t kTextUnits = 4096;                // UTF-16 units of a message
inline constexpr std::size_t kCaptionUnits = 1024;

// What the Bot API and the page share. Runs on one executor (the I/O thread's).
struct Core {
  using Steady = std::chrono::steady_clock;

  storage::Database& db;
  storage::BlobStore& blobs;
  boost::asio::any_io_executor pool;  // blocking work
  LinkFetcher& links;
  const Clock& clock;
  Bot bot;
  std::string token;
  std::string bot_api_path;  // of ChatSettings
  bool is_stopping = false;  // whoever waits is answered at once

  Signal updates{};  // the bot has something to fetch, or another poll has begun
  Signal changes{};  // the page has something to show
  Presence presence{};

  struct Action {
    std::string name;  // "typing", "upload_video"
    Steady::time_point until;
  };
  std::map<std::int64_t, Action> actions{};  // by chat; over after 5 s or with the next message

  // Pressed buttons that the bot has not answered yet: callback_query id -> chat. The oldest are forgotten.
  std::deque<std::pair<std::string, std::int64_t>> callbacks{};
  struct Notice {
    std::string id, text;
    bool is_alert = false;
    Steady::time_point until;
  };
  std::map<std::int64_t, Notice> notices{};  // by chat: what answerCallbackQuery shows

  std::int64_t seconds() const { return std::chrono::floor<Seconds>(clock.now()).time_since_epoch().count(); }
};

}  // namespace cumulet::chat
