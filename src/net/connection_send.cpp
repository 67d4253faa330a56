#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <charconv>

#include "base/encoding.hpp"
#include "base/header_field.hpp"
#include "base/log.hpp"
#include "net/connection.hpp"

// The sending half of a connection: heads, pieces, sendfile, chunked streams.
namespace cumulet::net {
namespace {

namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kCoalesced = 64 * 1024;     // text up to here is copied behind the head: one send
constexpr std::size_t kSlice = 1024 * 1024;       // of one sendfile call
constexpr std::uint64_t kTurn = 4 * 1024 * 1024;  // sent before other connections get their turn

void append_number(std::string& out, std::uint64_t n) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, end);
}

// The name of a field that would not stay one line of the head ("x: a\r\nSet-Cookie: b" is two); empty: there is none.
std::string_view unsendable(const http::Headers& headers) {
  for (const auto& [name, value] : headers)
    if (!http::is_field_name(name) || !http::is_field_value(value))
      return name.empty() ? std::string_view("(no name)") : std::string_view(name);
  return {};
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

// While it lives the kernel sends full segments only; then what is left. Without it each sendfile call ends in a small
// segment of its own: a fifth of the speed on loopback.
class Corked {
 public:
  explicit Corked(int socket) : socket_(socket) { set(1); }
  ~Corked() { set(0); }
  Corked(const Corked&) = delete;
  Corked& operator=(const Corked&) = delete;

 private:
  void set(int on) { ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }
  int socket_;
};

iovec part_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

bool Connection::try_send(std::span<iovec>& parts, More more) {
  while (!parts.empty()) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto sent =
        ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | (more == More::yes ? MSG_MORE : 0));
    if (sent < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    auto left = static_cast<std::size_t>(sent);
    moved(left);
    while (!parts.empty() && left >= parts.front().iov_len) {
      left -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (left > 0) {
      parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + left;
      parts.front().iov_len -= left;
    }
  }
  return true;
}

awaitable<bool> Connection::wait_writable() {
  if (!pace_.has_waited()) pace_ = Pace{};  // what the kernel took at once says nothing of the client
  begin_wait();
  const auto [ec] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kAwait);
  const bool writable = !ec && !timed_out_;
  end_wait();
  co_return writable;
}

awaitable<bool> Connection::send_bytes(iovec* first, std::size_t count, More more) {
  std::span<iovec> parts(first, count);
  while (!try_send(parts, more)) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return false;
    if (!co_await wait_writable()) co_return false;
  }
  co_return true;
}

awaitable<bool> Connection::send_text(std::string_view text, More more) {
  iovec part = part_of(text);
  co_return co_await send_bytes(&part, 1, more);
}

awaitable<bool> Connection::send(http::Response response) {
  // Whatever a service put in: an answer is sent as it was meant, or not at all.
  if (const std::string_view field = unsendable(response.headers); !field.empty()) {
    log::error("an answer to {} {} was withheld: its header {} is none", head_.method, head_.raw_path(),
               hex_encode(field.substr(0, 64)));
    const bool closing = response.close;
    response = host_->refusal(500, "We encountered an internal error. Please try again.");
    response.close = closing;
  }
  auto* stream = std::get_if<http::StreamBody>(&response.body.content);
  const std::optional<std::uint64_t> length = response.body.length();
  const bool is_head = head_.method == "HEAD";
  const bool with_body = !is_head && has_body(response.status);
  const bool chunked = with_body && !length && !parser_.is_http_1_0();

  out_.clear();
  out_ += "HTTP/1.1 ";
  append_number(out_, static_cast<std::uint64_t>(response.status));
  out_ += ' ';
  out_ += http::reason_phrase(response.status);
  out_ += "\r\nDate: ";
  out_ += host_->date();
  out_ += "\r\n";
  for (const auto& [name, value] : response.headers) {
    out_ += name;
    out_ += ": ";
    out_ += value;
    out_ += "\r\n";
  }
  std::optional<std::uint64_t> announced = length;
  if (!with_body && response.announced_length) announced = response.announced_length;
  const bool may_announce = response.status >= 200 && response.status != 204;
  const bool not_modified = response.status == 304;
  if (chunked) {
    out_ += "Transfer-Encoding: chunked\r\n";
  } else if (may_announce && announced && (!not_modified || response.announced_length)) {
    out_ += "Content-Length: ";
    append_number(out_, *announced);
    out_ += "\r\n";
  }
  if (response.close)
    out_ += "Connection: close\r\n";
  else if (parser_.is_http_1_0())
    out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";

  bool sent = false;
  if (!with_body) {
    sent = co_await send_text(out_, More::no);
  } else if (stream != nullptr) {
    sent = co_await send_stream(*stream, chunked);
  } else {
    auto& pieces = std::get<0>(response.body.content);
    if (pieces.size() == 1 && std::holds_alternative<std::string>(pieces.front()) &&
        std::get<std::string>(pieces.front()).size() <= kCoalesced) {
      out_ += std::get<std::string>(pieces.front());
      pieces.clear();
    }
    if (pieces.empty())
      sent = co_await send_text(out_, More::no);
    else
      sent = co_await send_pieces(pieces);
  }
  if (out_.capacity() > kCoalesced) std::string().swap(out_);
  co_return sent;
}

