#include "net/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace cumulet::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kHeadRoom = 4 * 1024;         // asked of the kernel while a head arrives
constexpr std::size_t kBodyRoom = 128 * 1024;       // while a body arrives
constexpr std::size_t kWatchRoom = 16 * 1024;       // taken early from a client that waits for an answer
constexpr std::size_t kKeptRoom = 16 * 1024;        // buffer an idle connection may keep
constexpr std::uint64_t kDrainBytes = 1024 * 1024;  // unread body swallowed to keep a connection
constexpr std::uint64_t kLingerBytes = 64u << 20;   // swallowed so that a refusal reaches a client that still sends
constexpr Milliseconds kLingerTime{2000};
constexpr Milliseconds kWatchAfter{20};

inline constexpr ErrorKind kBodyTimeout{"RequestTimeout", 400};
inline constexpr ErrorKind kBodyMalformed{"InvalidRequest", 400};

}  // namespace

// What the handler reads the request's body from.
class Connection::RequestBody final : public TrailedBody {
 public:
  explicit RequestBody(Connection& connection) : connection_(connection) {}
  awaitable<Result<std::string_view>> read() override { return connection_.read_body(); }
  const http::Headers& trailers() const override { return connection_.parser_.trailers(); }

 private:
  Connection& connection_;
};

Connection::Connection(std::shared_ptr<ConnectionHost> host, std::shared_ptr<const RequestHandler> handler,
                       asio::ip::tcp::socket socket, std::string peer_address)
    : host_(std::move(host)),
      handler_(std::move(handler)),
      socket_(std::move(socket)),
      peer_address_(std::move(peer_address)) {}

void Connection::set_deadline(SteadyTime when) {
  deadline_ = when;
  timed_out_ = false;
  if (when != kNever) host_->wake_at(when);
}

void Connection::begin_wait() {
  const SteadyTime now = std::chrono::steady_clock::now();
  pace_.begin_wait(now);
  set_deadline(now + std::max(SteadyTime::duration::zero(), host_->limits().body_timeout - pace_.window_waited()));
}

void Connection::end_wait() {
  pace_.end_wait(std::chrono::steady_clock::now());
  set_deadline(kNever);
}

std::optional<Connection::Eviction> Connection::eviction(SteadyTime now) const {
  const auto seconds = [](SteadyTime::duration span) { return std::chrono::duration<double>(span).count(); };
  const ServerLimits& limits = host_->limits();
  if (lost_) return std::nullopt;
  if (phase_ == Phase::idle && in_.empty()) return Eviction{Eviction::Kind::idle, seconds(now - phase_began_)};
  // One that has its answer and does not go weighs like one that does not say what it wants.
  if ((phase_ == Phase::head || phase_ == Phase::closing) && now - phase_began_ >= limits.slow_after)
    return Eviction{Eviction::Kind::head, seconds(now - phase_began_)};
  if (pace_.is_waiting() && pace_.waited(now) >= limits.slow_after &&
      pace_.rate(now) < static_cast<double>(limits.slow_rate))
    return Eviction{Eviction::Kind::transfer, 1 / (pace_.rate(now) + 0.001)};
  return std::nullopt;
}

awaitable<Connection::Received> Connection::receive(std::size_t wanted) {
  const auto [room, length] = in_.room(wanted);
  const asio::mutable_buffer target(room, length);
  const auto [ec, n] = co_await socket_.async_read_some(target, kAwait);
  if (ec) co_return timed_out_ ? Received::timed_out : Received::end;
  in_.commit(n);
  co_return Received::bytes;
}

