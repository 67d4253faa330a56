#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "events/feed.hpp"

// The feed over HTTP: a page of it as JSON, or all that comes as server-sent events.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
namespace cumulet::readapi {

// "invocation,logLine"; empty: all kinds.
class KindFilter {
 public:
  explicit KindFilter(std::string_view list);
  Result<void> check() const;  // kInvalidParameter: there is no such kind
  bool wants(const events::Record& record) const;

 private:
  std::vector<std::string> kinds_;
};

// {"events": [{"sequence", "time", "kind", ...}], "next": N, "lost": N}; records of other kinds are no loss.
http::Response feed_page(const events::Feed::Page& page, const KindFilter& kinds);

// A stream that ends with the feed, or with its client. Its first event, "run", names this run of the engine, whose
// sequence numbers these are. `id:` is the sequence number; an event "lost" tells how many were; a comment comes every
// 15 seconds in which nothing else does.
http::Response event_stream(events::Feed& feed, std::uint64_t after, KindFilter kinds, std::string run);

std::optional<std::uint64_t> event_id(std::string_view text);

}  // namespace cumulet::readapi
