#include "apps/polybot/common/bot_api.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <thread>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kLargestAnswer = 16u << 20;  // 100 updates of the largest kind are far below
constexpr std::size_t kDeepestAnswer = 64;
constexpr Milliseconds kFirstPause{500}, kLongestPause{30'000};

std::string description_of(const json::value& answer) {
  const auto* found = json::find(answer, "description");
  return found && found->is_string() ? std::string(found->get_string()).substr(0, 500) : std::string{};
}

Error refusal(int status, const json::value* answer) {
  std::string said = answer ? description_of(*answer) : std::string{};
  if (said.empty()) said = "HTTP status " + std::to_string(status);
  switch (status) {
    case 401:
    case 404: return Error{kBadToken, said};
    case 409: return Error{kOtherPoller, said};
    case 413: return Error{kTooLarge, said};
    case 429: {
      std::int64_t seconds = 1;
      const auto* parameters = answer ? json::find(*answer, "parameters") : nullptr;
      const auto* after = parameters ? json::find(*parameters, "retry_after") : nullptr;
      if (after && after->is_int64()) seconds = after->get_int64();
      return Error{kTooManyRequests, said}.with("RetryAfter", std::to_string(seconds));
    }
    default: break;
  }
  if (status >= 500 || status < 400) return Error{kServerFault, said};
  Error refused{kRefused, said};
  const auto* parameters = answer ? json::find(*answer, "parameters") : nullptr;
  const auto* supergroup = parameters ? json::find(*parameters, "migrate_to_chat_id") : nullptr;
  if (supergroup && supergroup->is_int64())
    return std::move(refused).with("MigrateToChatId", std::to_string(supergroup->get_int64()));
  return refused;
}

bool append_file(int out, const std::filesystem::path& file) {
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return false;
  std::string buffer(256 * 1024, '\0');
  ssize_t got = 0;
  bool good = true;
  while (good && (got = ::read(in, buffer.data(), buffer.size())) > 0)
    good = ::write(out, buffer.data(), static_cast<std::size_t>(got)) == got;
  ::close(in);
  return good && got == 0;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& folder) {
    std::string name = (folder / "request-XXXXXX").string();
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd_ >= 0) ::unlink(name.c_str());
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// Names in a part's head: no quotes and no line ends.
std::string form_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' || c == '\r' || c == '\n' ? '_' : c;
  return out + '"';
}

}  // namespace

Seconds retry_after(const Error& error) {
  std::int64_t seconds = 1;
  for (const auto& [name, value] : error.fields())
    if (name == "RetryAfter") std::from_chars(value.data(), value.data() + value.size(), seconds);
  return Seconds{std::clamp<std::int64_t>(seconds, 1, 3600)};
}

std::optional<std::int64_t> moved_to(const Error& error) {
  for (const auto& [name, value] : error.fields()) {
    std::int64_t id = 0;
    if (name != "MigrateToChatId") continue;
    if (std::from_chars(value.data(), value.data() + value.size(), id).ec == std::errc{}) return id;
  }
  return std::nullopt;
}

bool surely_not_done(const Error& error) {
  return error.is(sdk::kConnectFailed) || error.is(kTooManyRequests) || error.is(kRefused) || error.is(kBadToken) ||
         error.is(kTooLarge) || error.is(kOtherPoller) || error.is(sdk::kFileFailed);
}

BotApi::BotApi(BotApiOptions options) : options_(std::move(options)) {
  if (!options_.transport) options_.transport = sdk::curl_transport();
  if (!options_.sleep) options_.sleep = [](Milliseconds time) { std::this_thread::sleep_for(time); };
  while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
}

std::string BotApi::url(std::string_view method) const {
  return options_.base_url + "/bot" + options_.token + '/' + std::string(method);
}

std::string BotApi::scrubbed(std::string text) const {
  if (options_.token.empty()) return text;
  for (std::size_t at = 0; (at = text.find(options_.token, at)) != std::string::npos;)
    text.replace(at, options_.token.size(), "<token>");
  return text;
}

Error BotApi::scrubbed(const Error& error) const {
  return Error(error.kind(), scrubbed(error.message()), error.fields());
}

Result<json::value> BotApi::exchange(sdk::HttpRequest request, std::string_view method) const {
  request.cancelled = options_.cancelled;
  std::string body;
  bool too_long = false;
  request.sink = [&](std::string_view piece) {
    too_long = too_long || body.size() + piece.size() > kLargestAnswer;
    if (!too_long) body += piece;
    return !too_long;
  };
  auto response = options_.transport->send(request);
  if (too_long) return Error{kServerFault, std::string(method) + " answered more than 16 MiB"};
  if (!response.ok()) return scrubbed(response.error());
  if (body.empty()) body = std::move(response->body);
  const auto answer = json::parse(body, {.depth = kDeepestAnswer});
  const auto* good = answer.ok() ? json::find(*answer, "ok") : nullptr;
  if (response->status != 200 || !good || !good->is_bool() || !good->get_bool()) {
    int status = response->status;
    if (const auto* code = answer.ok() ? json::find(*answer, "error_code") : nullptr; code && code->is_int64())
      status = static_cast<int>(std::clamp<std::int64_t>(code->get_int64(), 0, 999));
    return scrubbed(refusal(status, answer.ok() ? &*answer : nullptr));
  }
  const auto* result = json::find(*answer, "result");
  if (!result) return Error{kServerFault, std::string(method) + " answered without a result"};
  return *result;
}

