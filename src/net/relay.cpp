#include "net/relay.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/http.hpp"

namespace cumulet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kBuffer = 32 * 1024;
constexpr int kMaxConnections = 256;
constexpr std::chrono::milliseconds kPause{20};

// One connection and its continuation.
struct Pair {
  explicit Pair(tcp::socket accepted) : client(std::move(accepted)), target(client.get_executor()) {}
  tcp::socket client, target;
};

// From one to the other until its end, which is told on. A failure ends both.
awaitable<void> pump(std::shared_ptr<Pair> pair, tcp::socket& from, tcp::socket& to) {
  const auto buffer = std::make_unique<std::array<char, kBuffer>>();
  error_code ignored;
  for (;;) {
    const auto room = asio::buffer(*buffer);
    const auto [read_error, count] = co_await from.async_read_some(room, kAwait);
    if (read_error == asio::error::eof) break;
    const auto bytes = asio::buffer(buffer->data(), count);
    const auto [write_error, written] = co_await asio::async_write(to, bytes, kAwait);
    if (read_error || write_error) {
      pair->client.close(ignored);
      pair->target.close(ignored);
      co_return;
    }
  }
  to.shutdown(tcp::socket::shutdown_send, ignored);
}

struct Listening {
  Listening(asio::any_io_executor executor, std::string h, std::uint16_t p)
      : acceptor(executor), host(std::move(h)), port(p) {}
  tcp::acceptor acceptor;
  std::string host;
  std::uint16_t port;
  int connections = 0;
};

awaitable<void> carry(std::shared_ptr<Listening> listening, std::shared_ptr<Pair> pair) {
  tcp::resolver resolver(pair->client.get_executor());
  const std::string port = std::to_string(listening->port);
  const auto [unknown, addresses] = co_await resolver.async_resolve(listening->host, port, kAwait);
  if (unknown) co_return;
  const auto [refused, endpoint] = co_await asio::async_connect(pair->target, addresses, kAwait);
  if (refused) co_return;
  error_code ignored;
  pair->client.set_option(tcp::no_delay(true), ignored);
  pair->target.set_option(tcp::no_delay(true), ignored);
  ::fcntl(pair->target.native_handle(), F_SETFD, FD_CLOEXEC);
  auto back = pump(pair, pair->target, pair->client);
  ++listening->connections;
  asio::co_spawn(pair->client.get_executor(), std::move(back),
                 [listening](std::exception_ptr) { --listening->connections; });
  co_await pump(pair, pair->client, pair->target);
}

awaitable<void> accept_loop(std::shared_ptr<Listening> listening) {
  asio::steady_timer pause(listening->acceptor.get_executor());
  while (listening->acceptor.is_open()) {
    if (listening->connections >= 2 * kMaxConnections) {  // each counts once a direction
      pause.expires_after(kPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    auto [ec, socket] = co_await listening->acceptor.async_accept(kAwait);
    if (ec == asio::error::operation_aborted) co_return;
    if (ec) {  // out of descriptors, mostly
      pause.expires_after(kPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    auto pair = std::make_shared<Pair>(std::move(socket));
    auto life = carry(listening, std::move(pair));
    ++listening->connections;
    asio::co_spawn(listening->acceptor.get_executor(), std::move(life),
                   [listening](std::exception_ptr) { --listening->connections; });
  }
}

}  // namespace

Relay::Relay(asio::any_io_executor executor, std::string host, std::uint16_t port)
    : executor_(std::move(executor)), host_(std::move(host)), port_(port) {}

std::shared_ptr<void> Relay::serve(int listening_socket) const {
  auto listening = std::make_shared<Listening>(executor_, host_, port_);
  error_code ec;
  listening->acceptor.assign(tcp::v4(), listening_socket, ec);
  if (ec) {
    ::close(listening_socket);
    return listening;
  }
  auto loop = accept_loop(listening);
  asio::co_spawn(executor_, std::move(loop), [](std::exception_ptr) {});
  return std::shared_ptr<void>(nullptr, [executor = executor_, listening](void*) {
    asio::post(executor, [listening] {
      error_code ignored;
      listening->acceptor.close(ignored);
    });
  });
}

}  // namespace cumulet::net
