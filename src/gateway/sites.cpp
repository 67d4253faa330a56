#include "gateway/sites.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace cumulet::gateway {
namespace {

bool is_address(int family, std::string_view text) {
  char terminated[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof terminated) return false;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, terminated, bytes) == 1;
}

// The host of "HOST[:PORT]", brackets kept; nullopt when it is no such thing. Whatever else could stand in an authority
// (user information, escapes) is sent by nobody honest.
std::optional<std::string_view> host_of(std::string_view authority) {
  const auto end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  const bool is_v6 = authority.starts_with('[');
  if (is_v6 && end == authority.npos) return std::nullopt;
  const std::string_view host = authority.substr(0, is_v6 ? end + 1 : end);
  std::string_view port = authority.substr(host.size());
  if (!port.empty()) {
    if (port.front() != ':' || port.size() > 6) return std::nullopt;
    port.remove_prefix(1);
    if (!std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  }
  if (is_v6 ? !is_address(AF_INET6, host.substr(1, host.size() - 2)) : !is_host_name(host)) return std::nullopt;
  return host;
}

bool is_or_is_below(std::string_view host, std::string_view name) {
  if (host.size() <= name.size()) return iequals(host, name);
  const auto front = host.size() - name.size();
  return host[front - 1] == '.' && iequals(host.substr(front), name);
}

// The authority of "http://HOST:PORT", as an Origin has it.
std::optional<std::string_view> authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  return std::nullopt;
}

// `own_host`: the Host of the request, which was found to be this engine.
bool is_own_origin(std::string_view origin, std::string_view own_host) {
  const auto authority = authority_of(origin);
  if (!authority) return false;
  const auto host = host_of(*authority);
  if (!host) return false;
  if (iequals(*authority, own_host)) return true;
  return is_or_is_below(*host, "localhost") || *host == "[::1]" ||
         (host->starts_with("127.") && is_address(AF_INET, *host));
}

// "https://example.com/a/b" -> "https://example.com".
std::string_view origin_of_url(std::string_view url) {
  const auto authority = authority_of(url);
  if (!authority) return {};
  return url.substr(0, url.size() - authority->size() + std::min(authority->find_first_of("/?#"), authority->size()));
}

// Types that no browser runs anything of.
bool is_passive(std::string_view type) {
  type = type.substr(0, type.find_first_of("; "));
  if (type.find("xml") != type.npos) return false;  // image/svg+xml too
  for (const std::string_view family : {"image/", "video/", "audio/", "font/"})
    if (type.starts_with(family)) return true;
  static constexpr std::array<std::string_view, 7> kPassive = {
      "text/plain",      "text/csv",         "application/json",        "application/pdf",
      "application/zip", "application/gzip", "application/octet-stream"};
  return type == "binary/octet-stream" || std::find(kPassive.begin(), kPassive.end(), type) != kPassive.end();
}

// What a browser loads into a window or a frame. Those that say nothing of it ask for HTML.
bool loads_document(const http::Headers& headers) {
  if (const auto destination = headers.get("sec-fetch-dest")) {
    for (const std::string_view shown : {"document", "iframe", "frame", "embed", "object"})
      if (*destination == shown) return true;
    return false;
  }
  return headers.get_or("accept", "").find("text/html") != std::string_view::npos;
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  char before = '.';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '.' ? before == '.' : !(u < 0x80 && std::isalnum(u)) && c != '-' && c != '_') return false;
    before = c;
  }
  return before != '.';
}

bool AllowedHosts::allow(std::string_view authority) const {
  const auto host = host_of(authority);
  if (!host) return false;
  if (host->starts_with('[') || is_or_is_below(*host, "localhost") || is_address(AF_INET, *host)) return true;
  return std::any_of(names_.begin(), names_.end(),
                     [&](const std::string& name) { return is_or_is_below(*host, name); });
}

std::optional<std::string> foreign_page(const http::RequestHead& head, Effect effect) {
  const std::string_view own_host = head.headers.get_or("host", "");
  bool has_origin = false;
  for (const auto& [name, value] : head.headers) {
    if (!iequals(name, "origin")) continue;
    if (!is_own_origin(value, own_host)) return value;
    has_origin = true;
  }
  if (has_origin) return std::nullopt;

  // Images, scripts, links and old forms send no Origin; the browser says whether another site is behind them.
  const std::string_view site = head.headers.get_or("sec-fetch-site", "");
  if (site != "cross-site" && site != "same-site") return std::nullopt;
  // Somebody followed a link: the page that had it sees nothing of what comes.
  if (effect == Effect::reads && head.headers.get_or("sec-fetch-mode", "") == "navigate") return std::nullopt;
  const std::string_view page = origin_of_url(head.headers.get_or("referer", ""));
  if (is_own_origin(page, own_host)) return std::nullopt;
  return page.empty() ? std::string("null") : std::string(page);
}

void shield_document(const http::RequestHead& head, http::Response& response) {
  if (is_passive(response.headers.get_or("content-type", "")) || !loads_document(head.headers)) return;
  response.headers.add("Content-Security-Policy",
                       "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts");
  response.headers.add("X-Content-Type-Options", "nosniff");
}

}  // namespace cumulet::gateway