Result<json::value> BotApi::call(std::string_view method, const json::object& parameters, Seconds wait,
                                 Seconds at_most) {
  auto out = call_once(method, parameters, wait, at_most);
  const auto supergroup = out.ok() ? std::nullopt : moved_to(out.error());
  if (!supergroup || !parameters.contains("chat_id")) return out;
  json::object again = parameters;
  again["chat_id"] = *supergroup;
  return call_once(method, again, wait, at_most);
}

Result<json::value> BotApi::call_once(std::string_view method, const json::object& parameters, Seconds wait,
                                      Seconds at_most) {
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = url(method);
  request.headers.add("Content-Type", "application/json");
  request.body = json::text(parameters);
  request.stall_timeout = wait + Seconds{20};
  request.total_timeout = wait + at_most;
  return exchange(std::move(request), method);
}

Result<json::value> BotApi::call_patiently(std::string_view method, const json::object& parameters,
                                           Milliseconds patience, Twice twice) {
  Milliseconds pause = kFirstPause, spent{0};
  for (;;) {
    auto out = call(method, parameters);
    if (out.ok()) return out;
    const Error& error = out.error();
    if (error.is(kRefused) || error.is(kBadToken) || error.is(kTooLarge) || error.is(kOtherPoller) ||
        error.is(sdk::kCancelled) || (twice == Twice::wrong && !surely_not_done(error)))
      return out;
    const Milliseconds next = error.is(kTooManyRequests) ? Milliseconds(retry_after(error)) : pause;
    if (spent + next > patience || (options_.cancelled && options_.cancelled->load())) return out;
    options_.sleep(next);
    spent += next;
    if (!error.is(kTooManyRequests)) pause = std::min(pause * 2, kLongestPause);
  }
}

Result<json::value> BotApi::upload(std::string_view method, const Fields& fields, std::string_view file_field,
                                   const std::filesystem::path& file, std::string_view file_name, std::string_view type,
                                   const std::filesystem::path& scratch) {
  auto out = upload_once(method, fields, file_field, file, file_name, type, scratch);
  const auto supergroup = out.ok() ? std::nullopt : moved_to(out.error());
  if (!supergroup) return out;
  Fields again = fields;
  for (auto& [name, value] : again)
    if (name == "chat_id") value = std::to_string(*supergroup);
  return upload_once(method, again, file_field, file, file_name, type, scratch);
}

Result<json::value> BotApi::upload_once(std::string_view method, const Fields& fields, std::string_view file_field,
                                        const std::filesystem::path& file, std::string_view file_name,
                                        std::string_view type, const std::filesystem::path& scratch) {
  const TemporaryFile body(scratch);
  const std::string boundary = "polybot-" + random_hex(32);
  std::string head;
  for (const auto& [name, value] : fields)
    head +=
        "--" + boundary + "\r\nContent-Disposition: form-data; name=" + form_text(name) + "\r\n\r\n" + value + "\r\n";
  head += "--" + boundary + "\r\nContent-Disposition: form-data; name=" + form_text(file_field) +
          "; filename=" + form_text(file_name) + "\r\nContent-Type: " + std::string(type) + "\r\n\r\n";
  const std::string tail = "\r\n--" + boundary + "--\r\n";
  const auto put = [&](std::string_view text) {
    return ::write(body.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  };
  struct stat about {};
  if (body.fd() < 0 || !put(head) || !append_file(body.fd(), file) || !put(tail) || ::fstat(body.fd(), &about) != 0)
    return Error{sdk::kFileFailed, "cannot put the upload together in " + scratch.string()};
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = url(method);
  request.headers.add("Content-Type", "multipart/form-data; boundary=" + boundary);
  request.file = sdk::FilePart{body.fd(), 0, static_cast<std::uint64_t>(about.st_size)};
  request.stall_timeout = Seconds{120};  // Telegram looks at the whole video before it answers
  return exchange(std::move(request), method);
}

Result<void> BotApi::download(std::string_view file_path, const std::filesystem::path& to, std::uint64_t most) {
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Error{sdk::kFileFailed, "cannot write " + to.string()};
  sdk::HttpRequest request;
  request.url = options_.base_url + "/file/bot" + options_.token + '/' + percent_encode(file_path, "/");
  request.cancelled = options_.cancelled;
  std::uint64_t got = 0;
  request.sink = [&](std::string_view piece) {
    got += piece.size();
    return got <= most && ::write(fd, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size());
  };
  const auto response = options_.transport->send(request);
  const bool closed = ::close(fd) == 0;
  std::optional<Error> failure;
  if (got > most)
    failure = Error{kFileTooLarge, "the file is larger than " + std::to_string(most >> 20) + " MB"};
  else if (!response.ok())
    failure = scrubbed(response.error());
  else if (response->status != 200)
    failure = scrubbed(refusal(response->status, nullptr));
  else if (!closed)
    failure = Error{sdk::kFileFailed, "cannot write " + to.string()};
  if (!failure) return {};
  ::unlink(to.c_str());
  return *failure;
}

}  // namespace cumulet::polybot
