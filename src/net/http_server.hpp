#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/time.hpp"

namespace cumulet::net {

struct ServerLimits {
  std::size_t header_bytes = 64 * 1024;   // over: 431 and close
  std::size_t target_bytes = 16 * 1024;   // over: 414 and close
  std::uint64_t body_bytes = 6ull << 30;  // announced or received over this: 413 and close
  Milliseconds idle_timeout{60'000};      // keep-alive connection without a request
  Milliseconds header_timeout{20'000};    // from the first byte of a head to its end
  // Waited for the client while a body arrives or an answer is taken: in that time `body_progress` bytes, or all that
  // is left, must move. Time that the handler takes does not count.
  Milliseconds body_timeout{60'000};
  std::uint64_t body_progress = 4'096;
  // Never more than half the descriptors that the process may have. A new client over it takes the place of another
  // connection: of the client with the most of them, the one longest without a request; then one whose head, or
  // whose leaving after its answer, takes longer than `slow_after`; then the slowest transfer that made it wait for
  // longer than that and is slower than `slow_rate`. One whose handler is at work (a long poll, an Invoke) keeps its
  // place.
  std::size_t max_connections = 4096;
  Milliseconds slow_after{2'000};
  std::uint64_t slow_rate = 64 * 1024;  // bytes a second
};

// Answers one request. The head and the body stream live until the returned coroutine ends. A body the handler did not
// read is drained up to a bound, else the connection is closed after the answer. Exceptions become 500.
// Runs on the server's executor; must not block. When the client goes away while a handler waits (its body read), the
// handler is cancelled: pending operations end with operation_aborted. One that must not be shields itself with
// reset_cancellation_state(disable_cancellation()); the server resets that after the request.
using RequestHandler = std::function<awaitable<http::Response>(const http::RequestHead&, http::BodyStream& body)>;

// A body that may end with fields: what this server's handlers read is one.
class TrailedBody : public http::BodyStream {
 public:
  virtual const http::Headers& trailers() const = 0;  // once read() gave the end; the first few
};

// Words the answer to what no handler sees: bytes that are no request, heads that are too large or too slow, an
// exception that left a handler. The connection is closed after it.
using RefusalWriter = std::function<http::Response(int status, std::string_view reason)>;

// HTTP/1.1 server: keep-alive, pipelined requests answered in order, Expect: 100-continue (sent at the handler's first
// read()), chunked and sized bodies both ways with back-pressure, sendfile for file pieces (RFC 9110, 9112).
// The executor must be serial (an io_context with one thread, or a strand).
class HttpServer {
 public:
  // Without a `refusal` the reason is sent as plain text.
  HttpServer(boost::asio::any_io_executor executor, ServerLimits limits, RequestHandler handler,
             RefusalWriter refusal = {});
  ~HttpServer();  // stop()s

  // Binds and starts accepting. Port 0: any. Returns the bound port.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  // The same in two steps: clients that connect before accept() wait.
  Result<std::uint16_t> bind(const std::string& host, std::uint16_t port);
  void accept();
  // A further descriptor of the bound socket, the caller's: clients that connect while this server ends and the next
  // one begins wait in its line. -1: none could be had. On the executor, or before accept().
  int share_socket() const;
  // In place of bind(): takes such a descriptor. Returns its port.
  Result<std::uint16_t> adopt(int listening_socket);
  // Takes a listening socket that somebody else made and accepts on it as well, until the handle is let go (connections
  // stay) or stop(). `handler` answers what comes there (null: the server's own): whoever must know by which door a
  // request came in gives each another one. On the executor; the handle may be let go on any thread.
  std::shared_ptr<void> serve(int listening_socket, RequestHandler handler = {});
  // Stops accepting; idle connections close, running requests get `grace` to finish, then their sockets are closed and
  // handlers see cancellation. Thread-safe, returns at once.
  void stop(Milliseconds grace = Milliseconds{0});
  // Waits until the last connection has ended after stop(); false when `limit` passed. Not on the executor's thread.
  bool wait_stopped(Milliseconds limit);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

inline constexpr ErrorKind kListenFailed{"ListenFailed", 500};
inline constexpr ErrorKind kBodyIncomplete{"IncompleteBody", 400};
inline constexpr ErrorKind kBodyTooLarge{"EntityTooLarge", 413};

}  // namespace cumulet::net
