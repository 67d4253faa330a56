#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::oci {

// What a path below "/v2/" names.
struct Route {
  enum class To { base, token, catalog, blob, uploads, upload, manifest, tags, referrers };
  To to = To::base;
  std::string repository;
  std::string reference;  // digest, tag or upload id, decoded
};
// nullopt: nothing that this API has. Pure.
std::optional<Route> route_of(std::string_view raw_path);

}  // namespace cumulet::oci
