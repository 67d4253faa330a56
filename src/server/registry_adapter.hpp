#pragma once
#include "aws/auth/sigv4.hpp"
#include "oci/distribution.hpp"
#include "server/services.hpp"

// How the registry of images stands in the engine.
namespace cumulet::server {

oci::Dependencies registry_dependencies(const Ground& ground);

// Who may push and pull: those who have logged in with ECR's token or with an access key; where unknown keys are let
// in, anybody. `keys` must outlive it.
oci::DoorKeeper door_keeper(const Config& config, const auth::KeyDirectory& keys);

}  // namespace cumulet::server
