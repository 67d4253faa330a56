#include "net/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace cumulet::net {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using View = boost::beast::string_view;

std::string_view view(View s) { return {s.data(), s.size()}; }

constexpr std::size_t kMostTrailers = 16;

// What the engine refuses beyond Beast's own checks.
enum class Refusal { none, target_too_long, doubled_length, bad_coding, doubled_host };

class Parser final : public beast::basic_parser<true> {
 public:
  explicit Parser(std::size_t target_bytes) : target_bytes_(target_bytes) {}

  http::RequestHead* head = nullptr;
  http::Headers trailers;
  std::string_view piece;
  Refusal refusal = Refusal::none;
  int http_version = 0;
  bool has_length = false;
  bool has_coding = false;
  bool has_host = false;
  bool expects_continue = false;

 private:
  void refuse(Refusal why, error_code& ec) {
    refusal = why;
    ec = beast::error::bad_value;
  }

  void on_request_impl(beast::verb, View method, View target, int version, error_code& ec) override {
    http_version = version;
    if (target.size() > target_bytes_) return refuse(Refusal::target_too_long, ec);
    head->method.assign(method.data(), method.size());
    head->target.assign(target.data(), target.size());
  }
  void on_response_impl(int, View, int, error_code&) override {}

  void on_field_impl(beast::field field, View name, View value, error_code& ec) override {
    if (head == nullptr) {  // a trailer: never joins the head
      if (trailers.size() < kMostTrailers) trailers.add(std::string(view(name)), std::string(view(value)));
      return;
    }
    switch (field) {
      case beast::field::content_length:
        if (has_length || has_coding || value.find(',') != View::npos) return refuse(Refusal::doubled_length, ec);
        has_length = true;
        break;
      case beast::field::transfer_encoding:
        if (has_length) return refuse(Refusal::doubled_length, ec);
        if (has_coding || !iequals(view(value), "chunked")) return refuse(Refusal::bad_coding, ec);
        has_coding = true;
        break;
      case beast::field::host:
        if (has_host) return refuse(Refusal::doubled_host, ec);
        has_host = true;
        break;
      case beast::field::expect:
        // Others are passed over, as S3 does and RFC 9110 (10.1.1) allows.
        if (iequals(view(value), "100-continue")) expects_continue = true;
        break;
      default: break;
    }
    head->headers.add(std::string(view(name)), std::string(view(value)));
  }
  void on_header_impl(error_code&) override { head = nullptr; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View body, error_code&) override {
    piece = view(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code&) override {
    piece = view(body);
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  std::size_t target_bytes_;
};

std::pair<int, std::string_view> answer_to(Refusal refusal, const error_code& ec) {
  switch (refusal) {
    case Refusal::target_too_long: return {414, "The request target is too long"};
    case Refusal::doubled_length: return {400, "Content-Length is given twice or beside Transfer-Encoding"};
    case Refusal::bad_coding: return {400, "The only transfer coding understood is chunked"};
    case Refusal::doubled_host: return {400, "Host is given twice"};
    case Refusal::none: break;
  }
  if (ec == beast::error::header_limit) return {431, "The header is too large"};
  if (ec == beast::error::body_limit) return {413, "The body is too large"};
  if (ec == beast::error::bad_version) return {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return {400, "The request is malformed"};
}

// "http://host/path" -> "/path"; the authority replaces Host (RFC 9112, 3.2.2). False for what is neither that nor a
// path nor the "*" of OPTIONS: another reader could take "host/path" or "http:///path" for something else than we do.
// User information in the authority is an error (RFC 9110, 4.2.4): it makes one host look like another.
bool to_origin_form(http::RequestHead& head) {
  const std::string_view target = head.target;
  if (target.starts_with('/')) return true;
  if (target == "*") return head.method == "OPTIONS";
  const auto scheme_end = target.find("://");
  const std::string_view scheme = target.substr(0, scheme_end);
  if (scheme_end == target.npos || !(iequals(scheme, "http") || iequals(scheme, "https"))) return false;
  const auto begin = scheme_end + 3;
  const auto path = target.find_first_of("/?", begin);
  const std::string_view authority = target.substr(begin, path == target.npos ? path : path - begin);
  if (authority.empty() || authority.find('@') != authority.npos) return false;
  std::string origin = path == target.npos ? "/" : std::string(target.substr(path));
  if (origin.front() == '?') origin.insert(0, "/");
  head.headers.set("Host", std::string(authority));
  head.target = std::move(origin);
  return true;
}

// A field that goes on in a second line (RFC 9112, 5.2): whoever reads the second line by itself sees another field.
bool has_folded_line(std::string_view head) {
  for (auto at = head.find('\n'); at != head.npos && at + 1 < head.size(); at = head.find('\n', at + 1))
    if (head[at + 1] == ' ' || head[at + 1] == '\t') return true;
  return false;
}

}  // namespace

struct RequestParser::Impl {
  std::optional<Parser> parser;
  Limits limits{};
  std::uint64_t body_bytes = 0;  // received of a chunked body
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

void RequestParser::start(const Limits& limits) {
  impl_->limits = limits;
  impl_->body_bytes = 0;
  Parser& parser = impl_->parser.emplace(limits.target_bytes);
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(limits.body_bytes);
  parser.eager(false);
  head_bytes_ = 0;
  status_ = 0;
  reason_ = {};
  expects_continue_ = is_http_1_0_ = body_done_ = chunked_ = false;
  body_left_ = 0;
}

const http::Headers& RequestParser::trailers() const { return impl_->parser->trailers; }

RequestParser::Outcome RequestParser::parse_head(std::string_view bytes, http::RequestHead& head) {
  Parser& parser = *impl_->parser;
  const auto give_up = [&](int status, std::string_view reason) {
    fail(status, reason);
    return Outcome::failed;
  };
  parser.head = &head;
  while (true) {
    error_code ec;
    const auto rest = bytes.substr(head_bytes_);
    head_bytes_ += parser.put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
    if (ec == beast::error::need_more) {
      if (bytes.size() - head_bytes_ <= impl_->limits.header_bytes && bytes.size() <= impl_->limits.header_bytes)
        return Outcome::need_more;
      return bytes.find('\n') == bytes.npos ? give_up(414, "The request target is too long")
                                            : give_up(431, "The header is too large");
    }
    if (ec == beast::error::header_limit && bytes.find('\n') == bytes.npos)
      return give_up(414, "The request target is too long");
    if (ec) {
      const auto [status, reason] = answer_to(parser.refusal, ec);
      return give_up(status, reason);
    }
    if (parser.is_header_done()) break;
  }

  is_http_1_0_ = parser.http_version == 10;
  if (parser.http_version != 10 && parser.http_version != 11)
    return give_up(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (!is_http_1_0_ && !parser.has_host) return give_up(400, "Host is missing");
  if (is_http_1_0_ && parser.has_coding) return give_up(400, "HTTP/1.0 has no transfer codings");
  if (has_folded_line(bytes.substr(0, head_bytes_))) return give_up(400, "A field is folded over two lines");
  if (!to_origin_form(head)) return give_up(400, "The request target is malformed");
  head.keep_alive = parser.keep_alive();
  head.chunked = chunked_ = parser.has_coding;
  head.content_length.reset();
  if (parser.has_length) {
    body_left_ = parser.content_length().value_or(0);
    head.content_length = body_left_;
  }
  if (body_left_ > impl_->limits.body_bytes) return give_up(413, "The body is too large");
  expects_continue_ = parser.expects_continue && !is_http_1_0_;
  body_done_ = !chunked_ && body_left_ == 0;
  return Outcome::complete;
}

std::size_t RequestParser::parse_body(std::string_view bytes, std::string_view& piece) {
  piece = {};
  if (body_done_ || body_failed()) return 0;
  if (!chunked_) {
    piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size())));
    body_left_ -= piece.size();
    body_done_ = body_left_ == 0;
    return piece.size();
  }
  Parser& parser = *impl_->parser;
  std::size_t taken = 0;
  // "0\r\n\r\n" is the shortest end, and as much follows any data: Beast asserts that it sees the last chunk's first
  // five bytes at once.
  constexpr std::size_t kLastChunk = 5;
  while (piece.empty() && bytes.size() - taken >= kLastChunk) {
    error_code ec;
    parser.piece = {};
    const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), ec);
    taken += used;
    piece = parser.piece;
    impl_->body_bytes += piece.size();
    if (ec == beast::error::need_more) break;
    if (ec) {
      const auto [status, reason] = answer_to(parser.refusal, ec);
      fail(status, reason);
      break;
    }
    if (impl_->body_bytes > impl_->limits.body_bytes) {
      fail(413, "The body is too large");
      break;
    }
    if (parser.is_done()) {
      body_done_ = true;
      break;
    }
    if (used == 0) break;
  }
  return taken;
}

}  // namespace cumulet::net
