#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "oci/digest.hpp"
#include "oci/manifest.hpp"

// What an image says of itself: the blob that its manifest's "config" names. Pure.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
namespace cumulet::oci {

inline constexpr std::size_t kLargestConfig = 4u << 20;  // bytes
inline constexpr std::size_t kMostWords = 10'000;        // of a list

struct ImageConfig {
  Platform platform;
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<std::string> entrypoint, command;
  std::string working_folder;    // empty: the root
  std::string user;              // as it stands: "name", "1000:1000"; empty: none
  std::vector<Digest> diff_ids;  // of the layers, lowest first, each decompressed
};

// Errors: MANIFEST_INVALID, which says what is wrong.
Result<ImageConfig> parse_image_config(std::string_view text);

}  // namespace cumulet::oci
