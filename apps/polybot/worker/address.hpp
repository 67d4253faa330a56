#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// Which addresses a stranger's link may lead to: those of the public internet, and what the configuration allows.
namespace cumulet::polybot {

struct Address {
  sockaddr_storage socket{};
  socklen_t size = 0;
  std::string text() const;  // "93.184.216.34", "2606:2800::1"
};

// "10.1.0.0/16", "127.0.0.1", "fd00::/8".
class Network {
 public:
  // Error: sdk::kBadConfiguration.
  static Result<Network> parse(std::string_view text);
  static Network of(const Address& address);  // it alone
  bool contains(const Address& address) const;

 private:
  unsigned char bytes_[16] = {};  // v4 as v4-mapped v6
  int prefix_ = 128;
};
// With commas between; empty: none.
Result<std::vector<Network>> parse_networks(std::string_view text);

// False for private, loopback, link-local (the metadata address is one), shared (CGNAT), multicast, documentation,
// unspecified and other special-purpose addresses, and for those on public ranges that clouds serve their own machines
// under (Azure's 168.63.129.16), also where they are wrapped in v6 (v4-mapped, NAT64's well-known prefix, 6to4, ISATAP;
// Teredo is refused whole). A network's own NAT64 prefix looks like any other address and is not seen through.
// https://www.iana.org/assignments/iana-ipv4-special-registry, .../iana-ipv6-special-registry
// https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
bool is_public(const Address& address);

// Of this machine's interfaces: a service that listens on a public one may take whoever comes from it for a friend.
std::vector<Network> own_addresses();
// What is in `allowed`, else what is public and not in `own`.
bool is_permitted(const Address& address, const std::vector<Network>& allowed, const std::vector<Network>& own = {});
// The ports at which videos are commonly served; others only of what is in `allowed`.
bool is_permitted_port(const Address& address, std::string_view port, const std::vector<Network>& allowed);

// By the system's resolver, any number form of an address included ("0x7f.1"). Empty: no such name.
std::vector<Address> resolve(const std::string& host, const std::string& port);

// Of an http(s) URL: host without brackets, port. Empty host: not understood.
struct HostAndPort {
  std::string host, port;
};
HostAndPort host_of(std::string_view url);

}  // namespace cumulet::polybot
