#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"

namespace cumulet::sdk {

// The Runtime API's side of a function: HTTP/1.1 over one kept TCP connection, blocking, nothing more than that API
// needs. (libcurl would cost a small function 30 shared libraries at start.) Not thread-safe.
class RuntimeConnection {
 public:
  struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;
  };

  // `address`: "host:port", the value of AWS_LAMBDA_RUNTIME_API. While waiting for an answer, `wake_fd` (-1: none)
  // becoming readable ends the exchange with kInterrupted.
  RuntimeConnection(std::string address, int wake_fd);
  ~RuntimeConnection();
  RuntimeConnection(const RuntimeConnection&) = delete;
  RuntimeConnection& operator=(const RuntimeConnection&) = delete;

  enum class Waits { forever, through_wake };  // through_wake: an answer is awaited even when woken
  using Fields = std::span<const std::pair<std::string_view, std::string_view>>;
  Result<Answer> exchange(std::string_view method, std::string_view target, Fields headers, std::string_view body,
                          Waits waits);

 private:
  Result<void> connect();
  Result<void> send(std::string_view head, std::string_view body);
  Result<void> fill(Waits waits);  // at least one more byte into buffer_
  Result<std::string> take_line(Waits waits);
  Result<void> take_exactly(std::string& out, std::uint64_t size, Waits waits);
  Result<Answer> receive(Waits waits);
  void close();

  std::string address_;
  int wake_fd_;
  int fd_ = -1;
  std::string buffer_;
};

inline constexpr ErrorKind kInterrupted{"Interrupted", 0};
inline constexpr ErrorKind kRuntimeApiGone{"RuntimeApiGone", 0};

}  // namespace cumulet::sdk
