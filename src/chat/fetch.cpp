#include "chat/fetch.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>

#include "base/awaitable.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "chat/core.hpp"
#include "chat/errors.hpp"
#include "chat/media.hpp"

namespace cumulet::chat {
namespace {

constexpr long kRedirects = 5;
constexpr long kStalledBytes = 64;  // a second: fewer is a stall
constexpr Seconds kRetryAfter{5};

struct Sink {
  storage::BlobStore::Writer& writer;
  std::uint64_t left = kCloudDownload;
};

std::size_t write(char* bytes, std::size_t size, std::size_t count, void* context) {
  Sink& sink = *static_cast<Sink*>(context);
  const std::size_t n = size * count;
  if (n > sink.left || !sink.writer.append({bytes, n}).ok()) return 0;  // curl ends with an error
  sink.left -= n;
  return n;
}

// The last part of the URL's path.
std::string name_in(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto host = url.find("://");
  if (host != url.npos) url.remove_prefix(host + 3);
  const auto slash = url.rfind('/');
  if (slash == url.npos) return {};
  std::string name = percent_decode(url.substr(slash + 1)).value_or("");
  return is_valid_utf8(name) ? clean_file_name(name) : std::string();
}

// curl asks about once a second, and more often while bytes come.
int progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(context)->load() ? 1 : 0;
}

Error too_many() {
  const std::string seconds = std::to_string(kRetryAfter.count());
  return Error{kTooManyRequests, "Too Many Requests: retry after " + seconds, {{"retry_after", seconds}}};
}

Error failed() { return bad_request("failed to get HTTP URL content"); }

// On the pool.
Result<void> fetch(const std::string& url, File& file, storage::BlobStore& blobs, const FetchLimits& limits,
                   const std::atomic<bool>& stopping) {
  if (stopping) return failed();
  CUMULET_TRY(const auto writer, blobs.create());
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(::curl_easy_init(), ::curl_easy_cleanup);
  if (!curl) return failed();
  Sink sink{*writer};
  ::curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  ::curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, kRedirects);
  ::curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()));
  ::curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, kStalledBytes);
  ::curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stall.count()));
  ::curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(limits.whole.count()));
  ::curl_easy_setopt(curl.get(), CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs is left, not waited for
  ::curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  ::curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, progress);
  ::curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &stopping);
  ::curl_easy_setopt(curl.get(), CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(kCloudDownload));
  ::curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "TelegramBot (like TwitterBot)");
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, write);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &sink);
  const CURLcode code = ::curl_easy_perform(curl.get());
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) return bad_request("wrong HTTP URL specified");
  if (code != CURLE_OK) {
    log::info("a file that the bot sent by URL could not be fetched: {}", ::curl_easy_strerror(code));
    return failed();
  }
  if (writer->size() == 0) return failed();
  const char* type = nullptr;
  ::curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  std::string_view mime = type == nullptr ? "" : type;
  mime = mime.substr(0, mime.find(';'));
  if (mime.starts_with("text/html")) return bad_request("wrong type of the web page content");
  file.size = static_cast<std::int64_t>(writer->size());
  file.name = name_in(url);
  const bool is_plain =
      !mime.empty() && mime.size() <= 100 && std::ranges::all_of(mime, [](char c) { return c > ' ' && c < 0x7F; });
  file.mime_type = is_plain && mime != "application/octet-stream" && mime != "binary/octet-stream"
                       ? std::string(mime)
                       : mime_type_of(file.name);
  CUMULET_TRY(file.blob, writer->publish());
  if (file.kind == FileKind::video || file.kind == FileKind::animation) {
    CUMULET_TRY(const auto bytes, blobs.open_blob(file.blob));
    describe_video(*bytes, file);
  }
  return {};
}

}  // namespace

struct LinkFetcher::State {
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> in_hand = 0;
};

LinkFetcher::LinkFetcher(storage::BlobStore& blobs, FetchLimits limits)
    : state_(std::make_shared<State>()), blobs_(blobs), limits_(limits) {}

LinkFetcher::~LinkFetcher() {
  stop();
  join();
}

awaitable<Result<void>> LinkFetcher::take(std::string url, File& file) {
  // Given back when the work is done, whether or not somebody still waits for it.
  struct Place {
    explicit Place(std::shared_ptr<State> s) : state(std::move(s)), number(++state->in_hand) {}
    ~Place() { --state->in_hand; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    std::shared_ptr<State> state;
    std::size_t number;
  };
  auto place = std::make_shared<Place>(state_);
  if (place->number > limits_.at_once) co_return too_many();
  auto fetched = std::make_shared<File>(file);
  std::function<Result<void>()> work = [fetched, url = std::move(url), &blobs = blobs_, limits = limits_,
                                        place = std::move(place)] {
    return fetch(url, *fetched, blobs, limits, place->state->stopping);
  };
  std::call_once(once_, [this] { pool_ = std::make_unique<boost::asio::thread_pool>(limits_.threads); });
  boost::asio::any_io_executor pool = pool_->get_executor();
  Result<void> done = co_await run_on(std::move(pool), std::move(work));
  file = std::move(*fetched);
  co_return done;
}

void LinkFetcher::stop() { state_->stopping = true; }
void LinkFetcher::join() {
  if (pool_) pool_->join();
}

}  // namespace cumulet::chat
