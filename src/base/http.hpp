#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/awaitable.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

// HTTP vocabulary shared by the server (src/net), the codecs (src/aws/wire) and the services. No sockets here.
namespace cumulet::http {


// Header fields in arrival order; names compare case-insensitively.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces all of that name
  void erase(std::string_view name);
  // First value of that name; nullopt when absent.
  std::optional<std::string_view> get(std::string_view name) const;
  std::string_view get_or(std::string_view name, std::string_view fallback) const {
    return get(name).value_or(fallback);
  }
  bool has(std::string_view name) const { return get(name).has_value(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A request without its body, as received: `target` is the raw request target ("/b/a%20key?uploads"), still encoded.
struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  std::string peer_address;  // "127.0.0.1"
  bool keep_alive = true;
  std::optional<std::uint64_t> content_length;  // nullopt: chunked, or no body when !chunked
  bool chunked = false;

  std::string_view raw_path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string_view raw_query() const {
    const auto at = target.find('?');
    return at == std::string::npos ? std::string_view{} : std::string_view(target).substr(at + 1);
  }
};

// Pull-based byte stream: each read() gives the next piece (valid until the next call), an empty piece at the end.
// One read at a time. Errors are final. Read it from one coroutine.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  virtual awaitable<Result<std::string_view>> read() = 0;
};

// An open file that stays readable while anyone holds it, also after it was unlinked.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct FileRange {
  std::shared_ptr<OpenFile> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// A response body: pieces in memory or in files (sent by sendfile where the kernel allows), or a stream.
struct StreamBody {
  std::shared_ptr<BodyStream> stream;
  std::optional<std::uint64_t> length;  // nullopt: sent chunked
};
using Piece = std::variant<std::string, FileRange>;
struct Body {
  std::variant<std::vector<Piece>, StreamBody> content;

  Body() = default;
  Body(std::string text) {
    if (!text.empty()) std::get<0>(content).emplace_back(std::move(text));
  }
  Body(std::vector<Piece> pieces) : content(std::move(pieces)) {}
  Body(StreamBody stream) : content(std::move(stream)) {}
  std::optional<std::uint64_t> length() const;
};

struct Response {
  int status = 200;
  Headers headers;  // without Content-Length / Transfer-Encoding / Date / Connection: the server sets these
  Body body;
  // HEAD and 304: the Content-Length to announce without a body.
  std::optional<std::uint64_t> announced_length;
  bool close = false;  // close the connection after this answer
};

std::string_view reason_phrase(int status);

}  // namespace cumulet::http
