#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace cumulet::net {

// Carries TCP connections on: what is accepted on a listening socket is connected to a host and port, and bytes go both
// ways until both ends have finished. Everything on the executor, which must be serial.
class Relay {
 public:
  // host: an IP address or a name, looked up for each connection.
  Relay(boost::asio::any_io_executor executor, std::string host, std::uint16_t port);

  // Takes the listening socket (IPv4); until the handle is let go, on any thread. Its connections go on until they end.
  // At most 256 at a time for a socket: further ones wait.
  std::shared_ptr<void> serve(int listening_socket) const;

 private:
  boost::asio::any_io_executor executor_;
  std::string host_;
  std::uint16_t port_;
};

}  // namespace cumulet::net
