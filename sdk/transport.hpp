#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace cumulet::sdk {

// A part of an open file as a request's body.
struct FilePart {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;        // sent as it is: no normalising of the path
  http::Headers headers;  // without Content-Length
  std::string body;
  std::optional<FilePart> file;  // in place of `body`

  // A successful (2xx) body goes here piece by piece instead of into HttpResponse::body; false ends the transfer.
  std::function<bool(std::string_view)> sink;
  // Called once before the first byte of such a body.
  std::function<void(int status, const http::Headers&)> on_head;

  Milliseconds connect_timeout{5'000};
  Seconds stall_timeout{60};  // without a byte moving
  std::optional<Milliseconds> total_timeout;
  // Ends the exchange with kCancelled within about a second of becoming true.
  const std::atomic<bool>* cancelled = nullptr;
};

struct HttpResponse {
  int status = 0;
  http::Headers headers;
  std::string body;
};

// One HTTP exchange at a time per calling thread; thread-safe. Errors: kConnectFailed, kTimedOut, kConnectionLost,
// kCancelled. Any status is a success here.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

// libcurl, with kept connections. The proxy variables are honoured, but never for loopback or link-local addresses.
std::shared_ptr<Transport> curl_transport();

}  // namespace cumulet::sdk
