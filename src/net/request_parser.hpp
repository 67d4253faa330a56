#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/http.hpp"

namespace cumulet::net {

// One HTTP/1.1 request after another from bytes (RFC 9112), on Beast's parser. No sockets. Refuses what proxies and
// servers are known to disagree on: Content-Length twice or beside Transfer-Encoding, any transfer coding but one
// "chunked", a missing or doubled Host, a folded field, a target that is neither a path nor an http URL.
class RequestParser {
 public:
  enum class Outcome { need_more, complete, failed };

  RequestParser();
  ~RequestParser();

  struct Limits {
    std::size_t header_bytes;
    std::size_t target_bytes;
    std::uint64_t body_bytes;
  };
  // Makes ready for the next request.
  void start(const Limits& limits);

  // `bytes` is everything received since start(), from the first byte. On `complete` the head is filled and
  // head_bytes() tells how many bytes it took; on `failed` status() and reason() say what to answer.
  Outcome parse_head(std::string_view bytes, http::RequestHead& head);
  std::size_t head_bytes() const { return head_bytes_; }
  int status() const { return status_; }
  std::string_view reason() const { return reason_; }
  bool expects_continue() const { return expects_continue_; }
  bool is_http_1_0() const { return is_http_1_0_; }

  // After the head. Takes bytes from the front of `bytes` and returns how many; `piece` is what of them is body (may be
  // empty though bytes were taken: chunk headers). Nothing taken and not done: more bytes are needed.
  std::size_t parse_body(std::string_view bytes, std::string_view& piece);
  bool body_done() const { return body_done_; }
  bool body_failed() const { return status_ != 0; }
  // Fields behind a chunked body, once it is done; the first few.
  const http::Headers& trailers() const;

 private:
  struct Impl;
  void fail(int status, std::string_view reason) {
    status_ = status;
    reason_ = reason;
  }

  std::unique_ptr<Impl> impl_;
  std::size_t head_bytes_ = 0;
  int status_ = 0;
  std::string_view reason_;
  bool expects_continue_ = false;
  bool is_http_1_0_ = false;
  bool body_done_ = false;
  bool chunked_ = false;
  std::uint64_t body_left_ = 0;  // of a sized body
};

}  // namespace cumulet::net
