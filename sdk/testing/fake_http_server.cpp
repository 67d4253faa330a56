#include "sdk/testing/fake_http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

namespace cumulet::sdk {
namespace {

bool fill(int fd, std::string& buffer) {
  char piece[16 * 1024];
  const auto got = ::recv(fd, piece, sizeof piece, 0);
  if (got <= 0) return false;
  buffer.append(piece, static_cast<std::size_t>(got));
  return true;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool read_request(int fd, std::string& buffer, FakeHttpServer::Received& out) {
  std::size_t end;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
    if (!fill(fd, buffer)) return false;
  const std::string head = buffer.substr(0, end + 2);
  buffer.erase(0, end + 4);
  const auto first = head.find(' '), second = head.find(' ', first + 1);
  out.method = head.substr(0, first);
  out.target = head.substr(first + 1, second - first - 1);
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const auto line_end = head.find("\r\n", at);
    const auto colon = head.find(':', at);
    const auto value = head.find_first_not_of(' ', colon + 1);
    out.headers.add(head.substr(at, colon - at), value < line_end ? head.substr(value, line_end - value) : "");
    at = line_end + 2;
  }
  std::size_t length = 0;
  const auto text = out.headers.get_or("content-length", "0");
  std::from_chars(text.data(), text.data() + text.size(), length);
  while (buffer.size() < length)
    if (!fill(fd, buffer)) return false;
  out.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return true;
}

// Whether the connection goes on.
bool send_reply(int fd, const FakeHttpServer::Received& request, const FakeHttpServer::Reply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " -\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  std::string body = reply.body;
  if (reply.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
    std::string framed;
    for (std::size_t at = 0; at < body.size(); at += 5) {
      const auto piece = body.substr(at, 5);
      framed += std::to_string(piece.size()) + "\r\n" + piece + "\r\n";
    }
    body = framed + "0\r\n\r\n";
  } else {
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  head += "\r\n";
  if (request.method == "HEAD") body.clear();
  const bool cut = reply.cut_after < body.size();
  if (cut) body.resize(reply.cut_after);
  return send_all(fd, head + body) && !cut && !reply.close_after;
}

}  // namespace

FakeHttpServer::FakeHttpServer(Respond respond) : respond_(std::move(respond)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 64) != 0)
    std::abort();
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeHttpServer::~FakeHttpServer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (auto& thread : threads_) thread.join();
}

std::string FakeHttpServer::address() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

std::vector<FakeHttpServer::Received> FakeHttpServer::received() const {
  std::lock_guard lock(mutex_);
  return received_;
}

void FakeHttpServer::accept_all() {
  for (int number = 0;; ++number) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (fd < 0 || stopping_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number] { serve(fd, number); });
  }
}

void FakeHttpServer::serve(int fd, int number) {
  std::string buffer;
  while (true) {
    Received request;
    request.connection = number;
    if (!read_request(fd, buffer, request)) break;
    {
      std::lock_guard lock(mutex_);
      received_.push_back(request);
    }
    Reply reply;
    {
      std::lock_guard lock(respond_mutex_);
      reply = respond_(request);
    }
    if (reply.close_before || !send_reply(fd, request, reply)) break;
  }
  std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::shutdown(fd, SHUT_RDWR);
  ::close(fd);
}

}  // namespace cumulet::sdk
