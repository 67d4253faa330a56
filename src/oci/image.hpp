#pragma once
#include <string>
#include <string_view>

#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/registry.hpp"

// An image of the registry as somebody wants to run it.
namespace cumulet::oci {

// An index names one image for each platform. AWS Lambda takes none.
enum class Indexes { refused, resolved };

struct Image {
  Digest digest;  // of the manifest: of an index the one that was chosen
  Manifest manifest;
  ImageConfig config;
};

// What the registry has but nobody can run here, beside the codes of errors.hpp (NAME_UNKNOWN, MANIFEST_UNKNOWN).
inline constexpr ErrorKind kIndexRefused{"IndexRefused", 400};
inline constexpr ErrorKind kMediaTypeUnknown{"MediaTypeUnknown", 400};  // of manifest, configuration or a layer
inline constexpr ErrorKind kNoPlatform{"NoPlatform", 400};              // an index without the architecture
inline constexpr ErrorKind kBrokenImage{"BrokenImage", 400};            // the message says what is wrong

// The image that a tag or a digest names. `architecture` ("amd64") chooses from an index. Blocking.
Result<Image> find_image(Registry& registry, const std::string& region, const std::string& repository,
                         const std::string& reference, Indexes indexes, std::string_view architecture);

}  // namespace cumulet::oci
