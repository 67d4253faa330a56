#include "gateway/page_check.hpp"

namespace cumulet::gateway {
namespace {

// Whether that page may see the answer. No rules: it may not.
Result<http::Headers> ask_rules(const Call& call, std::string_view origin) {
  static constexpr ErrorKind kNoRules{"AccessForbidden", 403};
  const wire::ServiceDescriptor* service = call.service();
  if (service == nullptr || !service->page_rules) return Error{kNoRules, "Nothing here is for pages of other sites."};
  return service->page_rules(call.head, call.identity.raw_path, origin);
}

}  // namespace

Result<void> check_host(const AllowedHosts& hosts, const http::RequestHead& head, wire::Protocol protocol) {
  const std::string_view host = head.headers.get_or("host", "");
  if (hosts.allow(host)) return {};
  return denied(protocol, "This engine does not go by the name '" + std::string(host.substr(0, 200)) +
                              "', and a browser could be led here by it. If it is yours: cumulet up --allow-host "
                              "NAME.");
}

Result<void> check_page(Call& call) {
  const wire::Protocol protocol = call.identity.protocol;
  const bool is_rest = protocol == wire::Protocol::rest_xml || protocol == wire::Protocol::rest_json;
  const bool only_reads = is_rest && (call.head.method == "GET" || call.head.method == "HEAD");
  const auto page = foreign_page(call.head, only_reads ? Effect::reads : Effect::acts);
  if (call.identity.is_preflight) return {};  // answered by the rules themselves
  const auto origin = call.head.headers.get("origin");
  if (!page && !origin) return {};
  Result<http::Headers> allowed = ask_rules(call, page ? std::string_view(*page) : *origin);
  if (allowed.ok() && origin) call.for_page = std::move(allowed).value();
  if (!page || allowed.ok()) return {};
  return denied(protocol,
                "Access Denied: a page of " + page->substr(0, 200) +
                    " asks. Pages of other sites reach what its owner has opened to them (a bucket, by its CORS "
                    "configuration), nothing else.");
}

Result<http::Response> answer_preflight(Call& call) {
  CUMULET_TRY(call.for_page, ask_rules(call, call.head.headers.get_or("origin", "")));
  return http::Response{};
}

}  // namespace cumulet::gateway
