#include <arpa/inet.h>

#include "base/header_field.hpp"
#include "fuzz/fuzz.hpp"
#include "gateway/sites.hpp"
#include "services/s3/cors.hpp"

using namespace cumulet;

namespace {

// What may be let in without being named, told in another way than the program does: an address or localhost.
bool is_of_this_machine(std::string host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    in6_addr address{};
    return end != host.npos && ::inet_pton(AF_INET6, host.substr(1, end - 1).c_str(), &address) == 1;
  }
  host = host.substr(0, host.find(':'));
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return true;
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (host.ends_with('.')) host.pop_back();
  return host == "localhost" || host.ends_with(".localhost");
}

std::string_view take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  return line;
}

}  // namespace

// Lines: Host, Origin, Access-Control-Request-Headers; then a CORS configuration. No page but one of this machine is
// let in by its Host or Origin, and what a rule answers stays on its line.
CUMULET_FUZZ(bytes) {
  const std::string host(take_line(bytes)), origin(take_line(bytes)), headers(take_line(bytes));
  for (const auto& value : {host, origin, headers})
    if (!http::is_field_value(value)) return;  // the server lets nothing else in
  static const gateway::AllowedHosts hosts;
  const bool is_allowed = hosts.allow(host);
  if (is_allowed) CUMULET_HOLDS(is_of_this_machine(host));

  http::RequestHead head;
  head.method = "PUT";
  head.target = "/b/k";
  head.headers.add("Host", host);
  head.headers.add("Origin", origin);
  if (is_allowed && !origin.empty() && !gateway::foreign_page(head, gateway::Effect::acts)) {
    const auto begin = origin.find("://");
    CUMULET_HOLDS(begin != origin.npos);
    const std::string from = origin.substr(begin + 3);
    in_addr address{};
    const bool is_address = ::inet_pton(AF_INET, from.substr(0, from.find(':')).c_str(), &address) == 1;
    CUMULET_HOLDS(iequals(from, host) || (is_of_this_machine(from) && (!is_address || from.starts_with("127."))));
  }

  const s3::CorsQuestion question{origin, "PUT", s3::requested_headers(headers)};
  const auto configuration = s3::parse_cors(bytes);
  if (!configuration.ok()) return;
  if (const auto* rule = s3::matching_rule(*configuration, question))
    for (const auto& [name, value] : s3::cors_headers(*rule, question)) CUMULET_HOLDS(http::is_field_value(value));
}
