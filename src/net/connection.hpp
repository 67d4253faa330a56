#pragma once
#include <sys/uio.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "net/http_server.hpp"
#include "net/receive_buffer.hpp"
#include "net/request_parser.hpp"

// One accepted connection. Everything here runs on the server's executor, one thing at a time.
namespace cumulet::net {

using SteadyTime = std::chrono::steady_clock::time_point;
inline constexpr SteadyTime kNever = SteadyTime::max();

// What a connection needs of its server.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual const ServerLimits& limits() const = 0;
  virtual const RequestHandler& handler() const = 0;
  virtual http::Response refusal(int status, std::string_view reason) const = 0;
  virtual bool stopping() const = 0;
  virtual std::string_view date() = 0;        // now, as an HTTP date
  virtual void wake_at(SteadyTime when) = 0;  // Connection::tick() no later than shortly after `when`
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ConnectionHost> host, boost::asio::ip::tcp::socket socket, std::string peer_address);

  // The connection's life: requests answered in order until either side closes.
  awaitable<void> run();
  boost::asio::cancellation_slot slot() { return signal_.slot(); }

  // Enforces deadlines and starts to watch the socket of a handler that takes its time. Returns when to come again.
  SteadyTime tick(SteadyTime now);
  bool is_idle() const { return phase_ == Phase::idle; }
  SteadyTime deadline() const { return deadline_; }
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
  void set_deadline(SteadyTime when);
  void set_deadline_in(Milliseconds span) { set_deadline(std::chrono::steady_clock::now() + span); }

  std::shared_ptr<ConnectionHost> host_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::cancellation_signal signal_;
  std::string peer_address_;
  ReceiveBuffer in_;
  std::string out_;
  RequestParser parser_;
  http::RequestHead head_;

  Phase phase_ = Phase::idle;
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
