#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.hpp"

namespace cumulet::oci {

// What the distribution API takes in its paths:
// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/...)*, at most 255 characters.
bool is_repository_name(std::string_view text);
// [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
bool is_tag(std::string_view text);

// How an image is named outside of its registry: HOST/NAME, with ":TAG", "@DIGEST" or both. Without either the tag is
// "latest", as everywhere.
struct ImageName {
  std::string host;  // "127.0.0.1:4566"
  std::string repository;
  std::string tag;                    // empty with a digest
  Digest digest;                      // empty: by tag
  std::optional<std::string> region;  // that an AWS host names: ACCOUNT.dkr.ecr.REGION.amazonaws.com
  std::string account;                // the same; else empty
};
// nullopt: no such name.
std::optional<ImageName> parse_image_name(std::string_view text);

}  // namespace cumulet::oci
