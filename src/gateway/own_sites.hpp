#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "gateway/sites.hpp"

// The engine's own sites: plain HTTP beside AWS, below "/_cumulet/", and below "/v2/", where every registry of images
// lies. No bucket can be called so: names have three characters at least, and no underscores.
namespace cumulet::gateway {

// By which door a request came in: the port, or the way into the engine that each function has. Nothing that a request
// says tells it.
enum class Door { port, function };

// Who may ask, beyond what Host and Origin say of every request.
enum class SiteFor {
  anyone,   // it tells nothing, or has a secret of its own
  callers,  // a known key must ask where unknown ones are refused
  people,   // never a function; and where unknown keys are refused, the root's key must ask (browsers are asked for it)
};

// One request at a site. Lives until its handler has ended.
struct SiteRequest {
  const http::RequestHead& head;
  http::BodyStream& body;
  // What lies below the prefix, still encoded, with the prefix's '/' in front: "/assets/a.js". Empty for an exact one.
  std::string_view path;
  Door door = Door::port;
};

// Any method, bodies streaming both ways. Runs on the server's executor; must not block. Exceptions become 500.
using SiteHandler = std::function<awaitable<http::Response>(const SiteRequest&)>;

// A prefix and who answers below it.
struct Site {
  // "/_cumulet/chat/", "/v2/": all below it, the longest prefix wins; without the last '/' it leads there (308). One
  // that does not end in '/' is that one path alone.
  std::string prefix;
  SiteHandler handle;
  SiteFor visitors = SiteFor::callers;
  // What GET and HEAD do there; other methods always act. Decides whether a link on another site may lead there.
  Effect gets = Effect::reads;
  // What a presigned URL for this one site may be signed for, beside "cumulet", five minutes at most: a browser's stream
  // (EventSource) sets no headers, and its address may be seen. Empty: nothing else.
  std::string presigned_for = {};
  // Requests at work at once; over it 503. Of all sites together far fewer than the connections there may be, for they
  // may wait as long as they like.
  std::size_t most_at_once = 256;
};

// A site of one page: rendered at once, GET and HEAD only. `path`: an exact one, or one ending in '/' for the pages
// that lie directly in it (404 for what lies deeper).
Site page(std::string path, std::function<http::Response(const http::RequestHead&)> render,
          SiteFor visitors = SiteFor::callers);

// Text for people: what a site answers instead of its own when it cannot be asked.
http::Response site_refusal(int status, std::string_view why);

// Whether a request of that path may be a site's.
bool is_place_for_sites(std::string_view raw_path);

class OwnSites {
 public:
  // Throws std::logic_error when a prefix is in no place for sites or comes twice.
  explicit OwnSites(std::vector<Site> sites);

  struct Place {
    Site site;
    std::size_t at_work = 0;  // requests; on the server's executor
  };
  struct Found {
    Place* place;
    std::string_view path;     // SiteRequest::path
    bool lacks_slash = false;  // the prefix was asked for without its last '/'
  };
  // `raw_path`: as it came; nothing is decoded, so that a prefix has one spelling alone.
  std::optional<Found> find(std::string_view raw_path) const;

 private:
  std::vector<std::unique_ptr<Place>> places_;  // the longest prefix first
};

}  // namespace cumulet::gateway
