#include "apps/polybot/worker/address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "apps/polybot/common/job.hpp"
#include "base/http.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Bytes mapped(const unsigned char* v4) {
  Bytes out = kMapped;
  std::memcpy(out.data() + 12, v4, 4);
  return out;
}

// As v6; all zeros (which is never public) of another family.
Bytes bytes_of(const Address& address) {
  Bytes out{};
  if (address.socket.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.socket);
    return mapped(reinterpret_cast<const unsigned char*>(&v4.sin_addr));
  }
  if (address.socket.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.socket);
    std::memcpy(out.data(), &v6.sin6_addr, 16);
  }
  return out;
}

bool has_prefix(const unsigned char* bytes, const unsigned char* prefix, int bits) {
  const int whole = bits / 8, rest = bits % 8;
  if (std::memcmp(bytes, prefix, static_cast<std::size_t>(whole)) != 0) return false;
  return rest == 0 || (bytes[whole] >> (8 - rest)) == (prefix[whole] >> (8 - rest));
}

// The special-purpose ranges, and addresses out of the public ranges that a cloud serves its own machines under: what
// answers there takes whoever asks for a friend.
bool is_public_v4(const unsigned char* bytes) {
  struct Range {
    unsigned char first[4];
    int bits;
  };
  static constexpr Range kNotPublic[] = {
      {{0, 0, 0, 0}, 8},         // this network
      {{10, 0, 0, 0}, 8},        // private
      {{100, 64, 0, 0}, 10},     // shared (CGNAT); Alibaba's metadata
      {{127, 0, 0, 0}, 8},       // loopback
      {{169, 254, 0, 0}, 16},    // link-local; most clouds' metadata
      {{172, 16, 0, 0}, 12},     // private
      {{192, 0, 0, 0}, 24},      // protocol assignments; Oracle's metadata
      {{192, 0, 2, 0}, 24},      // documentation
      {{192, 31, 196, 0}, 24},   // AS112: names that should not have been asked for
      {{192, 52, 193, 0}, 24},   // automatic multicast tunnels
      {{192, 88, 99, 0}, 24},    // 6to4 relays
      {{192, 168, 0, 0}, 16},    // private
      {{192, 175, 48, 0}, 24},   // AS112
      {{198, 18, 0, 0}, 15},     // benchmarks
      {{198, 51, 100, 0}, 24},   // documentation
      {{203, 0, 113, 0}, 24},    // documentation
      {{224, 0, 0, 0}, 4},       // multicast
      {{240, 0, 0, 0}, 4},       // reserved, broadcast
      {{168, 63, 129, 16}, 32},  // Azure's platform: metadata, the machine's settings
      {{199, 36, 153, 0}, 24},   // Google's interfaces as machines inside its networks reach them
      {{161, 26, 0, 0}, 16},     // IBM's services for its own machines
      {{166, 8, 0, 0}, 14},      // IBM's as well
  };
  return std::none_of(std::begin(kNotPublic), std::end(kNotPublic),
                      [&](const Range& range) { return has_prefix(bytes, range.first, range.bits); });
}

bool any_contains(const std::vector<Network>& networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& one) { return one.contains(address); });
}

}  // namespace

std::string Address::text() const {
  char host[NI_MAXHOST] = {};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&socket), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) !=
      0)
    return "?";
  return host;
}

Result<Network> Network::parse(std::string_view text) {
  const Error wrong{sdk::kBadConfiguration,
                    "\"" + std::string(text) + "\" is no network (like 10.1.0.0/16 or fd00::/8)"};
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network out;
  unsigned char v4[4];
  int most = 128;
  if (::inet_pton(AF_INET, address.c_str(), v4) == 1) {
    const Bytes bytes = mapped(v4);
    std::memcpy(out.bytes_, bytes.data(), 16);
    most = 32;
  } else if (::inet_pton(AF_INET6, address.c_str(), out.bytes_) != 1) {
    return wrong;
  }
  int bits = most;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > most) return wrong;
  }
  out.prefix_ = bits + (128 - most);
  return out;
}

Network Network::of(const Address& address) {
  Network out;
  const Bytes bytes = bytes_of(address);
  std::memcpy(out.bytes_, bytes.data(), 16);
  return out;
}

