#include "gateway/site_visits.hpp"

#include <boost/asio/this_coro.hpp>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "gateway/answer.hpp"
#include "gateway/page_check.hpp"

namespace cumulet::gateway {

namespace asio = boost::asio;

std::optional<http::Response> SiteVisits::turn_away(const Site& site, const http::RequestHead& head,
                                                    const auth::Signing& signing, Door door) const {
  if (const auto known = check_host(hosts_, head, wire::Protocol::rest_json); !known.ok())
    return site_refusal(403, known.error().message());
  const bool is_get = head.method == "GET" || head.method == "HEAD";
  if (foreign_page(head, is_get ? site.gets : Effect::acts)) return site_refusal(403, "Not for pages of other sites.");
  if (site.visitors == SiteFor::people && door == Door::function) return site_refusal(403, "Not for functions.");
  if (site.visitors == SiteFor::anyone || unknown_ == UnknownKeys::are_root) return std::nullopt;
  const auto key = key_of_visitor(head, signing, keys_, clock_.now(), site.presigned_for);
  if (site.visitors == SiteFor::callers && !key)
    return site_refusal(
        403, "This page needs a known key: sign for the service \"cumulet\", or send id and secret by HTTP Basic.");
  if (site.visitors == SiteFor::people && !(key && key->is_root)) {
    http::Response refusal =
        site_refusal(401, "This site needs the root's key: its id as the name, its secret as the password.");
    refusal.headers.add("WWW-Authenticate", "Basic realm=\"Cumulet\", charset=\"UTF-8\"");
    return refusal;
  }
  return std::nullopt;
}

awaitable<http::Response> SiteVisits::visit(OwnSites::Found found, const http::RequestHead& head,
                                            const auth::Signing& signing, http::BodyStream& body, Door door) const {
  const Site& site = found.place->site;
  const std::string request_id = uuid4();
  http::Response response;
  Part place(found.place->at_work);
  if (auto refusal = turn_away(site, head, signing, door)) {
    response = std::move(*refusal);
  } else if (found.lacks_slash) {
    response = site_refusal(308, "It is at " + site.prefix);
    const std::string_view query = std::string_view(head.target).substr(head.raw_path().size());
    response.headers.add("Location", site.prefix + std::string(query));
  } else if (!place.grow(1, site.most_at_once)) {
    response = site_refusal(503, "Too many requests are being worked on. Please try again.");
  } else {
    const SiteRequest request{head, body, found.path, door};
    std::string failure;
    try {
      response = co_await site.handle(request);
    } catch (const std::exception& exception) {
      failure = exception.what();
    }
    if (!failure.empty()) {
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) {
        response.close = true;  // nobody is there to read it
        co_return response;
      }
      log::error("request {} failed unexpectedly: {} {}: {}", request_id, head.method, site.prefix, failure);
      response = site_refusal(500, kInternalErrorText);
    }
  }
  response.headers.add("x-amzn-RequestId", request_id);
  co_return response;
}

}  // namespace cumulet::gateway
