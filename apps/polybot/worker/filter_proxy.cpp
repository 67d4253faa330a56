#include "apps/polybot/worker/filter_proxy.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <list>

#include "base/http.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kLongestHead = 64 * 1024;
constexpr int kPollMs = 200;  // how soon a connection sees that the proxy stops
constexpr Seconds kConnectTimeout{10};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

std::string answer(int status) {
  return "HTTP/1.1 " + std::to_string(status) + ' ' + std::string(http::reason_phrase(status)) +
         "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

}  // namespace

ProxyRequest read_proxy_request(std::string_view head) {
  ProxyRequest out;
  const auto line = next_line(head);
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first || !line.substr(last + 1).starts_with("HTTP/1.")) return out;
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  if (method == "CONNECT") {
    out.is_tunnel = true;
    out.target = host_of("https://" + std::string(target));
    return out;
  }
  if (target.size() < 8 || !iequals(target.substr(0, 7), "http://")) return out;
  out.target = host_of(target);
  const auto path = target.find_first_of("/?", 7);
  out.head = std::string(method) + ' ';
  if (path == std::string_view::npos || target[path] == '?') out.head += '/';
  if (path != std::string_view::npos) out.head += target.substr(path, target.find('#') - path);
  out.head += " HTTP/1.1\r\n";
  while (!head.empty()) {
    const auto field = next_line(head);
    const auto name = field.substr(0, field.find(':'));
    if (field.empty()) break;
    if (iequals(name, "Connection") || iequals(name, "Keep-Alive") ||
        (name.size() > 6 && iequals(name.substr(0, 6), "Proxy-")))
      continue;
    out.head += std::string(field) + "\r\n";
  }
  out.head += "Connection: close\r\n\r\n";
  return out;
}

Result<std::unique_ptr<FilterProxy>> FilterProxy::start(ProxyLimits limits) {
  Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener.fd() < 0 || ::bind(listener.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener.fd(), 64) != 0 ||
      ::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return Error{sdk::kConnectFailed, "the filtering proxy cannot listen on loopback"};
  return std::unique_ptr<FilterProxy>(new FilterProxy(std::move(limits), listener.release(), ntohs(address.sin_port)));
}

FilterProxy::FilterProxy(ProxyLimits limits, int listener, int port)
    : limits_(std::move(limits)), listener_(listener), port_(port), acceptor_([this] { accept_all(); }) {}

FilterProxy::~FilterProxy() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);  // wakes the acceptor
  acceptor_.join();
  ::close(listener_);
}

void FilterProxy::accept_all() {
  std::list<Connection> connections;
  while (!stopping_) {
    connections.remove_if([](Connection& one) {
      if (!one.done) return false;
      one.thread.join();
      return true;
    });
    pollfd readable{listener_, POLLIN, 0};
    if (connections.size() >= limits_.most_connections || ::poll(&readable, 1, kPollMs) <= 0) {
      if (connections.size() >= limits_.most_connections) ::poll(nullptr, 0, 10);
      continue;
    }
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) continue;
    Connection& one = connections.emplace_back();
    one.thread = std::thread([this, client, &one] {
      serve(client);
      one.done = true;
    });
  }
  for (Connection& one : connections) one.thread.join();
}

bool FilterProxy::wait(int fd, short events) const {
  const auto end = std::chrono::steady_clock::now() + limits_.idle;
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    pollfd one{fd, events, 0};
    if (::poll(&one, 1, kPollMs) > 0) return true;
  }
  return false;
}

bool FilterProxy::send_all(int fd, std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !wait(fd, POLLOUT)) {
      return false;
    }
  }
  return true;
}

FilterProxy::Dialled FilterProxy::dial(const HostAndPort& target) {
  if (target.host.empty()) return {-1, 400};
  const auto addresses = resolve(target.host, target.port);
  if (addresses.empty()) return {-1, 502};
  bool any_permitted = false, refused_port = false;
  for (const Address& address : addresses) {
    if (!is_permitted(address, limits_.allowed, limits_.own)) continue;
    if (!is_permitted_port(address, target.port, limits_.allowed)) {
      refused_port = true;
      continue;
    }
    any_permitted = true;
    Socket server(::socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (server.fd() < 0) continue;
    if (::connect(server.fd(), reinterpret_cast<const sockaddr*>(&address.socket), address.size) == 0)
      return {server.release(), 200};
    if (errno != EINPROGRESS) continue;
    const auto end = std::chrono::steady_clock::now() + kConnectTimeout;
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      pollfd one{server.fd(), POLLOUT, 0};
      if (::poll(&one, 1, kPollMs) <= 0) continue;
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(server.fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
        return {server.release(), 200};
      break;
    }
  }
  if (any_permitted) return {-1, 504};
  (refused_port ? refused_port_ : refused_) = true;
  return {-1, 403};
}

void FilterProxy::serve(int client_fd) {
  const Socket client(client_fd);
  std::string buffer;
  std::size_t end = std::string::npos;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    char piece[8192];
    if (buffer.size() > kLongestHead || !wait(client.fd(), POLLIN)) return;
    const auto got = ::recv(client.fd(), piece, sizeof piece, 0);
    if (got <= 0) return;
    buffer.append(piece, static_cast<std::size_t>(got));
  }
  const auto request = read_proxy_request(std::string_view(buffer).substr(0, end + 2));
  const Dialled dialled = reached_the_limit() ? Dialled{-1, 403} : dial(request.target);
  if (dialled.socket < 0) {
    (void)send_all(client.fd(), answer(dialled.status));
    return;
  }
  const Socket server(dialled.socket);
  const auto rest = std::string_view(buffer).substr(end + 4);
  const bool begun = request.is_tunnel ? send_all(client.fd(), "HTTP/1.1 200 Connection established\r\n\r\n")
                                       : send_all(server.fd(), request.head);
  if (begun && send_all(server.fd(), rest)) relay(client.fd(), server.fd());
}

void FilterProxy::relay(int client, int server) {
  char piece[64 * 1024];
  bool client_done = false;
  auto last = std::chrono::steady_clock::now();
  while (!stopping_ && std::chrono::steady_clock::now() - last < limits_.idle) {
    pollfd both[2] = {{client_done ? -1 : client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(both, 2, kPollMs) <= 0) continue;
    last = std::chrono::steady_clock::now();
    if (both[0].revents) {
      const auto got = ::recv(client, piece, sizeof piece, 0);
      if (got < 0 && errno != EAGAIN) return;
      if (got == 0) {
        client_done = true;
        ::shutdown(server, SHUT_WR);
      }
      if (got > 0 && !send_all(server, {piece, static_cast<std::size_t>(got)})) return;
    }
    if (both[1].revents) {
      const auto got = ::recv(server, piece, sizeof piece, 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return;
      if (got < 0) continue;
      received_ += static_cast<std::uint64_t>(got);
      if (reached_the_limit() || !send_all(client, {piece, static_cast<std::size_t>(got)})) return;
    }
  }
}

}  // namespace cumulet::polybot
