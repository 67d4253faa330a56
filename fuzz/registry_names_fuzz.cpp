#include "fuzz/fuzz.hpp"
#include "oci/names.hpp"
#include "oci/route.hpp"
#include "oci/tokens.hpp"

using namespace cumulet;

// Paths below /v2/, images' names, logins.
CUMULET_FUZZ(bytes) {
  const auto route = oci::route_of(bytes);
  if (route && oci::is_repository_name(route->repository))
    CUMULET_HOLDS(route->repository.find("..") == std::string::npos && route->repository.front() != '/');
  if (const auto image = oci::parse_image_name(bytes)) {
    CUMULET_HOLDS(oci::is_repository_name(image->repository));
    CUMULET_HOLDS(image->digest.empty() != image->tag.empty());
  }
  static const oci::Tokens tokens("secret");
  CUMULET_HOLDS(!tokens.read(bytes, from_millis(0)));
}
