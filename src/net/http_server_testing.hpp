#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <string>

#include "net/http_server.hpp"
#include "net/io_thread.hpp"
#include "net/testing_client.hpp"

// A server on a free port and what its tests send it.
namespace cumulet::net::testing {

namespace asio = boost::asio;

inline http::Response text_response(std::string text) {
  http::Response response;
  response.body = http::Body(std::move(text));
  return response;
}

inline awaitable<Result<std::string>> read_all(http::BodyStream& body) {
  std::string all;
  while (true) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return std::move(piece).error();
    if (piece->empty()) co_return all;
    all += *piece;
  }
}

class HttpServerTest : public ::testing::Test {
 protected:
  void serve(RequestHandler handler, ServerLimits limits = {}, RefusalWriter refusal = {}) {
    server_ = std::make_unique<HttpServer>(io_.executor(), limits, std::move(handler), std::move(refusal));
    auto port = server_->listen("127.0.0.1", 0);
    ASSERT_TRUE(port.ok());
    port_ = *port;
  }
  // Echoes "METHOD target body".
  void serve_echo(ServerLimits limits = {}) {
    serve(
        [](const http::RequestHead& head, http::BodyStream& body) -> awaitable<http::Response> {
          Result<std::string> all = co_await read_all(body);
          if (!all.ok()) {
            http::Response refusal = text_response(std::string(all.error().code()));
            refusal.status = all.error().status();
            co_return refusal;
          }
          co_return text_response(head.method + ' ' + head.target + ' ' + *all);
        },
        limits);
  }
  std::string exchange(std::string_view request, std::string_view until = {}) {
    RawClient client(port_);
    client.send(request);
    return client.receive(until);
  }
  void TearDown() override {
    if (!server_) return;
    server_->stop();
    EXPECT_TRUE(server_->wait_stopped(Milliseconds{5000}));
  }

  IoThread io_{"test-io"};
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
};

inline constexpr std::string_view kLastRequest = "GET /new HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

struct FurtherSocket {
  FurtherSocket() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const auto at = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, at, length), 0);
    EXPECT_EQ(::getsockname(listener, at, &length), 0);
    EXPECT_EQ(::listen(listener, 16), 0);
    port = ntohs(address.sin_port);
  }
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
};

}  // namespace cumulet::net::testing
