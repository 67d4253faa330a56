#include "oci/image.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "oci/errors.hpp"

namespace cumulet::oci {
namespace {

constexpr auto kConfigTypes = std::to_array<std::string_view>(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"});
constexpr auto kLayerTypes = std::to_array<std::string_view>(
    {"application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip",
     "application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.docker.image.rootfs.diff.tar",
     "application/vnd.docker.image.rootfs.diff.tar.gzip"});

template <class Types>
bool is_one_of(const Types& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

Result<std::string> read_blob(Registry& registry, const std::string& region, const std::string& repository,
                              const Descriptor& blob, std::size_t most) {
  if (blob.size > most)
    return Error{kBrokenImage, "its configuration is larger than " + std::to_string(most) + " bytes"};
  CUMULET_TRY(const std::vector<http::FileRange> pieces, registry.open_blob(region, repository, blob.digest));
  std::string out;
  for (const http::FileRange& piece : pieces) {
    const std::size_t begin = out.size();
    out.resize(begin + piece.length);
    for (std::size_t read = 0; read < piece.length;) {
      const ssize_t n = ::pread(piece.file->fd(), out.data() + begin + read, piece.length - read,
                                static_cast<off_t>(piece.offset + read));
      if (n <= 0) return Error{kBrokenImage, "its configuration cannot be read"};
      read += static_cast<std::size_t>(n);
    }
  }
  if (Digest::of(out) != blob.digest) return Error{kBrokenImage, "its configuration is damaged"};
  return out;
}

// Attestations stand in an index beside the images, for the platform "unknown/unknown".
const Descriptor* choose(const Manifest& index, std::string_view architecture) {
  for (const Descriptor& one : index.manifests)
    if (one.platform && one.platform->os == "linux" && one.platform->architecture == architecture) return &one;
  return nullptr;
}

}  // namespace

Result<Image> find_image(Registry& registry, const std::string& region, const std::string& repository,
                         const std::string& reference, Indexes indexes, std::string_view architecture) {
  CUMULET_TRY(StoredManifest stored, registry.pull(region, repository, reference));
  Image image;
  CUMULET_TRY(image.manifest, parse_manifest(stored.bytes, stored.media_type));
  if (image.manifest.is_index) {
    if (indexes == Indexes::refused) return Error{kIndexRefused, "it is an index of images"};
    const Descriptor* const chosen = choose(image.manifest, architecture);
    if (chosen == nullptr) return Error{kNoPlatform, "the index names no image for linux/" + std::string(architecture)};
    CUMULET_TRY(stored, registry.pull(region, repository, std::string(chosen->digest.text())));
    CUMULET_TRY(image.manifest, parse_manifest(stored.bytes, stored.media_type));
    if (image.manifest.is_index) return Error{kBrokenImage, "it is an index of indexes"};
  }
  image.digest = stored.digest;
  if (!is_one_of(kConfigTypes, image.manifest.config->media_type))
    return Error{kMediaTypeUnknown, "its configuration has the type " + image.manifest.config->media_type};
  for (const Descriptor& layer : image.manifest.layers)
    if (layer.is_foreign || !is_one_of(kLayerTypes, layer.media_type))
      return Error{kMediaTypeUnknown, "a layer has the type " + layer.media_type};
  CUMULET_TRY(const std::string config,
              read_blob(registry, region, repository, *image.manifest.config, kLargestConfig));
  auto parsed = parse_image_config(config);
  if (!parsed.ok()) return Error{kBrokenImage, parsed.error().message()};
  image.config = std::move(*parsed);
  if (image.config.platform.os != "linux") return Error{kBrokenImage, "it is made for " + image.config.platform.os};
  if (image.config.diff_ids.size() != image.manifest.layers.size())
    return Error{kBrokenImage, "its configuration tells of " + std::to_string(image.config.diff_ids.size()) +
                                   " layers and its manifest of " + std::to_string(image.manifest.layers.size())};
  return image;
}

}  // namespace cumulet::oci
