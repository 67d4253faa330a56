#pragma once
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cumulet::net::testing {

// A blocking TCP client for raw-wire tests: sends bytes, expects bytes.
class RawClient {
 public:
  // `from`: the client's own address, one of 127.0.0.0/8.
  explicit RawClient(std::uint16_t port, const char* from = nullptr)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    if (from != nullptr) {
      address.sin_family = AF_INET;
      ::inet_pton(AF_INET, from, &address.sin_addr);
      if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    }
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  // What comes until the peer closes, `until` was seen, or `limit` passed.
  std::string receive(std::string_view until = {}, std::chrono::milliseconds limit = std::chrono::milliseconds(5000)) {
    std::string got;
    const auto end = std::chrono::steady_clock::now() + limit;
    while (until.empty() || got.find(until) == got.npos) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
      pollfd ready{fd_, POLLIN, 0};
      if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) break;
      char piece[65536];
      const auto n = ::recv(fd_, piece, sizeof piece, 0);
      if (n <= 0) {
        closed_ = true;
        break;
      }
      got.append(piece, static_cast<std::size_t>(n));
    }
    return got;
  }
  // The peer has closed (seen by receive()).
  bool closed() const { return closed_; }

 private:
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace cumulet::net::testing
