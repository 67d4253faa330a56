#pragma once
#include <sys/uio.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/http_server.hpp"
#include "net/receive_buffer.hpp"
#include "net/request_parser.hpp"

// One accepted connection. Everything here runs on the server's executor, one thing at a time.
namespace cumulet::net {

using SteadyTime = std::chrono::steady_clock::time_point;
inline constexpr SteadyTime kNever = SteadyTime::max();

// How fast the client takes part in one transfer: what moved, and the time it was waited for.
class Pace {
 public:
  void begin_wait(SteadyTime now) { waiting_since_ = now; }
  void end_wait(SteadyTime now) {
    waited_ += now - waiting_since_;
    window_waited_ += now - waiting_since_;
    waiting_since_ = kNever;
  }
  // `enough` bytes begin a new window.
  void move(std::uint64_t bytes, std::uint64_t enough) {
    moved_ += bytes;
    window_moved_ += bytes;
    if (window_moved_ < enough) return;
    window_moved_ = 0;
    window_waited_ = Duration::zero();
  }
  using Duration = std::chrono::steady_clock::duration;
  bool has_waited() const { return waited_ > Duration::zero(); }
  Duration window_waited() const { return window_waited_; }
  bool is_waiting() const { return waiting_since_ != kNever; }
  Duration waited(SteadyTime now) const { return is_waiting() ? waited_ + (now - waiting_since_) : waited_; }
  // Bytes a second of the time waited.
  double rate(SteadyTime now) const {
    return static_cast<double>(moved_) / std::chrono::duration<double>(waited(now) + Milliseconds{1}).count();
  }

 private:
  SteadyTime waiting_since_ = kNever;
  Duration waited_{0}, window_waited_{0};
  std::uint64_t moved_ = 0, window_moved_ = 0;
};

// What a connection needs of its server.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual const ServerLimits& limits() const = 0;
  virtual http::Response refusal(int status, std::string_view reason) const = 0;
  virtual bool stopping() const = 0;
  virtual std::string_view date() = 0;        // now, as an HTTP date
  virtual void wake_at(SteadyTime when) = 0;  // Connection::tick() no later than shortly after `when`
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ConnectionHost> host, std::shared_ptr<const RequestHandler> handler,
             boost::asio::ip::tcp::socket socket, std::string peer_address);

  // The connection's life: requests answered in order until either side closes.
  awaitable<void> run();
  boost::asio::cancellation_slot slot() { return signal_.slot(); }

  // Enforces deadlines and starts to watch the socket of a handler that takes its time. Returns when to come again.
  SteadyTime tick(SteadyTime now);
  // Whether the connection could make room for a new one, and how gladly: the order of the members is their weight.
  struct Eviction {
    enum class Kind { transfer, head, idle } kind;
    double slowness;  // seconds without a request or of a head; of a transfer: seconds a byte
    auto operator<=>(const Eviction&) const = default;
  };
  std::optional<Eviction> eviction(SteadyTime now) const;
  // Closes the socket and cancels the handler.
  void abort();
  void close_if_idle();

 private:
  class RequestBody;
  enum class Phase { idle, head, handling, sending, closing };
  enum class Received { bytes, end, timed_out };

  awaitable<Received> receive(std::size_t wanted);
  awaitable<bool> read_head();
  awaitable<Result<std::string_view>> read_body();
  awaitable<bool> drain_body();
  awaitable<void> linger();
  void watch();

  awaitable<bool> send(http::Response response);
  awaitable<bool> send_pieces(std::vector<http::Piece>& pieces);
  awaitable<bool> send_file(const http::FileRange& range);
  awaitable<bool> send_stream(http::StreamBody& body, bool chunked);
  awaitable<bool> send_refusal(int status, std::string_view reason);
  // Sends all of it; `more` tells the kernel that more follows at once. False: the connection is lost.
  enum class More { no, yes };
  // (Not a span by value: g++ 12 lays the coroutine's frame out wrongly.)
  awaitable<bool> send_bytes(iovec* first, std::size_t count, More more);
  awaitable<bool> send_text(std::string_view text, More more);
  // What went out without waiting (all: true). Takes sent bytes off `parts`; false with errno EAGAIN when it must wait.
  bool try_send(std::span<iovec>& parts, More more);
  awaitable<bool> wait_writable();
  void begin_wait();  // for the client, in a transfer
  void end_wait();
  void moved(std::size_t bytes) { pace_.move(bytes, host_->limits().body_progress); }
  void set_deadline(SteadyTime when);
  void set_deadline_in(Milliseconds span) { set_deadline(std::chrono::steady_clock::now() + span); }

  std::shared_ptr<ConnectionHost> host_;
  std::shared_ptr<const RequestHandler> handler_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::cancellation_signal signal_;
  std::string peer_address_;
  ReceiveBuffer in_;
  std::string out_;
  RequestParser parser_;
  http::RequestHead head_;

  Phase phase_ = Phase::idle;
  SteadyTime phase_began_ = kNever;  // idle and head
  Pace pace_;                        // of the body that arrives or the answer that is sent
  SteadyTime deadline_ = kNever;
  bool timed_out_ = false;
  bool continue_pending_ = false;  // the client waits for "100 Continue"
  bool continue_owed_ = false;     // "Expect: 100-continue" on an empty body
  std::size_t body_taken_ = 0;     // of in_, given out by the last read_body()
  bool body_broken_ = false;
  bool reading_body_ = false;
  bool lost_ = false;          // the client is gone
  bool seen_by_tick_ = false;  // the running handler has lived through a tick
  bool watching_ = false;
  std::uint64_t request_number_ = 0;
};

}  // namespace cumulet::net
