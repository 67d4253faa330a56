#include "aws/auth/canonical.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/encoding.hpp"

namespace cumulet::auth {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  std::size_t at = 0;
  while (at < path.size()) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto segment = path.substr(at, end - at);
    at = end + 1;
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (const auto segment : kept) {
    out += '/';
    out += segment;
  }
  const bool folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  if (out.empty() || (folder && path.ends_with('/'))) out += '/';
  return out;
}

// Encodes what may be encoded already: "%2F" and "/" in, "%2F" out; a stray "%" becomes "%25".
std::string encoded_once(std::string_view text, std::string_view keep) {
  const auto decoded = percent_decode(text);
  return percent_encode(decoded ? std::string_view(*decoded) : text, keep);
}

// S3 keeps "%2F" inside a key apart from "/": each segment is decoded and encoded by itself.
std::string s3_path(std::string_view path) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const auto end = std::min(path.find('/', at), path.size());
    out += encoded_once(path.substr(at, end - at), {});
    if (end == path.size()) return out;
    out += '/';
    at = end + 1;
  }
}

}  // namespace

std::string canonical_path(std::string_view raw_path, PathStyle style) {
  if (raw_path.empty()) return "/";
  if (style == PathStyle::s3) return s3_path(raw_path);
  return percent_encode(without_dot_segments(raw_path), "/");
}

std::string canonical_query(std::string_view raw_query, std::string_view skip) {
  std::vector<std::pair<std::string, std::string>> parameters;
  std::size_t at = 0;
  while (at < raw_query.size()) {
    const auto end = std::min(raw_query.find('&', at), raw_query.size());
    const auto pair = raw_query.substr(at, end - at);
    at = end + 1;
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
    std::string name = encoded_once(pair.substr(0, equals), {});
    if (!skip.empty() && name == skip) continue;
    parameters.emplace_back(std::move(name), encoded_once(value, {}));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

void append_canonical_value(std::string& out, std::string_view value) {
  bool blank = false;
  const std::size_t start = out.size();
  for (const char c : value) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      blank = true;
      continue;
    }
    if (blank && out.size() > start) out += ' ';
    blank = false;
    out += c;
  }
}

std::string canonical_request(const http::RequestHead& head, std::string_view path, std::string_view query,
                              std::span<const std::string> signed_headers, std::string_view payload) {
  std::string out;
  out.reserve(512);
  out += head.method;
  out += '\n';
  out += path;
  out += '\n';
  out += query;
  out += '\n';
  for (const auto& name : signed_headers) {
    out += name;
    out += ':';
    bool first = true;
    for (const auto& [key, value] : head.headers) {
      if (!iequals(key, name)) continue;
      if (!first) out += ',';
      first = false;
      append_canonical_value(out, value);
    }
    out += '\n';
  }
  out += '\n';
  out += joined(signed_headers, ';');
  out += '\n';
  out += payload;
  return out;
}

std::string string_to_sign(std::string_view timestamp, std::string_view scope, std::string_view request) {
  std::string out(kAlgorithm);
  out += '\n';
  out += timestamp;
  out += '\n';
  out += scope;
  out += '\n';
  out += sha256_hex(request);
  return out;
}

Digest256 signing_key(std::string_view secret, const Scope& scope) {
  struct Entry {
    std::string secret;
    Scope scope;
    Digest256 key{};
  };
  static thread_local std::array<Entry, 64> cache;
  const auto hash = std::hash<std::string_view>{};
  const std::size_t slot =
      (hash(secret) ^ hash(scope.date) * 3 ^ hash(scope.region) * 5 ^ hash(scope.service) * 7) % cache.size();
  Entry& entry = cache[slot];
  if (!entry.scope.date.empty() && entry.secret == secret && entry.scope.date == scope.date &&
      entry.scope.region == scope.region && entry.scope.service == scope.service)
    return entry.key;
  const Digest256 date = hmac("AWS4" + std::string(secret), scope.date);
  const Digest256 region = hmac(view(date), scope.region);
  const Digest256 service = hmac(view(region), scope.service);
  entry = Entry{std::string(secret), scope, hmac(view(service), "aws4_request")};
  return entry.key;
}

std::string signature_of(const Digest256& key, std::string_view text) {
  return hex_encode(view(hmac(view(key), text)));
}

std::string joined(std::span<const std::string> names, char separator) {
  std::string out;
  for (const auto& name : names) {
    if (!out.empty()) out += separator;
    out += name;
  }
  return out;
}

}  // namespace cumulet::auth
