#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "oci/digest.hpp"

// Manifests and indexes as tools push them. Pure.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md, image-index.md;
// https://distribution.github.io/distribution/spec/manifest-v2-2/
namespace cumulet::oci {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

inline constexpr std::size_t kLargestManifest = 4u << 20;  // bytes; ECR's limit too
inline constexpr std::size_t kMostDescriptors = 1000;      // layers of a manifest, manifests of an index

struct Platform {
  std::string os, architecture, variant;
};

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform;
  // Layers that their owner lets nobody hand on (Windows' own) are fetched by the URLs beside them and never pushed.
  bool is_foreign = false;
};

struct Manifest {
  std::string media_type;
  bool is_index = false;
  std::optional<Descriptor> config;   // of a manifest
  std::vector<Descriptor> layers;     // of a manifest
  std::vector<Descriptor> manifests;  // of an index
  std::optional<Descriptor> subject;
  std::string artifact_type;  // artifactType, else the config's media type; empty for an index without
  std::string annotations;    // JSON object; empty: none
};

// `content_type`: what it was sent with, parameters and all; empty: none. Errors: MANIFEST_INVALID, which says what is
// wrong: no JSON, a type that is none of the four or contradicts itself (an index that has layers would be two images,
// according to who reads it: CVE-2021-41190), malformed descriptors, too many of them.
Result<Manifest> parse_manifest(std::string_view text, std::string_view content_type);

}  // namespace cumulet::oci
