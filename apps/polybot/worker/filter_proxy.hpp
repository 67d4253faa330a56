#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "apps/polybot/worker/address.hpp"
#include "base/time.hpp"

namespace cumulet::polybot {

struct ProxyLimits {
  std::vector<Network> allowed;  // beside public addresses; at any port
  std::vector<Network> own = own_addresses();
  std::uint64_t most_bytes = UINT64_MAX;  // from all servers together
  std::size_t most_connections = 64;      // at the same time
  Seconds idle{60};                       // a connection without a byte is closed
};

// A forward proxy (CONNECT, and absolute-form HTTP/1.1) on a loopback port for as long as it lives. It resolves each
// host itself, refuses addresses and ports that are not permitted, and connects to the very address it has checked:
// neither a redirect nor a name that resolves differently the second time leads elsewhere. Refusals are answered with
// 403.
class FilterProxy {
 public:
  static Result<std::unique_ptr<FilterProxy>> start(ProxyLimits limits);
  ~FilterProxy();
  FilterProxy(const FilterProxy&) = delete;
  FilterProxy& operator=(const FilterProxy&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  bool refused_an_address() const { return refused_; }
  bool refused_a_port() const { return refused_port_; }
  bool reached_the_limit() const { return received_ > limits_.most_bytes; }

 private:
  FilterProxy(ProxyLimits limits, int listener, int port);
  struct Connection {
    std::thread thread;
    std::atomic<bool> done = false;
  };
  void accept_all();
  void serve(int client);
  // A connected socket, or the status to answer.
  struct Dialled {
    int socket = -1;
    int status = 0;
  };
  Dialled dial(const HostAndPort& target);
  void relay(int client, int server);
  bool wait(int fd, short events) const;
  bool send_all(int fd, std::string_view bytes) const;

  const ProxyLimits limits_;
  int listener_;
  int port_;
  std::atomic<bool> stopping_ = false, refused_ = false, refused_port_ = false;
  std::atomic<std::uint64_t> received_ = 0;
  std::thread acceptor_;
};

// The request line and fields a client sent, as the server is to get them: origin form, without what is meant for a
// proxy, to be closed after its answer. Empty target: refused.
struct ProxyRequest {
  bool is_tunnel = false;
  HostAndPort target;
  std::string head;  // for the server; empty for a tunnel
};
ProxyRequest read_proxy_request(std::string_view head);

}  // namespace cumulet::polybot