// False: the connection ends here (closed, timed out or refused; an answer was sent where there is one).
awaitable<bool> Connection::read_head() {
  const ServerLimits& limits = host_->limits();
  head_ = http::RequestHead{};
  head_.peer_address = peer_address_;
  RequestParser::Limits parser_limits{limits.header_bytes, limits.target_bytes, limits.body_bytes};
  parser_.start(parser_limits);
  phase_ = Phase::idle;
  phase_began_ = std::chrono::steady_clock::now();
  set_deadline(phase_began_ + limits.idle_timeout);
  std::size_t blank_lines = 0;
  while (true) {
    // Empty lines before a request are skipped, as RFC 9112 (2.2) asks; two are plenty.
    while (blank_lines < 2 && in_.view().starts_with("\r\n")) {
      in_.consume(2);
      ++blank_lines;
    }
    if (!in_.empty() && phase_ == Phase::idle) {
      phase_ = Phase::head;
      phase_began_ = std::chrono::steady_clock::now();
      set_deadline(phase_began_ + limits.header_timeout);
    }
    const bool is_half_a_blank_line = blank_lines < 2 && in_.view() == "\r";
    if (!in_.empty() && !is_half_a_blank_line) {
      const auto outcome = parser_.parse_head(in_.view(), head_);
      if (outcome == RequestParser::Outcome::complete) break;
      if (outcome == RequestParser::Outcome::failed) {
        co_await send_refusal(parser_.status(), parser_.reason());
        co_await linger();
        co_return false;
      }
    } else if (in_.empty()) {
      if (host_->stopping()) co_return false;
      in_.shrink(kKeptRoom);
      if (phase_ == Phase::head) {  // it was a blank line
        phase_ = Phase::idle;
        set_deadline_in(limits.idle_timeout);
      }
    }
    const Received received = co_await receive(in_.empty() ? 1 : kHeadRoom);
    if (received == Received::timed_out && phase_ == Phase::head)
      co_await send_refusal(408, "The header took too long");
    if (received != Received::bytes) co_return false;
  }
  in_.consume(parser_.head_bytes());
  const bool expects = parser_.expects_continue() && in_.empty();
  continue_pending_ = expects && !parser_.body_done();
  continue_owed_ = expects && parser_.body_done();
  body_taken_ = 0;
  body_broken_ = false;
  set_deadline(kNever);
  co_return true;
}

awaitable<void> Connection::run() {
  auto self = shared_from_this();
  try {
    const RequestHandler& handler = *handler_;
    auto cancellable = asio::enable_total_cancellation();
    co_await asio::this_coro::reset_cancellation_state(cancellable);
    while (true) {
      if (!co_await read_head()) break;
      const bool keeps_alive = head_.keep_alive;
      ++request_number_;
      phase_ = Phase::handling;
      pace_ = Pace{};
      moved(in_.size());  // of the body, what came with the head
      seen_by_tick_ = false;
      host_->wake_at(std::chrono::steady_clock::now() + kWatchAfter);

      http::Response response;
      RequestBody body(*this);
      try {
        response = co_await handler(head_, body);
      } catch (const std::exception& failure) {
        if (!lost_) log::error("request handler failed: {} {}: {}", head_.method, head_.raw_path(), failure.what());
        response = host_->refusal(500, "We encountered an internal error. Please try again.");
      }
      co_await asio::this_coro::reset_cancellation_state(cancellable);
      phase_ = Phase::sending;
      pace_ = Pace{};
      if (watching_) {
        watching_ = false;
        error_code ignored;
        socket_.cancel(ignored);
      }
      if (lost_) break;

      in_.consume(std::exchange(body_taken_, 0));
      // continue_pending_: a body nobody asked for may or may not come now, so that the next request cannot be told
      // apart. HTTP/1.0 knows no chunks: the end of a body of unknown length is the end of the connection.
      const bool ends_by_closing = parser_.is_http_1_0() && !response.body.length();
      const bool closing =
          response.close || !keeps_alive || body_broken_ || continue_pending_ || ends_by_closing || host_->stopping();
      response.close = closing;
      // No body follows, so nothing is waited for; but botocore misreads the next answer on a connection whose
      // Expect was answered by the final status alone.
      if (std::exchange(continue_owed_, false) && !co_await send_text("HTTP/1.1 100 Continue\r\n\r\n", More::yes))
        break;
      if (!co_await send(std::move(response))) break;
      if (closing) {
        if (!parser_.body_done() || !in_.empty()) co_await linger();
        break;
      }
      if (!parser_.body_done() && !co_await drain_body()) {
        co_await linger();
        break;
      }
    }
  } catch (const std::exception& failure) {
    log::debug("connection from {} ended: {}", peer_address_, failure.what());
  }
  phase_ = Phase::closing;
  deadline_ = kNever;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

awaitable<Result<std::string_view>> Connection::read_body() {
  in_.consume(std::exchange(body_taken_, 0));
  if (body_broken_) co_return Error{kBodyIncomplete, "The request body could not be read"};
  reading_body_ = true;
  while (true) {
    std::string_view piece;
    const std::size_t taken = parser_.parse_body(in_.view(), piece);
    if (parser_.body_failed()) {
      body_broken_ = true;
      reading_body_ = false;
      const ErrorKind& kind = parser_.status() == 413 ? kBodyTooLarge : kBodyMalformed;
      co_return Error{kind, std::string(parser_.reason())};
    }
    if (!piece.empty() || parser_.body_done()) {
      body_taken_ = taken;
      reading_body_ = false;
      co_return piece;
    }
    in_.consume(taken);
    if (in_.size() > kBodyRoom) {  // a chunk header longer than any honest one
      body_broken_ = true;
      reading_body_ = false;
      co_return Error{kBodyMalformed, "A chunk's header is too long"};
    }
    if (continue_pending_) {
      continue_pending_ = false;
      if (!co_await send_text("HTTP/1.1 100 Continue\r\n\r\n", More::no)) lost_ = true;
    }
    begin_wait();
    // Small bodies fit the buffer that the head came in; a long one gets a large buffer.
    const bool is_long = head_.chunked || head_.content_length.value_or(0) > kHeadRoom;
    const std::size_t held = in_.size();
    const Received received = co_await receive(is_long ? kBodyRoom / 2 : kHeadRoom);
    end_wait();
    moved(in_.size() - held);
    if (received == Received::bytes) continue;
    body_broken_ = true;
    reading_body_ = false;
    if (received == Received::timed_out) {
      co_return Error{kBodyTimeout,
                      "Your socket connection to the server was not read from or written to within the timeout period. "
                      "Idle connections will be closed."};
    }
    co_return Error{kBodyIncomplete,
                    "You did not provide the number of bytes specified by the Content-Length HTTP header"};
  }
}

awaitable<bool> Connection::drain_body() {
  std::uint64_t drained = 0;
  while (!parser_.body_done()) {
    Result<std::string_view> piece = co_await read_body();
    if (!piece.ok()) co_return false;
    drained += piece->size();
    if (drained > kDrainBytes) co_return false;
  }
  in_.consume(std::exchange(body_taken_, 0));
  co_return true;
}

// Half-closes and swallows what the client still sends, so that the kernel does not reset the connection under an
// answer the client has not read yet.
awaitable<void> Connection::linger() {
  phase_ = Phase::closing;
  phase_began_ = std::chrono::steady_clock::now();
  error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) co_return;
  set_deadline_in(kLingerTime);
  in_.consume(in_.size());
  std::uint64_t swallowed = 0;
  while (swallowed < kLingerBytes) {
    if (co_await receive(kBodyRoom) != Received::bytes) break;
    swallowed += in_.size();
    in_.consume(in_.size());
  }
}

