#pragma once
#include <optional>

#include "aws/auth/sigv4.hpp"
#include "base/time.hpp"
#include "gateway/authenticate.hpp"
#include "gateway/own_sites.hpp"

namespace cumulet::gateway {

// Requests at the engine's own sites: who may ask, and what becomes of it. On the server's executor.
class SiteVisits {
 public:
  // Where unknown keys are the root's, sites for known keys are for everybody.
  SiteVisits(std::vector<Site> sites, const AllowedHosts& hosts, const auth::KeyDirectory& keys, const Clock& clock,
             UnknownKeys unknown)
      : sites_(std::move(sites)), hosts_(hosts), keys_(keys), clock_(clock), unknown_(unknown) {}

  std::optional<OwnSites::Found> find(std::string_view raw_path) const { return sites_.find(raw_path); }

  // Never fails: every outcome is a response.
  awaitable<http::Response> visit(OwnSites::Found found, const http::RequestHead& head, const auth::Signing& signing,
                                  http::BodyStream& body, Door door) const;

 private:
  // Why nobody may ask this of the site; nullopt: they may.
  std::optional<http::Response> turn_away(const Site& site, const http::RequestHead& head, const auth::Signing& signing,
                                          Door door) const;

  OwnSites sites_;
  const AllowedHosts& hosts_;
  const auth::KeyDirectory& keys_;
  const Clock& clock_;
  UnknownKeys unknown_;
};

}  // namespace cumulet::gateway
