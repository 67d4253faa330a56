#pragma once
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "gateway/own_sites.hpp"
#include "server/services.hpp"

namespace cumulet::server {

inline constexpr std::string_view kSessionPath = "/_cumulet/v1/session";
inline constexpr std::string_view kSignInLinkPath = "/_cumulet/v1/sign-in-link";

// Who may have a session of the console for the asking: on loopback without required authentication everybody is the
// account's root already; elsewhere one who has a code.
enum class Sessions { for_this_machine, by_code };

// The console: its files, and the short keys its page signs with. The root's secret never goes to a page.
// On the I/O thread, all of it.
class ConsoleSites {
 public:
  ConsoleSites(Sessions sessions, std::string default_region, const Clock& clock, Random& random)
      : sessions_(sessions), default_region_(std::move(default_region)), clock_(clock), random_(random) {}

  // For a gateway that does not outlive this. `services` mints.
  std::vector<gateway::Site> sites(Services& services);

 private:
  struct Code {
    std::string text;
    TimePoint expires;  // by the steady clock
  };

  http::Response session(const gateway::SiteRequest& request, std::string_view body);
  http::Response sign_in_link(const gateway::SiteRequest& request);
  http::Response mint(Services& services);
  bool take_code(std::string_view text);

  Sessions sessions_;
  std::string default_region_;
  const Clock& clock_;
  Random& random_;
  Services* services_ = nullptr;
  std::deque<Code> codes_;          // of links that nobody has opened yet; the oldest first
  std::deque<std::string> minted_;  // access key ids; the oldest first
};

}  // namespace cumulet::server