// The head is in out_.
awaitable<bool> Connection::send_pieces(std::vector<http::Piece>& pieces) {
  std::optional<Corked> corked;
  if (std::any_of(pieces.begin(), pieces.end(),
                  [](const auto& p) { return std::holds_alternative<http::FileRange>(p); }))
    corked.emplace(socket_.native_handle());
  std::vector<iovec> parts;
  parts.push_back(part_of(out_));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (const auto* text = std::get_if<std::string>(&pieces[i])) {
      if (!text->empty()) parts.push_back(part_of(*text));
      if (parts.size() < 64) continue;
    }
    const bool is_file = std::holds_alternative<http::FileRange>(pieces[i]);
    const More more = is_file || i + 1 < pieces.size() ? More::yes : More::no;
    if (!co_await send_bytes(parts.data(), parts.size(), more)) co_return false;
    parts.clear();
    if (is_file && !co_await send_file(std::get<http::FileRange>(pieces[i]))) co_return false;
  }
  if (parts.empty()) co_return true;
  co_return co_await send_bytes(parts.data(), parts.size(), More::no);
}

awaitable<bool> Connection::send_file(const http::FileRange& range) {
  auto offset = static_cast<off_t>(range.offset);
  std::uint64_t left = range.length;
  std::uint64_t turn = kTurn;
  while (left > 0) {
    const auto slice = static_cast<std::size_t>(std::min<std::uint64_t>(left, kSlice));
    const auto sent = ::sendfile(socket_.native_handle(), range.file->fd(), &offset, slice);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return false;
      if (!co_await wait_writable()) co_return false;
      turn = kTurn;
      continue;
    }
    if (sent == 0) {
      log::error("a file being sent is shorter than it was: {} bytes are missing", left);
      co_return false;
    }
    moved(static_cast<std::size_t>(sent));
    left -= static_cast<std::uint64_t>(sent);
    turn -= std::min<std::uint64_t>(turn, static_cast<std::uint64_t>(sent));
    if (turn == 0 && left > 0) {
      turn = kTurn;
      auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
    }
  }
  co_return true;
}

// The head is in out_. A stream that fails or is shorter than announced breaks the connection, so that the client sees
// it.
awaitable<bool> Connection::send_stream(http::StreamBody& body, bool chunked) {
  std::string_view head = out_;
  std::uint64_t sent = 0;
  char size_line[24];
  while (true) {
    Result<std::string_view> piece = co_await body.stream->read();
    if (!piece.ok()) {
      log::warn("a response broke off after {} bytes: {}", sent, piece.error().message());
      co_return false;
    }
    if (body.length && sent + piece->size() > *body.length) co_return false;
    iovec parts[4];
    std::size_t count = 0;
    if (!head.empty()) parts[count++] = part_of(std::exchange(head, {}));
    if (piece->empty()) {
      if (chunked) parts[count++] = part_of("0\r\n\r\n");
      if (count > 0 && !co_await send_bytes(parts, count, More::no)) co_return false;
      co_return !body.length || sent == *body.length;
    }
    if (chunked) {
      char* end = std::to_chars(size_line, size_line + 16, piece->size(), 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      parts[count++] = part_of({size_line, static_cast<std::size_t>(end - size_line)});
    }
    parts[count++] = part_of(*piece);
    if (chunked) parts[count++] = part_of("\r\n");
    if (!co_await send_bytes(parts, count, More::no)) co_return false;
    sent += piece->size();
  }
}

awaitable<bool> Connection::send_refusal(int status, std::string_view reason) {
  return send(host_->refusal(status, reason));
}

}  // namespace cumulet::net
