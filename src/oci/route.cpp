#include "oci/route.hpp"

#include <utility>

#include "base/encoding.hpp"

namespace cumulet::oci {

std::optional<Route> route_of(std::string_view path) {
  if (!path.starts_with("/v2")) return std::nullopt;
  path.remove_prefix(3);
  if (path.empty() || path == "/") return Route{Route::To::base, {}, {}};
  path.remove_prefix(1);
  if (path == "token") return Route{Route::To::token, {}, {}};
  if (path == "_catalog") return Route{Route::To::catalog, {}, {}};
  const auto cut = [&](std::string_view end) -> std::optional<std::string> {
    if (!path.ends_with(end) || path.size() == end.size()) return std::nullopt;
    return percent_decode(path.substr(0, path.size() - end.size()));
  };
  for (const std::string_view end : {"/blobs/uploads/", "/blobs/uploads"})
    if (auto name = cut(end)) return Route{Route::To::uploads, std::move(*name), {}};
  if (auto name = cut("/tags/list")) return Route{Route::To::tags, std::move(*name), {}};
  const auto slash = path.rfind('/');
  if (slash == path.npos) return std::nullopt;
  auto reference = percent_decode(path.substr(slash + 1));
  if (!reference) return std::nullopt;
  path = path.substr(0, slash);
  static constexpr std::pair<std::string_view, Route::To> kKinds[] = {{"/blobs/uploads", Route::To::upload},
                                                                      {"/blobs", Route::To::blob},
                                                                      {"/manifests", Route::To::manifest},
                                                                      {"/referrers", Route::To::referrers}};
  for (const auto& [end, to] : kKinds)
    if (auto name = cut(end)) return Route{to, std::move(*name), std::move(*reference)};
  return std::nullopt;
}

}  // namespace cumulet::oci
