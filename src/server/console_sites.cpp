#include "server/console_sites.hpp"

#include <algorithm>

#include "aws/auth/digest.hpp"
#include "base/arn.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "console/assets.hpp"
#include "server/config.hpp"
#include "web/application.hpp"

namespace cumulet::server {
namespace {

constexpr Seconds kSessionLifetime = std::chrono::hours(1);    // renewed by the page
constexpr Seconds kSignedInLifetime = std::chrono::hours(12);  // as GetSessionToken gives
constexpr Seconds kCodeLifetime = std::chrono::minutes(5);
constexpr std::size_t kMostCodes = 16;
constexpr std::size_t kMostSessions = 256;  // older ones end: whoever asks in a loop fills no memory
constexpr std::size_t kLongestBody = 4096;

http::Response answer(int status, const json::object& body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = http::Body(json::text(body) + "\n");
  return response;
}

http::Response refusal(int status, std::string_view code, std::string_view message) {
  return answer(status, {{"error", json::object{{"code", code}, {"message", message}}}});
}

http::Response only_post() {
  http::Response response = refusal(405, "MethodNotAllowed", "This is asked for by POST.");
  response.headers.add("Allow", "POST");
  return response;
}

// Pages of localhost on other ports may call the AWS APIs, but are handed no keys. Programs send no Origin.
bool is_from_another_page(const http::RequestHead& head) {
  const std::string_view site = head.headers.get_or("sec-fetch-site", "same-origin");
  if (site != "same-origin" && site != "none") return true;
  const auto origin = head.headers.get("origin");
  if (!origin) return false;
  const auto authority = origin->find("://");
  return authority == origin->npos ||
         !iequals(std::string_view(*origin).substr(authority + 3), head.headers.get_or("host", ""));
}

// nullopt: longer than any honest one.
awaitable<std::optional<std::string>> short_body(http::BodyStream& body) {
  std::string text;
  for (;;) {
    const Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return std::nullopt;
    if (piece->empty()) co_return text;
    if (text.size() + piece->size() > kLongestBody) co_return std::nullopt;
    text += *piece;
  }
}

}  // namespace

std::vector<gateway::Site> ConsoleSites::sites(Services& services) {
  services_ = &services;
  gateway::Site files;
  files.prefix = web::kConsolePrefix;
  files.handle = [page = web::Application(console::console(), web::Routes::in_hash, web::kConsolePrefix)](
                     const gateway::SiteRequest& request) -> awaitable<http::Response> {
    co_return page.answer(request.head, request.path);
  };
  files.visitors = gateway::SiteFor::anyone;  // it holds nothing; without a session its page can only ask for one

  gateway::Site session_site;
  session_site.prefix = kSessionPath;
  session_site.handle = [this](const gateway::SiteRequest& request) -> awaitable<http::Response> {
    if (request.head.method != "POST") co_return only_post();
    const std::optional<std::string> body = co_await short_body(request.body);
    if (!body) co_return refusal(400, "InvalidParameter", "The body is a short JSON object.");
    co_return session(request, *body);
  };
  session_site.visitors = gateway::SiteFor::anyone;  // looks for itself
  session_site.gets = gateway::Effect::acts;
  session_site.most_at_once = 16;

  gateway::Site link_site;
  link_site.prefix = kSignInLinkPath;
  link_site.handle = [this](const gateway::SiteRequest& request) -> awaitable<http::Response> {
    co_return sign_in_link(request);
  };
  link_site.visitors = gateway::SiteFor::people;
  link_site.gets = gateway::Effect::acts;
  link_site.most_at_once = 16;
  return {std::move(files), std::move(session_site), std::move(link_site)};
}

// {} -> a session where one is had for the asking; {"code": "..."} -> one for a code, which holds once.
http::Response ConsoleSites::session(const gateway::SiteRequest& request, std::string_view body) {
  if (request.door == gateway::Door::function) return refusal(403, "AccessDenied", "Not for functions.");
  if (is_from_another_page(request.head)) return refusal(403, "AccessDenied", "Not for pages of other sites.");
  std::string code;
  if (!body.empty()) {
    const auto parsed = json::parse(body);
    if (!parsed.ok() || !parsed->is_object())
      return refusal(400, "InvalidParameter", "The body is a JSON object: {} or {\"code\": \"...\"}.");
    code = json::text_at(*parsed, "code");
  }
  if (!code.empty()) {
    if (!take_code(code))
      return refusal(
          401, "SignInRequired",
          "This link was used already, or is older than five minutes. `cumulet console` prints another one.");
    return mint(*services_);
  }
  if (sessions_ == Sessions::by_code || !is_loopback(request.head.peer_address))
    return refusal(401, "SignInRequired", "Sign in: by an access key, or by the link that `cumulet console` prints.");
  return mint(*services_);
}

// For `cumulet console`, which signs with the root's key.
http::Response ConsoleSites::sign_in_link(const gateway::SiteRequest& request) {
  if (request.head.method != "POST") return only_post();
  if (codes_.size() == kMostCodes) codes_.pop_front();
  codes_.push_back({random_hex(64, random_), clock_.steady() + kCodeLifetime});
  return answer(200, {{"code", codes_.back().text}, {"seconds", kCodeLifetime.count()}});
}

bool ConsoleSites::take_code(std::string_view text) {
  const TimePoint now = clock_.steady();
  std::erase_if(codes_, [now](const Code& code) { return code.expires <= now; });
  const auto found =
      std::ranges::find_if(codes_, [text](const Code& code) { return auth::constant_time_equal(code.text, text); });
  if (found == codes_.end()) return false;
  codes_.erase(found);
  return true;
}

http::Response ConsoleSites::mint(Services& services) {
  if (minted_.size() == kMostSessions) {
    services.revoke_short_key(minted_.front());
    minted_.pop_front();
  }
  const Services::ShortKey key =
      services.mint_short_key(sessions_ == Sessions::by_code ? kSignedInLifetime : kSessionLifetime);
  minted_.push_back(key.credentials.access_key_id);
  return answer(200, {{"accessKeyId", key.credentials.access_key_id},
                      {"secretAccessKey", key.credentials.secret_access_key},
                      {"sessionToken", key.credentials.session_token},
                      {"expiration", iso8601(key.expires)},
                      {"account", kAccountId},
                      {"region", default_region_}});
}

}  // namespace cumulet::server
