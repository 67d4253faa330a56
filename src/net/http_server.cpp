#include "net/http_server.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "base/log.hpp"
#include "net/connection.hpp"

namespace cumulet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr Milliseconds kTickSlack{5};
constexpr Milliseconds kAcceptPause{100};

// A function's process must not inherit its caller's connection.
void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

}  // namespace

class HttpServer::Impl final : public ConnectionHost, public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::any_io_executor executor, ServerLimits limits, RequestHandler handler, RefusalWriter refusal)
      : executor_(executor),
        limits_(limits),
        handler_(std::move(handler)),
        refusal_(std::move(refusal)),
        acceptor_(std::make_shared<tcp::acceptor>(executor)),
        ticker_(executor),
        grace_(executor) {}

  Result<std::uint16_t> bind(const std::string& host, std::uint16_t port) {
    error_code ec;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, ec);
    if (ec) return Error{kListenFailed, "'" + host + "' is not an IP address"};
    const tcp::endpoint endpoint(address, port);
    const auto failed = [&] {
      return Error{kListenFailed, "Cannot listen on " + host + ":" + std::to_string(port) + ": " + ec.message()};
    };
    acceptor_->open(endpoint.protocol(), ec);
    if (ec) return failed();
    close_on_exec(acceptor_->native_handle());
    acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
    acceptor_->bind(endpoint, ec);
    if (ec) return failed();
    acceptor_->listen(1024, ec);
    if (ec) return failed();
    const auto bound = acceptor_->local_endpoint(ec);
    if (ec) return failed();
    return bound.port();
  }

  void accept() { accept_on(acceptor_); }

  std::shared_ptr<void> serve(int listening_socket) {
    auto acceptor = std::make_shared<tcp::acceptor>(executor_);
    error_code ec;
    acceptor->assign(tcp::v4(), listening_socket, ec);
    if (ec || stopping_) {
      if (ec) ::close(listening_socket);
      return acceptor;
    }
    std::erase_if(served_, [](const auto& weak) { return weak.expired(); });
    served_.push_back(acceptor);
    accept_on(acceptor);
    return std::shared_ptr<void>(nullptr, [executor = executor_, acceptor](void*) {
      asio::post(executor, [acceptor] {
        error_code ignored;
        acceptor->close(ignored);
      });
    });
  }

  void stop(Milliseconds grace) {
    asio::post(executor_, [self = shared_from_this(), grace] { self->stop_here(grace); });
  }

  const ServerLimits& limits() const override { return limits_; }
  const RequestHandler& handler() const override { return handler_; }
  http::Response refusal(int status, std::string_view reason) const override {
    http::Response response;
    if (refusal_) {
      response = refusal_(status, reason);
    } else {
      response.status = status;
      response.headers.add("Content-Type", "text/plain");
      response.body = http::Body(std::string(reason) + "\n");
    }
    response.close = true;
    return response;
  }
  bool stopping() const override { return stopping_; }

  bool wait_stopped(Milliseconds limit) {
    std::unique_lock lock(quiet_mutex_);
    return became_quiet_.wait_for(lock, limit, [this] { return is_quiet_; });
  }

  std::string_view date() override {
    const auto now = std::chrono::floor<Seconds>(std::chrono::system_clock::now());
    if (now != date_at_) {
      date_at_ = now;
      date_ = http_date(now);
    }
    return date_;
  }

  void wake_at(SteadyTime when) override {
    if (when < next_tick_) arm(when);
  }

 private:
  void accept_on(std::shared_ptr<tcp::acceptor> acceptor) {
    auto loop = accept_loop(std::move(acceptor));
    asio::co_spawn(executor_, std::move(loop), [self = shared_from_this()](std::exception_ptr) {});
  }

  awaitable<void> accept_loop(std::shared_ptr<tcp::acceptor> acceptor) {
    auto self = shared_from_this();
    while (!stopping_ && acceptor->is_open()) {
      auto [ec, socket] = co_await acceptor->async_accept(kAwait);
      if (stopping_ || ec == asio::error::operation_aborted) break;
      if (ec) {  // out of descriptors, mostly
        log::warn("cannot accept a connection: {}", ec.message());
        asio::steady_timer pause(executor_, kAcceptPause);
        co_await pause.async_wait(kAwait);
        continue;
      }
      begin(std::move(socket));
    }
  }

  void begin(tcp::socket socket) {
    error_code ec;
    close_on_exec(socket.native_handle());
    socket.set_option(tcp::no_delay(true), ec);
    socket.non_blocking(true, ec);
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return;
    if (connections_.size() >= limits_.max_connections) {
      make_room();
      if (connections_.size() >= limits_.max_connections) return;  // closes the new one
    }
    auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer.address().to_string());
    connections_.insert(connection.get());
    auto life = connection->run();
    asio::co_spawn(
        executor_, std::move(life),
        asio::bind_cancellation_slot(connection->slot(), [self = shared_from_this(), connection](std::exception_ptr) {
          self->connections_.erase(connection.get());
          if (self->stopping_ && self->connections_.empty()) self->quiet();
        }));
  }

  // Drops the connection that has been idle for longest.
  void make_room() {
    Connection* oldest = nullptr;
    for (Connection* c : connections_)
      if (c->is_idle() && (oldest == nullptr || c->deadline() < oldest->deadline())) oldest = c;
    if (oldest == nullptr) return;
    oldest->close_if_idle();
    connections_.erase(oldest);
  }

  void arm(SteadyTime when) {
    next_tick_ = when;
    ticker_.expires_at(when + kTickSlack);
    ticker_.async_wait([weak = weak_from_this()](error_code ec) {
      if (auto self = weak.lock(); self && !ec) self->tick();
    });
  }

  // One timer for all deadlines of all connections; it sleeps until the nearest of them.
  void tick() {
    next_tick_ = kNever;
    const auto now = Steady::now();
    SteadyTime next = kNever;
    for (Connection* c : connections_) next = std::min(next, c->tick(now));
    if (next < next_tick_) arm(next);
  }

  void stop_here(Milliseconds grace) {
    if (stopping_) return;
    stopping_ = true;
    error_code ignored;
    acceptor_->close(ignored);
    for (const auto& weak : served_)
      if (const auto acceptor = weak.lock()) acceptor->close(ignored);
    for (Connection* c : connections_) c->close_if_idle();
    if (connections_.empty()) return quiet();
    if (grace.count() == 0) return abort_all();
    grace_.expires_after(grace);
    grace_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec) self->abort_all();
    });
  }

  void abort_all() {
    const std::vector<Connection*> all(connections_.begin(), connections_.end());
    for (Connection* c : all)
      if (connections_.contains(c)) c->abort();
  }

  void quiet() {
    ticker_.cancel();
    grace_.cancel();
    std::lock_guard lock(quiet_mutex_);
    is_quiet_ = true;
    became_quiet_.notify_all();
  }

  asio::any_io_executor executor_;
  ServerLimits limits_;
  RequestHandler handler_;
  RefusalWriter refusal_;
  std::shared_ptr<tcp::acceptor> acceptor_;
  std::vector<std::weak_ptr<tcp::acceptor>> served_;
  asio::steady_timer ticker_;
  asio::steady_timer grace_;
  SteadyTime next_tick_ = kNever;
  std::unordered_set<Connection*> connections_;
  bool stopping_ = false;
  std::mutex quiet_mutex_;
  std::condition_variable became_quiet_;
  bool is_quiet_ = false;
  std::chrono::sys_seconds date_at_{};
  std::string date_;
};

HttpServer::HttpServer(asio::any_io_executor executor, ServerLimits limits, RequestHandler handler,
                       RefusalWriter refusal)
    : impl_(std::make_shared<Impl>(std::move(executor), limits, std::move(handler), std::move(refusal))) {}

HttpServer::~HttpServer() { impl_->stop(Milliseconds{0}); }

Result<std::uint16_t> HttpServer::listen(const std::string& host, std::uint16_t port) {
  Result<std::uint16_t> bound = impl_->bind(host, port);
  if (bound.ok()) impl_->accept();
  return bound;
}

Result<std::uint16_t> HttpServer::bind(const std::string& host, std::uint16_t port) { return impl_->bind(host, port); }

void HttpServer::accept() { impl_->accept(); }

std::shared_ptr<void> HttpServer::serve(int listening_socket) { return impl_->serve(listening_socket); }

bool HttpServer::wait_stopped(Milliseconds limit) { return impl_->wait_stopped(limit); }

void HttpServer::stop(Milliseconds grace) { impl_->stop(grace); }

}  // namespace cumulet::net
