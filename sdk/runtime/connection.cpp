#include "sdk/runtime/connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace cumulet::sdk {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::uint64_t kLargestBody = 64ull << 20;

Error gone(const std::string& what) { return Error{kRuntimeApiGone, "Runtime API: " + what}; }
std::string reason() { return std::strerror(errno); }

}  // namespace

RuntimeConnection::RuntimeConnection(std::string address, int wake_fd)
    : address_(std::move(address)), wake_fd_(wake_fd) {}
RuntimeConnection::~RuntimeConnection() { close(); }

void RuntimeConnection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  buffer_.clear();
}

Result<void> RuntimeConnection::connect() {
  const auto colon = address_.rfind(':');
  const std::string host = address_.substr(0, colon),
                    port = colon == std::string::npos ? "80" : address_.substr(colon + 1);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0)
    return gone("no address for " + address_ + ": " + ::gai_strerror(code));
  std::string why = "no address";
  for (const addrinfo* one = found; one && fd_ < 0; one = one->ai_next) {
    fd_ = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, one->ai_protocol);
    if (fd_ >= 0 && ::connect(fd_, one->ai_addr, one->ai_addrlen) == 0) break;
    why = reason();
    close();
  }
  ::freeaddrinfo(found);
  if (fd_ < 0) return gone("cannot connect to " + address_ + ": " + why);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {};
}

Result<void> RuntimeConnection::send(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const auto sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return gone("sending failed: " + reason());
    auto left = static_cast<std::size_t>(sent);
    const std::size_t of_head = std::min(left, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(left - of_head);
  }
  return {};
}

Result<void> RuntimeConnection::fill(Waits waits) {
  char piece[64 * 1024];
  while (true) {
    if (waits == Waits::forever && wake_fd_ >= 0) {
      pollfd watched[2] = {{fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
      if (::poll(watched, 2, -1) < 0) {
        if (errno == EINTR) continue;
        return gone("waiting failed: " + reason());
      }
      // An answer that has arrived wins: its invocation is ours already.
      if (watched[0].revents == 0 && watched[1].revents != 0) return Error{kInterrupted, "asked to end"};
    }
    const auto got = ::recv(fd_, piece, sizeof piece, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return gone("receiving failed: " + reason());
    if (got == 0) return gone("closed the connection");
    buffer_.append(piece, static_cast<std::size_t>(got));
    return {};
  }
}

Result<std::string> RuntimeConnection::take_line(Waits waits) {
  std::size_t from = 0;
  while (true) {
    const auto end = buffer_.find('\n', from);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    from = buffer_.size();
    if (from > kLongestLine) return gone("a header line without end");
    CUMULET_CHECK(fill(waits));
  }
}

Result<void> RuntimeConnection::take_exactly(std::string& out, std::uint64_t size, Waits waits) {
  if (out.size() + size > kLargestBody) return gone("a body larger than 64 MiB");
  while (buffer_.size() < size) CUMULET_CHECK(fill(waits));
  out.append(buffer_, 0, size);
  buffer_.erase(0, size);
  return {};
}

Result<RuntimeConnection::Answer> RuntimeConnection::receive(Waits waits) {
  Answer out;
  CUMULET_TRY(const auto status_line, take_line(waits));
  // From the first byte on the answer is on its way: it is read whole.
  waits = Waits::through_wake;
  const auto space = status_line.find(' ');
  if (!status_line.starts_with("HTTP/1.") || space == std::string::npos) return gone("no HTTP answer");
  std::from_chars(status_line.data() + space + 1, status_line.data() + status_line.size(), out.status);
  while (true) {
    CUMULET_TRY(const auto line, take_line(waits));
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto value = line.find_first_not_of(" \t", colon + 1);
    out.headers.add(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
  }
  const auto parse = [](std::string_view text, int base, std::uint64_t& number) {
    return std::from_chars(text.data(), text.data() + text.size(), number, base).ec == std::errc{};
  };
  if (iequals(out.headers.get_or("transfer-encoding", ""), "chunked")) {
    while (true) {
      CUMULET_TRY(const auto line, take_line(waits));
      std::uint64_t size = 0;
      if (!parse(line, 16, size)) return gone("a malformed chunk");
      CUMULET_CHECK(take_exactly(out.body, size, waits));
      if (size > 0) {
        CUMULET_TRY(const auto end, take_line(waits));
        if (!end.empty()) return gone("a malformed chunk");
        continue;
      }
      while (true) {
        CUMULET_TRY(const auto trailer, take_line(waits));
        if (trailer.empty()) break;
      }
      break;
    }
  } else if (const auto length = out.headers.get("content-length")) {
    std::uint64_t size = 0;
    if (!parse(*length, 10, size)) return gone("a malformed Content-Length");
    CUMULET_CHECK(take_exactly(out.body, size, waits));
  }
  if (iequals(out.headers.get_or("connection", ""), "close")) close();
  return out;
}

Result<RuntimeConnection::Answer> RuntimeConnection::exchange(std::string_view method, std::string_view target,
                                                              Fields headers, std::string_view body, Waits waits) {
  std::string head(method);
  head += ' ';
  head += target;
  head += " HTTP/1.1\r\nHost: ";
  head += address_;
  head += "\r\nUser-Agent: cumulet-sdk/" CUMULET_VERSION "\r\n";
  for (const auto& [name, value] : headers) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  if (method != "GET") head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  head += "\r\n";
  if (waits == Waits::forever && wake_fd_ >= 0) {  // do not ask for work that would be left lying
    pollfd wake{wake_fd_, POLLIN, 0};
    if (::poll(&wake, 1, 0) > 0) return Error{kInterrupted, "asked to end"};
  }
  for (bool kept = fd_ >= 0;; kept = false) {
    if (fd_ < 0) CUMULET_CHECK(connect());
    Result<void> sent = send(head, body);
    Result<Answer> answer = sent.ok() ? receive(waits) : Result<Answer>(std::move(sent).error());
    if (answer.ok()) return answer;
    const bool nothing_came = buffer_.empty();
    close();
    // A kept connection may have been closed while the handler worked: once more on a fresh one.
    if (!kept || !nothing_came || answer.error().is(kInterrupted)) return answer;
  }
}

}  // namespace cumulet::sdk
