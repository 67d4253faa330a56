#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "sdk/transport.hpp"

// A client of the Telegram Bot API, or of a server that speaks it. https://core.telegram.org/bots/api
// The token is in every URL, so no error and no log line of this client holds a URL with it.
namespace cumulet::polybot {

inline constexpr ErrorKind kBadToken{"BotTokenRefused", 401};      // also 404: the token's form is wrong
inline constexpr ErrorKind kOtherPoller{"BotConflict", 409};       // another copy polls, or a webhook is set
inline constexpr ErrorKind kTooManyRequests{"BotThrottled", 429};  // field RetryAfter, in seconds
// The server's description is the message; field MigrateToChatId where the chat has become a supergroup of that id.
inline constexpr ErrorKind kRefused{"BotRequestRefused", 400};
inline constexpr ErrorKind kTooLarge{"BotUploadTooLarge", 413};
inline constexpr ErrorKind kServerFault{"BotServerFault", 500};    // 5xx, or an answer that is no Bot API answer
inline constexpr ErrorKind kFileTooLarge{"BotFileTooLarge", 400};  // a download beyond the limit

inline constexpr std::string_view kTelegram = "https://api.telegram.org";

using Fields = std::vector<std::pair<std::string, std::string>>;

enum class Twice { harmless, wrong };  // a call that the server carries out twice

struct BotApiOptions {
  std::string base_url{kTelegram};
  std::string token;
  std::shared_ptr<sdk::Transport> transport;     // default: curl_transport()
  const std::atomic<bool>* cancelled = nullptr;  // ends a call that waits
  std::function<void(Milliseconds)> sleep;       // between attempts; default: blocks the thread
};

// Thread-safe as far as its transport is.
class BotApi {
 public:
  explicit BotApi(BotApiOptions options);

  // The `result` of the answer. `wait`: how long the server may hold a long poll open; `at_most`: the whole call's
  // time. What a chat that became a supergroup refuses is sent to that one, here and in upload().
  Result<json::value> call(std::string_view method, const json::object& parameters, Seconds wait = Seconds{0},
                           Seconds at_most = Seconds{60});
  // call(), again after throttling (as long as the server says), server faults and lost connections, until `patience`
  // is used up. After a fault or a lost connection it may have been done: where twice is wrong, that ends it.
  Result<json::value> call_patiently(std::string_view method, const json::object& parameters, Milliseconds patience,
                                     Twice twice = Twice::harmless);
  // Sends a file as multipart/form-data. `scratch`: a folder where the request is put together.
  Result<json::value> upload(std::string_view method, const Fields& fields, std::string_view file_field,
                             const std::filesystem::path& file, std::string_view file_name, std::string_view type,
                             const std::filesystem::path& scratch);
  // What getFile names, into a file of at most `most` bytes (else kFileTooLarge; nothing is left then).
  Result<void> download(std::string_view file_path, const std::filesystem::path& to, std::uint64_t most);

  // Text without the token.
  std::string scrubbed(std::string text) const;

 private:
  Result<json::value> call_once(std::string_view method, const json::object& parameters, Seconds wait, Seconds at_most);
  Result<json::value> upload_once(std::string_view method, const Fields& fields, std::string_view file_field,
                                  const std::filesystem::path& file, std::string_view file_name, std::string_view type,
                                  const std::filesystem::path& scratch);
  Result<json::value> exchange(sdk::HttpRequest request, std::string_view method) const;
  std::string url(std::string_view method) const;
  Error scrubbed(const Error& error) const;

  BotApiOptions options_;
};

// How long a server that throttles wants us to wait: 1 s to an hour.
Seconds retry_after(const Error& error);
// The supergroup that a refused request's chat has become.
std::optional<std::int64_t> moved_to(const Error& error);
// Whether the server cannot have carried the request out.
bool surely_not_done(const Error& error);

}  // namespace cumulet::polybot
