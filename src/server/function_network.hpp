#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "runtime/inside_network.hpp"

// What functions reach. Each has a network of its own in which 127.0.0.1 is not this machine's.
namespace cumulet::server {

// A service of this machine's network that functions reach as 127.0.0.1:port.
struct FunctionHost {
  std::string host;  // an IP address or a name
  std::uint16_t port = 0;
};
// "HOST:PORT", "[::1]:PORT"; Error: a sentence that says what is wrong.
Result<FunctionHost> parse_function_host(std::string_view text);

// engine: this engine and FunctionHosts, nothing else. outside: other machines too, but never this one's own services.
enum class FunctionNetwork { engine, outside };

// `engine`: the engine's own door, at the port it listens on.
runtime::InsideNetwork inside_network(FunctionNetwork network, const std::vector<FunctionHost>& hosts,
                                      runtime::InsideService engine, boost::asio::any_io_executor io);

}  // namespace cumulet::server
