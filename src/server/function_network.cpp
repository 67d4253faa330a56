#include "server/function_network.hpp"

#include <charconv>

#include "net/relay.hpp"
#include "server/config.hpp"

namespace cumulet::server {

Result<FunctionHost> parse_function_host(std::string_view text) {
  const auto bad = [&] {
    return Error{kBadConfig, "'" + std::string(text) + "' is not HOST:PORT, such as 127.0.0.1:8081"};
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return bad();
  FunctionHost out{std::string(host), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (host.empty() || error != std::errc{} || end != digits.data() + digits.size() || out.port == 0) return bad();
  return out;
}

runtime::InsideNetwork inside_network(FunctionNetwork network, const std::vector<FunctionHost>& hosts,
                                      runtime::InsideService engine, boost::asio::any_io_executor io) {
  runtime::InsideNetwork inside;
  if (network == FunctionNetwork::outside) inside.reach = process::NamespacesSpec::Reach::outside;
  const std::uint16_t engine_port = engine.port;
  inside.services.push_back(std::move(engine));
  for (const FunctionHost& host : hosts) {
    if (host.port == engine_port) continue;  // that name is taken inside
    const net::Relay relay(io, host.host, host.port);
    inside.services.push_back({host.port, [relay](int listening_socket) { return relay.serve(listening_socket); }});
  }
  return inside;
}

}  // namespace cumulet::server
