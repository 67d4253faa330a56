#include "web/application.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace cumulet::web {
namespace {

// Of scripts and styles stands in front where they may come from.
constexpr std::string_view kPolicy =
    "; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

// A policy knows paths only behind a host. It has no form for the brackets of IPv6 addresses: there the whole origin
// it is.
std::string own_source(const http::RequestHead& head, std::string_view prefix) {
  const std::string_view host = head.headers.get_or("host", "");
  const bool can_be_named =
      prefix != "/" && !host.empty() &&
      host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:") == host.npos;
  return can_be_named ? std::string(host) + std::string(prefix) : std::string("'self'");
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Calls `look` with each member of a comma-separated list until it says true.
template <class Look>
bool any_of_list(std::string_view list, Look look) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view member = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (!member.empty() && look(member)) return true;
  }
  return false;
}

// "gzip", "gzip;q=0.5"; "gzip;q=0" and "q=0.000" refuse it.
bool takes_gzip(std::string_view accepted) {
  return any_of_list(accepted, [](std::string_view member) {
    const auto semicolon = std::min(member.find(';'), member.size());
    if (!iequals(trimmed(member.substr(0, semicolon)), "gzip")) return false;
    const std::string_view weight = trimmed(member.substr(std::min(semicolon + 1, member.size())));
    const bool is_weighed = weight.starts_with("q=") || weight.starts_with("Q=");
    return !is_weighed || weight.find_first_of("123456789") != weight.npos;
  });
}

// The compressed form is another representation, with a tag of its own.
std::string tag_of(const Asset& asset, bool is_compressed) {
  std::string tag(asset.etag);
  if (is_compressed) tag.insert(tag.size() - 1, "-gz");
  return tag;
}

bool is_known(std::string_view if_none_match, std::string_view tag) {
  return any_of_list(if_none_match, [tag](std::string_view member) {
    if (member == "*") return true;
    if (member.starts_with("W/")) member.remove_prefix(2);
    return member == tag;
  });
}

// Whether a path may be a place within an application: text between slashes, nothing in it that some reader of paths
// would take for a way out, and no name of a file at its end.
bool is_place(std::string_view raw_path) {
  const auto path = percent_decode(raw_path);
  if (!path || !path->starts_with('/') || !is_valid_utf8(*path)) return false;
  std::string_view rest = *path;
  for (const char c : rest)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\') return false;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(part.size());
    if (part == "." || part == "..") return false;
    if (rest.empty() && part.find('.') != part.npos) return false;
  }
  return true;
}

}  // namespace

void Application::add_guards(const http::RequestHead& head, http::Headers& headers) const {
  const std::string own = own_source(head, prefix_);
  headers.add("Content-Security-Policy", "default-src 'none'; script-src " + own + "; style-src " + own +
                                             "; font-src " + own + std::string(kPolicy));
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("Referrer-Policy", "no-referrer");
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Cross-Origin-Resource-Policy", "same-origin");
}

http::Response Application::refusal(const http::RequestHead& head, int status, std::string_view text) const {
  http::Response response;
  response.status = status;
  add_guards(head, response.headers);
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.body = http::Body(std::string(text));
  return response;
}

const Asset* Application::find(std::string_view path) const {
  const auto exact = std::ranges::find(assets_, path, &Asset::path);
  if (exact != assets_.end()) return &*exact;
  if (routes_ == Routes::in_hash || !is_place(path)) return nullptr;
  const auto index = std::ranges::find(assets_, std::string_view("/"), &Asset::path);
  return index == assets_.end() ? nullptr : &*index;
}

http::Response Application::answer(const http::RequestHead& head, std::string_view path) const {
  if (head.method != "GET" && head.method != "HEAD") {
    http::Response response = refusal(head, 405, "Method not allowed\n");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  const Asset* asset = find(path);
  if (asset == nullptr) return refusal(head, 404, "Not found\n");

  http::Response response;
  const bool is_compressed = !asset->gzip.empty() && takes_gzip(head.headers.get_or("accept-encoding", ""));
  const std::string tag = tag_of(*asset, is_compressed);
  add_guards(head, response.headers);
  response.headers.add("Content-Type", std::string(asset->content_type));
  response.headers.add("ETag", tag);
  response.headers.add("Cache-Control", asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset->gzip.empty()) response.headers.add("Vary", "Accept-Encoding");
  if (is_known(head.headers.get_or("if-none-match", ""), tag)) {
    response.status = 304;
    return response;
  }
  if (is_compressed) response.headers.add("Content-Encoding", "gzip");
  const std::string_view bytes = is_compressed ? asset->gzip : asset->bytes;
  if (head.method == "HEAD") {
    response.announced_length = bytes.size();
  } else {
    response.body = http::Body(std::string(bytes));
  }
  return response;
}

}  // namespace cumulet::web