bool Network::contains(const Address& address) const { return has_prefix(bytes_of(address).data(), bytes_, prefix_); }

Result<std::vector<Network>> parse_networks(std::string_view text) {
  std::vector<Network> out;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string word = trimmed(text.substr(0, comma));
    if (!word.empty()) {
      CUMULET_TRY(const auto network, Network::parse(word));
      out.push_back(network);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

bool is_public(const Address& address) {
  const Bytes bytes = bytes_of(address);
  if (has_prefix(bytes.data(), kMapped.data(), 96)) return is_public_v4(bytes.data() + 12);
  const auto begins = [&](std::initializer_list<unsigned char> first, int bits) {
    Bytes prefix{};
    std::copy(first.begin(), first.end(), prefix.begin());
    return has_prefix(bytes.data(), prefix.data(), bits);
  };
  if (begins({0x00, 0x64, 0xff, 0x9b}, 96)) return is_public_v4(bytes.data() + 12);  // NAT64
  if (begins({0x20, 0x02}, 16)) return is_public_v4(bytes.data() + 2);               // 6to4
  // ISATAP: a v4 address behind any prefix, in the interface's own half.
  if ((bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe &&
      !is_public_v4(bytes.data() + 12))
    return false;
  if (begins({0x20, 0x01, 0x00}, 23)) return false;                        // protocol assignments, Teredo, ORCHID
  if (begins({0x20, 0x01, 0x0d, 0xb8}, 32)) return false;                  // documentation
  if (begins({0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48)) return false;      // AS112
  if (begins({0x3f, 0xfe}, 16) || begins({0x3f, 0xff}, 20)) return false;  // 6bone of old, documentation
  // Global unicast is all in 2000::/3: without it are loopback, v4-compatible, local-use NAT64 (64:ff9b:1::/48),
  // discard, SRv6 (5f00::/16), unique local, link-local, site-local and multicast.
  return begins({0x20}, 3);
}

std::vector<Network> own_addresses() {
  std::vector<Network> out;
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return out;
  for (const ifaddrs* one = found; one; one = one->ifa_next) {
    if (!one->ifa_addr || (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6)) continue;
    Address address;
    address.size = one->ifa_addr->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&address.socket, one->ifa_addr, address.size);
    out.push_back(Network::of(address));
  }
  ::freeifaddrs(found);
  return out;
}

bool is_permitted(const Address& address, const std::vector<Network>& allowed, const std::vector<Network>& own) {
  return any_contains(allowed, address) || (is_public(address) && !any_contains(own, address));
}

bool is_permitted_port(const Address& address, std::string_view port, const std::vector<Network>& allowed) {
  static constexpr std::string_view kPorts[] = {"80", "443", "8000", "8008", "8080", "8081", "8443", "8888"};
  return std::find(std::begin(kPorts), std::end(kPorts), port) != std::end(kPorts) || any_contains(allowed, address);
}

std::vector<Address> resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<Address> out;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return out;
  for (const addrinfo* one = found; one && out.size() < 32; one = one->ai_next) {
    Address address;
    address.size = one->ai_addrlen;
    std::memcpy(&address.socket, one->ai_addr, one->ai_addrlen);
    out.push_back(address);
  }
  ::freeaddrinfo(found);
  return out;
}

HostAndPort host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  HostAndPort out;
  out.port = iequals(url.substr(0, scheme), "https") ? "443" : "80";
  auto authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  auto port = std::string_view::npos;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return {};
    out.host = authority.substr(1, close - 1);
    if (close + 1 < authority.size() && authority[close + 1] == ':') port = close + 1;
  } else {
    port = authority.find(':');
    out.host = authority.substr(0, port);
  }
  if (port != std::string_view::npos && port + 1 < authority.size()) out.port = authority.substr(port + 1);
  if (out.port.empty() || out.port.size() > 5 || out.port.find_first_not_of("0123456789") != std::string::npos)
    return {};
  if (out.host.find_first_of(" \t\r\n") != std::string::npos || out.host.find('\0') != std::string::npos) return {};
  return out;
}

}  // namespace cumulet::polybot