SteadyTime Connection::tick(SteadyTime now) {
  if (deadline_ <= now) {
    deadline_ = kNever;
    timed_out_ = true;
    error_code ignored;
    socket_.cancel(ignored);
    return kNever;
  }
  if (phase_ == Phase::handling && !watching_ && !reading_body_) {
    if (!seen_by_tick_) {
      seen_by_tick_ = true;
      return now + kWatchAfter;
    }
    watch();
  }
  return deadline_;
}

// The handler takes its time: one pending wait tells whether the client went away; what it sends meanwhile is kept, to
// a bound, as its next request. Only once the body was read: before, the bytes belong to the body.
void Connection::watch() {
  if (!parser_.body_done() || in_.size() - body_taken_ >= kWatchRoom) return;
  watching_ = true;
  socket_.async_wait(
      asio::ip::tcp::socket::wait_read, [self = shared_from_this(), number = request_number_](error_code ec) {
        Connection& c = *self;
        if (c.request_number_ != number || c.phase_ != Phase::handling || !c.watching_) return;
        c.watching_ = false;
        if (ec) return;
        // The handler may still look at the bytes of its last body piece: they must not move.
        if (c.body_taken_ > 0 || !c.in_.empty()) {
          char probe = 0;
          const auto n = ::recv(c.socket_.native_handle(), &probe, 1, MSG_PEEK | MSG_DONTWAIT);
          if (n > 0) return;  // a pipelined request: stays in the kernel
          if (n < 0 && (errno == EAGAIN || errno == EINTR)) return c.watch();
        } else {
          const auto [room, length] = c.in_.room(kWatchRoom);
          const auto n = ::recv(c.socket_.native_handle(), room, std::min(length, kWatchRoom), MSG_DONTWAIT);
          if (n > 0) {
            c.in_.commit(static_cast<std::size_t>(n));
            return c.watch();
          }
          if (n < 0 && (errno == EAGAIN || errno == EINTR)) return c.watch();
        }
        c.lost_ = true;
        c.signal_.emit(asio::cancellation_type::total);
      });
}

void Connection::abort() {
  lost_ = true;
  error_code ignored;
  socket_.close(ignored);
  signal_.emit(asio::cancellation_type::total);
}

void Connection::close_if_idle() {
  if (phase_ != Phase::idle || !in_.empty()) return;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace cumulet::net
