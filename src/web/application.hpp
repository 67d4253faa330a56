#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/http.hpp"

// Single-page applications that are built into the program: their files, served as a site of their own.
namespace cumulet::web {

// A file of an application (console/embed.mjs writes the units that hold them). Everything outlives the program's use.
struct Asset {
  std::string_view path;  // below the application's prefix: "/" for its index.html, else "/assets/index-1a2b3c.js"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;      // the same, compressed; empty where that is no gain
  std::string_view etag;      // quoted, of `bytes`
  bool is_immutable = false;  // named by its content: another content has another name
};

// Where an application notes what it shows. in_hash: behind the '#', which no server sees; a path that is no file of it
// is 404. in_path: a path without an extension in its last part that is no file of it is answered by its index.html.
enum class Routes { in_hash, in_path };

// Where the engine's console lies: its page is also shown at "/", and names its files below this.
inline constexpr std::string_view kConsolePrefix = "/_cumulet/console/";

// GET and HEAD of an application's files. All answers, refusals too, run under a policy that allows nothing but the
// application's own origin, no inline scripts or styles, and no page around it; none says where a link came from.
// Where others may put files into the same origin (objects in buckets), scripts and styles come from the application's
// own prefix alone.
// gzip where the client takes it; 304 by If-None-Match; hashed names are kept for good, everything else is asked for
// anew. Nothing of a path reaches a file system: what is looked up is a row of `assets`.
// https://www.w3.org/TR/CSP3/, RFC 9110 (8.8.3, 12.5.3, 13.1.2), RFC 8246
class Application {
 public:
  // `assets` must outlive it. `prefix`: what of its origin is the application's ("/_cumulet/console/"); "/": all.
  Application(std::span<const Asset> assets, Routes routes, std::string_view prefix = "/")
      : assets_(assets), routes_(routes), prefix_(prefix) {}

  // `path`: what lies below the prefix, as it came, with its '/' in front.
  http::Response answer(const http::RequestHead& head, std::string_view path) const;

 private:
  const Asset* find(std::string_view path) const;
  http::Response refusal(const http::RequestHead& head, int status, std::string_view text) const;
  void add_guards(const http::RequestHead& head, http::Headers& headers) const;

  std::span<const Asset> assets_;
  Routes routes_;
  std::string prefix_;
};

}  // namespace cumulet::web
