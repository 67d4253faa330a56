#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/http.hpp"

// For tests: an HTTP/1.1 server on a loopback port whose answers a function gives. Keep-alive, one thread a connection.
namespace cumulet::sdk {

class FakeHttpServer {
 public:
  struct Received {
    std::string method, target, body;
    http::Headers headers;
    int connection = 0;  // counts from 0
  };
  struct Reply {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    bool chunked = false;
    // Closes after so many bytes of the body, although all were announced.
    std::size_t cut_after = std::string::npos;
    bool close_after = false;   // closes, without having said so
    bool close_before = false;  // closes without any answer
  };
  // Called on the connections' threads, one call at a time. It may block: wait for a promise, say.
  using Respond = std::function<Reply(const Received&)>;

  explicit FakeHttpServer(Respond respond);
  ~FakeHttpServer();

  std::string address() const;  // "127.0.0.1:12345"
  std::string url() const { return "http://" + address(); }
  std::vector<Received> received() const;

 private:
  void accept_all();
  void serve(int fd, int number);

  Respond respond_;
  mutable std::mutex mutex_, respond_mutex_;
  std::vector<Received> received_;
  std::vector<std::thread> threads_;
  std::vector<int> open_;
  int listener_ = -1;
  bool stopping_ = false;
  std::thread acceptor_;
};

}  // namespace cumulet::sdk
