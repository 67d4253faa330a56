#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "archive/errors.hpp"
#include "base/result.hpp"

// Layers of container images: tar, as it is or compressed by gzip or zstd.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md
namespace cumulet::archive {

// Gives the archive's next bytes (valid until the next call), an empty piece at the end.
using ByteSource = std::function<Result<std::string_view>()>;

struct LayerLimits {
  Limits tree;
  std::uint64_t tar_bytes = 0;  // of the decompressed archive: headers, padding and what is passed over too
};

// Whether a layer that was unpacked is still whole after the machine lost its power; of no use to an ephemeral engine.
enum class Sync { to_disk, none };

struct Layer {
  std::string diff_id;      // "sha256:...", of the decompressed archive: what an image's configuration calls it by
  std::uint64_t bytes = 0;  // of its files
};

inline constexpr std::string_view kWhiteout = ".wh.";        // before the name of what layers below lose
inline constexpr std::string_view kOpaque = ".wh..wh..opq";  // what layers below have in this folder is not seen

// Unpacks a layer into `folder`, which must not exist and is made as a whole or not at all.
//
// Nothing is ever written outside of it: absolute names, "..", names through links, and hard links to what this layer
// does not have are refused. Symbolic links stay as they are, wherever they point: they are followed in the image's
// root, never by the engine. Device nodes, pipes and sockets are refused. Whiteouts stay as what they are, empty files
// of those names; one that would take away "." or ".." is refused. Of two members of one name the later wins, but that
// a folder takes the place of something else or is taken by it is refused.
//
// Owners are not kept: the engine may be nobody in particular. A function is never root, so that all files are to it
// as they are to any stranger, and so they are written: owner and group get what the mode gives to others, without
// set-user-id, set-group-id and sticky bits. Of folders the engine's user keeps all rights: an image's tree is yet to
// be made of them. Files and links keep their times (Python looks at them); extended attributes are not kept.
//
// Blocking. Errors: those of errors.hpp, and the source's own.
Result<Layer> unpack_layer(const ByteSource& source, const std::filesystem::path& folder, const LayerLimits& limits,
                           Sync sync);

}  // namespace cumulet::archive
