#include "chat/page.hpp"

#include <algorithm>

#include "chat/page_api.hpp"
#include "chat/page_assets.hpp"

namespace cumulet::chat {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

http::Response plain(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = http::Body(std::move(text));
  return response;
}

// A member of a comma-separated list, whatever its parameters, but not refused by "q=0".
bool lists(std::string_view header, std::string_view wanted) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view one = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    const std::string_view name = one.substr(0, one.find_first_of("; "));
    if (http::iequals(name, wanted) && one.find("q=0") == one.npos) return true;
    if (name == "*" && wanted.starts_with('"')) return true;
  }
  return false;
}

}  // namespace

http::Response page_response(const http::RequestHead& head) {
  if (!has_loopback_host(head.headers)) return plain(403, "This page is served to 127.0.0.1 and localhost only.\n");
  if (head.method != "GET" && head.method != "HEAD") return plain(405, "Method not allowed\n");
  const auto assets = page_assets();
  const auto asset = std::ranges::find(assets, head.raw_path(), &PageAsset::path);
  if (asset == assets.end()) return plain(404, "Not found\n");

  http::Response response;
  response.headers.add("Content-Type", std::string(asset->content_type));
  response.headers.add("ETag", std::string(asset->etag));
  response.headers.add("Cache-Control", asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.add("Content-Security-Policy", std::string(kPolicy));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Referrer-Policy", "no-referrer");
  if (!asset->gzip.empty()) response.headers.add("Vary", "Accept-Encoding");
  if (lists(head.headers.get_or("If-None-Match", ""), asset->etag)) {
    response.status = 304;
    return response;
  }
  const bool compressed = !asset->gzip.empty() && lists(head.headers.get_or("Accept-Encoding", ""), "gzip");
  if (compressed) response.headers.add("Content-Encoding", "gzip");
  const std::string_view bytes = compressed ? asset->gzip : asset->bytes;
  if (head.method == "HEAD") {
    response.announced_length = bytes.size();
  } else {
    response.body = http::Body(std::string(bytes));
  }
  return response;
}

}  // namespace cumulet::chat
