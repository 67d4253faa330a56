#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "sdk/errors.hpp"
#include "sdk/transport.hpp"

namespace cumulet::sdk {
namespace {

constexpr std::size_t kLargestBody = 256u << 20;
constexpr std::size_t kKeptHandles = 16;

struct EasyFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyFree>;

struct Exchange {
  const HttpRequest* request = nullptr;
  HttpResponse response;
  std::uint64_t sent = 0;
  bool head_told = false, refused = false, too_large = false;
};

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // also after a 100 Continue
    exchange.response.headers = {};
    const auto space = line.find(' ');
    int status = 0;
    if (space != std::string_view::npos) std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
    exchange.response.status = status;
    return size * count;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  exchange.response.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return size * count;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view piece(data, size * count);
  auto& response = exchange.response;
  if (exchange.request->sink && response.status >= 200 && response.status < 300) {
    if (!exchange.head_told && exchange.request->on_head) exchange.request->on_head(response.status, response.headers);
    exchange.head_told = true;
    if (exchange.request->sink(piece)) return piece.size();
    exchange.refused = true;
    return 0;
  }
  if (response.body.size() + piece.size() > kLargestBody) {
    exchange.too_large = true;
    return 0;
  }
  response.body += piece;
  return piece.size();
}

std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const auto& request = *exchange.request;
  const std::uint64_t length = request.file ? request.file->length : request.body.size();
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size * count, length - exchange.sent));
  if (want == 0) return 0;
  if (!request.file) {
    std::copy_n(request.body.data() + exchange.sent, want, buffer);
    exchange.sent += want;
    return want;
  }
  const auto got = ::pread(request.file->fd, buffer, want, static_cast<off_t>(request.file->offset + exchange.sent));
  if (got <= 0) return CURL_READFUNC_ABORT;
  exchange.sent += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(user)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

bool is_local(std::string_view url) {
  const auto start = url.find("://");
  auto host = url.substr(start == std::string_view::npos ? 0 : start + 3);
  host = host.substr(0, host.find_first_of("/?"));
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]") ||
         host.starts_with("169.254.") || host.starts_with("[fd00:ec2::");
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {  // about once a second, and as bytes move
  return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

// libcurl knows where Debian keeps the trusted roots; a packaged function also runs where others keep them.
const std::string& trusted_roots() {
  static const std::string found = [] {
    for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"})
      if (const char* path = std::getenv(variable); path && *path) return std::string(path);
    for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"})
      if (::access(path, R_OK) == 0) return std::string(path);
    return std::string{};
  }();
  return found;
}

class CurlTransport final : public Transport {
 public:
  CurlTransport() {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
  }

  Result<HttpResponse> send(const HttpRequest& request) override {
    Easy easy = take();
    Exchange exchange;
    exchange.request = &request;
    char detail[CURL_ERROR_SIZE] = {};
    curl_slist* fields = nullptr;
    for (const auto& [name, value] : request.headers)
      fields = curl_slist_append(fields, (value.empty() ? name + ';' : name + ": " + value).c_str());
    fields = curl_slist_append(fields, "Expect:");
    if (!request.headers.has("content-type")) fields = curl_slist_append(fields, "Content-Type:");
    if (!request.headers.has("accept")) fields = curl_slist_append(fields, "Accept:");
    configure(easy.get(), request, exchange, fields, detail);
    const CURLcode code = curl_easy_perform(easy.get());
    curl_slist_free_all(fields);
    curl_easy_reset(easy.get());  // keeps the connections
    give_back(std::move(easy));
    if (code == CURLE_OK) {
      if (request.sink && !exchange.head_told && request.on_head && exchange.response.status / 100 == 2)
        request.on_head(exchange.response.status, exchange.response.headers);
      return std::move(exchange.response);
    }
    return failure(code, exchange, request, detail);
  }

 private:
  static void configure(CURL* easy, const HttpRequest& request, Exchange& exchange, curl_slist* fields, char* detail) {
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
    if (request.total_timeout)
      curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout->count()));
    if (request.cancelled) {
      curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
      curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
      curl_easy_setopt(easy, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(request.cancelled));
    }
    if (!trusted_roots().empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, trusted_roots().c_str());
    if (is_local(request.url)) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    const std::uint64_t length = request.file ? request.file->length : request.body.size();
    if (request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method == "PUT" || request.method == "POST" || length > 0) {
      curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
      curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(length));
      curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
      curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
      curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
      curl_easy_setopt(easy, CURLOPT_SEEKDATA, &exchange);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  static Error failure(CURLcode code, const Exchange& exchange, const HttpRequest& request, const char* detail) {
    const std::string why = *detail ? detail : curl_easy_strerror(code);
    const std::string where = request.url.substr(0, request.url.find('?'));
    if (exchange.refused) return Error{kFileFailed, "what came from " + where + " could not be written"};
    if (exchange.too_large) return Error{kBadResponse, "the answer of " + where + " is larger than 256 MiB"};
    if (code == CURLE_ABORTED_BY_CALLBACK && request.cancelled && request.cancelled->load())
      return Error{kCancelled, "the exchange with " + where + " was cancelled"};
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_RESOLVE_PROXY:
      case CURLE_COULDNT_CONNECT:
      case CURLE_URL_MALFORMAT:
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_PEER_FAILED_VERIFICATION:
        return Error{kConnectFailed, "Could not connect to the endpoint URL: \"" + where + "\": " + why};
      case CURLE_OPERATION_TIMEDOUT: return Error{kTimedOut, "Timeout on endpoint URL: \"" + where + "\": " + why};
      default: return Error{kConnectionLost, "The exchange with \"" + where + "\" broke off: " + why};
    }
  }

  Easy take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return Easy(curl_easy_init());
    Easy easy = std::move(free_.back());
    free_.pop_back();
    return easy;
  }
  void give_back(Easy easy) {
    std::lock_guard lock(mutex_);
    if (free_.size() < kKeptHandles) free_.push_back(std::move(easy));
  }

  std::mutex mutex_;
  std::vector<Easy> free_;
};

}  // namespace

std::shared_ptr<Transport> curl_transport() { return std::make_shared<CurlTransport>(); }

}  // namespace cumulet::sdk
