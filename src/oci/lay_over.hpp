#pragma once
#include <filesystem>
#include <vector>

#include "archive/errors.hpp"
#include "base/result.hpp"

// A root of files made of the layers of an image.
namespace cumulet::oci {

// Errors of lay_over, beside those of archive/errors.hpp.
inline constexpr std::size_t kDeepestFolder = 200;

// Fills `root`, an empty folder, with unpacked layers (archive/unpack_layer.hpp), lowest first: what a layer has takes
// the place of what is below it, folders are one; whiteouts and opaque folders take away what lower layers have, and
// never what stands beside them in their own. Files and symbolic links become hard links of the layers' (copies, where a
// file has as many names as it can have), so that a layer's bytes lie on the disk once, whatever is made of it. Layers
// are never changed afterwards, nor is anything written below `root`.
//
// In the end /proc, /dev, /sys and /tmp are folders, /etc/resolv.conf and /etc/hosts files (places for mounts), and each
// folder has the rights that a stranger has to it, for its owner too: that is what the engine's user is in a sandbox.
//
// Nothing is followed: no link of an image leads the engine anywhere. Blocking. kTooLarge, kTooMany by `limits` (of the
// root, all layers together), kBroken for folders deeper than kDeepestFolder, kDiskFull, kCannotWrite.
Result<void> lay_over(const std::vector<std::filesystem::path>& layers, const std::filesystem::path& root,
                      archive::Limits limits);

}  // namespace cumulet::oci
