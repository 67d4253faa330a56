#include "fuzz/fuzz.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "services/ecr/lifecycle_policy.hpp"

using namespace cumulet;

// The JSON documents of a registry: manifests and indexes, images' configurations, lifecycle policies.
CUMULET_FUZZ(bytes) {
  for (const std::string_view type : {std::string_view(), oci::kOciManifest, oci::kOciIndex}) {
    const auto manifest = oci::parse_manifest(bytes, type);
    if (!manifest.ok()) continue;
    CUMULET_HOLDS(type.empty() || manifest->media_type == type);
    // One reading: an index has no layers, a manifest names no others.
    CUMULET_HOLDS(manifest->is_index ? manifest->layers.empty() && !manifest->config : manifest->manifests.empty());
    CUMULET_HOLDS(manifest->layers.size() <= oci::kMostDescriptors &&
                  manifest->manifests.size() <= oci::kMostDescriptors);
    for (const auto* list : {&manifest->layers, &manifest->manifests})
      for (const oci::Descriptor& one : *list) CUMULET_HOLDS(oci::Digest::parse(one.digest.text()).has_value());
  }
  if (const auto config = oci::parse_image_config(bytes); config.ok())
    for (const auto* list : {&config->environment, &config->entrypoint, &config->command})
      for (const std::string& word : *list) CUMULET_HOLDS(word.find('\0') == word.npos);
  if (const auto policy = ecr::parse_lifecycle_policy(bytes); policy.ok()) {
    const std::vector<ecr::AgingImage> images{{"a", {"v1"}, from_millis(0), false}, {"b", {}, from_millis(1), false}};
    CUMULET_HOLDS(ecr::expired(*policy, images, from_millis(1'000'000'000'000)).size() <= images.size());
  }
}
