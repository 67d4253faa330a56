#include "net/http_server.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
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
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

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

ServerLimits within_descriptors(ServerLimits limits) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
    limits.max_connections = std::min<std::size_t>(limits.max_connections, std::max<rlim_t>(files.rlim_cur / 2, 16));
  return limits;
}

// Whom a connection counts for: an address; of IPv6 the half that tells the network, the other one is the client's to
// choose.
std::string client_of(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto bytes = address.to_v6().to_bytes();
  if (address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return std::string(bytes.begin(), bytes.begin() + 8);
}

// A function's process must not inherit its caller's connection.
void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

}  // namespace

class HttpServer::Impl final : public ConnectionHost, public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::any_io_executor executor, ServerLimits limits, RequestHandler handler, RefusalWriter refusal)
      : executor_(executor),
        limits_(within_descriptors(limits)),
        handler_(std::make_shared<const RequestHandler>(std::move(handler))),
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

  int share_socket() const { return ::fcntl(acceptor_->native_handle(), F_DUPFD_CLOEXEC, 0); }

  Result<std::uint16_t> adopt(int listening_socket) {
    error_code ec;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(listening_socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      ec.assign(errno, boost::system::system_category());
    if (!ec) acceptor_->assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listening_socket, ec);
    if (ec) {
      ::close(listening_socket);
      return Error{kListenFailed, "Cannot go on listening: " + ec.message()};
    }
    return acceptor_->local_endpoint(ec).port();
  }

  void accept() { accept_on(acceptor_, {}, handler_); }

  std::shared_ptr<void> serve(int listening_socket, RequestHandler handler) {
    auto acceptor = std::make_shared<tcp::acceptor>(executor_);
    error_code ec;
    acceptor->assign(tcp::v4(), listening_socket, ec);
    if (ec || stopping_) {
      if (ec) ::close(listening_socket);
      return acceptor;
    }
    std::erase_if(served_, [](const auto& weak) { return weak.expired(); });
    served_.push_back(acceptor);
    accept_on(acceptor, "socket " + std::to_string(++sockets_served_),
              handler ? std::make_shared<const RequestHandler>(std::move(handler)) : handler_);
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
  // `client`: whom all its connections count for; empty: the address each comes from.
  void accept_on(std::shared_ptr<tcp::acceptor> acceptor, std::string client,
                 std::shared_ptr<const RequestHandler> handler) {
    auto loop = accept_loop(std::move(acceptor), std::move(client), std::move(handler));
    asio::co_spawn(executor_, std::move(loop), [self = shared_from_this()](std::exception_ptr) {});
  }

  awaitable<void> accept_loop(std::shared_ptr<tcp::acceptor> acceptor, std::string client,
                              std::shared_ptr<const RequestHandler> handler) {
    auto self = shared_from_this();
    while (!stopping_ && acceptor->is_open()) {
      auto [ec, socket] = co_await acceptor->async_accept(kAwait);
      if (stopping_ || ec == asio::error::operation_aborted) break;
      if (ec) {  // out of descriptors, mostly
        log::warn("cannot accept a connection: {}", ec.message());
        make_room();
        asio::steady_timer pause(executor_, kAcceptPause);
        co_await pause.async_wait(kAwait);
        continue;
      }
      begin(std::move(socket), client, handler);
    }
  }

  void begin(tcp::socket socket, const std::string& whose, std::shared_ptr<const RequestHandler> handler) {
    error_code ec;
    close_on_exec(socket.native_handle());
    socket.set_option(tcp::no_delay(true), ec);
    socket.non_blocking(true, ec);
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return;
    if (connections_.size() - leaving_.size() >= limits_.max_connections && !make_room()) return;  // closes the new one
    auto connection = std::make_shared<Connection>(shared_from_this(), std::move(handler), std::move(socket),
                                                   peer.address().to_string());
    Client& client = *clients_.try_emplace(whose.empty() ? client_of(peer.address()) : whose).first;
    ++client.second;
    connections_.emplace(connection.get(), &client);
    auto life = connection->run();
    asio::co_spawn(
        executor_, std::move(life),
        asio::bind_cancellation_slot(connection->slot(), [self = shared_from_this(), connection](std::exception_ptr) {
          self->ended(connection.get());
          if (self->stopping_ && self->connections_.empty()) self->quiet();
        }));
  }

  void ended(Connection* connection) {
    const auto at = connections_.find(connection);
    if (--at->second->second == 0) clients_.erase(clients_.find(at->second->first));
    connections_.erase(at);
    leaving_.erase(connection);
  }

  // Ends a connection of the client that has most of them (ServerLimits::max_connections says which); false: none may
  // be ended. What ends still stands in connections_ for a moment.
  bool make_room() {
    const auto now = Steady::now();
    using Weight = std::pair<std::size_t, Connection::Eviction>;
    std::optional<Weight> heaviest;
    Connection* chosen = nullptr;
    for (const auto& [connection, client] : connections_) {
      if (heaviest && client->second < heaviest->first) continue;
      const auto eviction = connection->eviction(now);
      if (!eviction || leaving_.contains(connection)) continue;
      const Weight weight{client->second, *eviction};
      if (heaviest && !(*heaviest < weight)) continue;
      heaviest = weight;
      chosen = connection;
    }
    if (chosen == nullptr) return false;
    leaving_.insert(chosen);
    chosen->abort();
    return true;
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
    for (const auto& [c, client] : connections_) next = std::min(next, c->tick(now));
    if (next < next_tick_) arm(next);
  }

  void stop_here(Milliseconds grace) {
    if (stopping_) return;
    stopping_ = true;
    error_code ignored;
    acceptor_->close(ignored);
    for (const auto& weak : served_)
      if (const auto acceptor = weak.lock()) acceptor->close(ignored);
    for (const auto& [c, client] : connections_) c->close_if_idle();
    if (connections_.empty()) return quiet();
    if (grace.count() == 0) return abort_all();
    grace_.expires_after(grace);
    grace_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec) self->abort_all();
    });
  }

  void abort_all() {
    std::vector<Connection*> all;
    for (const auto& [c, client] : connections_) all.push_back(c);
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
  std::shared_ptr<const RequestHandler> handler_;  // of what accept() brings
  RefusalWriter refusal_;
  std::shared_ptr<tcp::acceptor> acceptor_;
  std::vector<std::weak_ptr<tcp::acceptor>> served_;
  std::uint64_t sockets_served_ = 0;
  asio::steady_timer ticker_;
  asio::steady_timer grace_;
  SteadyTime next_tick_ = kNever;
  using Client = std::pair<const std::string, std::size_t>;  // who it is, connections
  std::unordered_map<std::string, std::size_t> clients_;
  std::unordered_map<Connection*, Client*> connections_;
  std::unordered_set<Connection*> leaving_;  // ended by make_room(), still in connections_
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

int HttpServer::share_socket() const { return impl_->share_socket(); }
Result<std::uint16_t> HttpServer::adopt(int listening_socket) { return impl_->adopt(listening_socket); }
void HttpServer::accept() { impl_->accept(); }

std::shared_ptr<void> HttpServer::serve(int listening_socket, RequestHandler handler) {
  return impl_->serve(listening_socket, std::move(handler));
}

bool HttpServer::wait_stopped(Milliseconds limit) { return impl_->wait_stopped(limit); }

void HttpServer::stop(Milliseconds grace) { impl_->stop(grace); }

}  // namespace cumulet::net
