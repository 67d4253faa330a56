#include "server/registry_adapter.hpp"

#include "base/arn.hpp"
#include "base/sha256.hpp"
#include "server/data_folder.hpp"

namespace cumulet::server {

oci::Dependencies registry_dependencies(const Ground& ground) {
  return {ground.database,
          ground.data / kRegistryBlobs,
          !ground.config.is_ephemeral,
          ground.orphans,
          ground.clock,
          ground.timers,
          system_random(),
          ground.workers,
          {}};
}

oci::DoorKeeper door_keeper(const Config& config, const auth::KeyDirectory& keys) {
  oci::DoorKeeper keeper;
  keeper.lets_anybody_in = !is_closed(config);
  keeper.account = kAccountId;
  keeper.check = [&keys](std::string_view access_key_id, std::string_view secret) {
    const auto key = keys.find(access_key_id);
    if (!key) return oci::Login::unknown;
    const bool is_theirs =
        key->credentials.session_token.empty() && constant_time_equal(key->credentials.secret_access_key, secret);
    return is_theirs ? oci::Login::right : oci::Login::wrong;
  };
  return keeper;
}

}  // namespace cumulet::server
