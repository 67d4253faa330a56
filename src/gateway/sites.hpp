#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"

// Whom the engine answers in a browser. A browser on this machine reaches loopback for every page it shows, and what
// everybody knows (the key "test", the port 4566) protects nothing: a page elsewhere can sign with it. Two checks hold:
// the Host says that the browser means this engine (a page cannot choose it; DNS rebinding shows the page's own name
// there), the Origin says whose page asks. Pure; no signature exempts from them.
// https://developer.mozilla.org/docs/Web/HTTP/Headers/Origin, https://www.w3.org/TR/fetch-metadata/
namespace cumulet::gateway {

// The names that may stand in a request's Host (or in an absolute-form target, which replaces it).
class AllowedHosts {
 public:
  // `names`: further ones, each with all below it ("engine.lan" and "BUCKET.engine.lan").
  explicit AllowedHosts(std::vector<std::string> names = {}) : names_(std::move(names)) {}

  // IP literals (v6 in brackets), "localhost" and all below it, and the names given; with or without a port. False for
  // a missing or malformed one. Nothing that the public DNS resolves is allowed by itself, be it as common as
  // localhost.localstack.cloud: whoever answers for that name, its owner or the network we are in, may serve a page
  // under it and then lead it to loopback. For "localhost" browsers ask no DNS, and an IP literal cannot be rebound.
  bool allow(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

// Whether it could be allowed as a name: labels of letters, digits, '-' and '_' with dots between, no port.
bool is_host_name(std::string_view text);

// What a request could do if it were let in: a page cannot see what a GET answers it, but what acts has acted.
enum class Effect { reads, acts };

// The origin of the page of another site that is behind a request ("https://example.com"; "null" when the browser
// hides it). nullopt: no page (SDKs, curl, an address that somebody typed in or followed to read), or a page of this
// machine: of localhost or a loopback address on any port. Those are let in because developers' own pages are there,
// and whoever can serve a page on this machine can reach the engine without a browser. "null", which stands for files
// and sandboxed frames, is never ours.
std::optional<std::string> foreign_page(const http::RequestHead& head, Effect effect);

// An object that a browser shows as a document would run its scripts in the engine's own origin, as the engine's own
// page: it is given an origin of its own instead (Content-Security-Policy: sandbox). Other clients' answers stay as
// AWS's are.
void shield_document(const http::RequestHead& head, http::Response& response);

}  // namespace cumulet::gateway
