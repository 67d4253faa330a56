#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "oci/registry.hpp"
#include "oci/route.hpp"

// The distribution API as tools speak it, all below "/v2/".
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
//
// Paths name no region: a login's token does (Tokens), and without one it is the default region. So that tools send
// what they have, "/v2/" itself asks for a token of whoever comes without (401, "Bearer"); where anybody may ask, the
// token for nobody's login is given too, and all other paths do without.
// https://distribution.github.io/distribution/spec/auth/token/
namespace cumulet::oci {

// What an access key's id and secret are, sent as name and password.
enum class Login { unknown, wrong, right };

struct DoorKeeper {
  bool lets_anybody_in = true;  // also without a login, and with keys that nobody knows
  std::string account;
  std::string default_region = "us-east-1";
  std::function<Login(std::string_view access_key_id, std::string_view secret)> check;
};

class Distribution {
 public:
  Distribution(Registry& registry, DoorKeeper keeper) : registry_(registry), keeper_(std::move(keeper)) {}

  // Never fails; runs on the server's executor and does not block.
  awaitable<http::Response> handle(const http::RequestHead& head, http::BodyStream& body);

  struct Call;

 private:
  using Answer = awaitable<Result<http::Response>>;
  // The region that the request is for. UNAUTHORIZED. A token may stand in the query: ECR's download URLs.
  Result<std::string> admit(const Call& call) const;
  Answer answer(Call& call);
  Result<http::Response> base(const Call& call) const;
  Result<http::Response> token(const Call& call) const;
  Answer catalog(Call& call);
  Answer blob(Call& call);
  Answer delete_blob(Call& call);
  Answer begin_upload(Call& call);
  Answer upload(Call& call);
  Answer manifest(Call& call);
  Answer get_manifest(Call& call);
  Answer put_manifest(Call& call);
  Answer delete_manifest(Call& call);
  Answer tags(Call& call);
  Answer referrers(Call& call);
  awaitable<Result<Repository>> repository(const Call& call);
  // NAME_UNKNOWN, or a challenge where a login might show another region's repository.
  awaitable<Result<http::Response>> challenged(const Call& call, Error error);

  Registry& registry_;
  DoorKeeper keeper_;
  std::size_t manifests_arriving_ = 0;
};

}  // namespace cumulet::oci
