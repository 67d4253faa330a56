#include "gateway/own_sites.hpp"

#include <algorithm>
#include <stdexcept>

namespace cumulet::gateway {
namespace {

constexpr std::string_view kRoots[] = {"/_cumulet/", "/v2/"};

}  // namespace

bool is_place_for_sites(std::string_view raw_path) {
  return std::any_of(std::begin(kRoots), std::end(kRoots), [&](std::string_view root) {
    return raw_path.starts_with(root) || raw_path == root.substr(0, root.size() - 1);
  });
}

http::Response site_refusal(int status, std::string_view why) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = http::Body(std::string(why) + '\n');
  return response;
}

Site page(std::string path, std::function<http::Response(const http::RequestHead&)> render, SiteFor visitors) {
  SiteHandler handle = [render = std::move(render)](const SiteRequest& request) -> awaitable<http::Response> {
    if (request.head.method != "GET" && request.head.method != "HEAD") {
      http::Response response;
      response.status = 405;
      response.headers.add("Allow", "GET, HEAD");
      co_return response;
    }
    if (request.path.find('/', 1) != std::string_view::npos) co_return site_refusal(404, "Not found.");
    co_return render(request.head);
  };
  return Site{std::move(path), std::move(handle), visitors};
}

OwnSites::OwnSites(std::vector<Site> sites) {
  for (Site& site : sites) {
    if (!is_place_for_sites(site.prefix) || site.prefix == kRoots[0])
      throw std::logic_error("a site must lie below /_cumulet/, or at /v2/: " + site.prefix);
    places_.push_back(std::make_unique<Place>(Place{std::move(site)}));
  }
  std::sort(places_.begin(), places_.end(), [](const auto& a, const auto& b) {
    return a->site.prefix.size() != b->site.prefix.size() ? a->site.prefix.size() > b->site.prefix.size()
                                                          : a->site.prefix < b->site.prefix;
  });
  const auto twice = std::adjacent_find(places_.begin(), places_.end(),
                                        [](const auto& a, const auto& b) { return a->site.prefix == b->site.prefix; });
  if (twice != places_.end()) throw std::logic_error("two sites at " + (*twice)->site.prefix);
}

std::optional<OwnSites::Found> OwnSites::find(std::string_view raw_path) const {
  for (const auto& place : places_) {
    const std::string_view prefix = place->site.prefix;
    if (!prefix.ends_with('/')) {
      if (raw_path == prefix) return Found{place.get(), {}};
      continue;
    }
    if (raw_path.starts_with(prefix)) return Found{place.get(), raw_path.substr(prefix.size() - 1)};
    if (raw_path == prefix.substr(0, prefix.size() - 1)) return Found{place.get(), {}, true};
  }
  return std::nullopt;
}

}  // namespace cumulet::gateway
