#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::lambda {

inline constexpr std::uint64_t kUnzippedLimit = 262'144'000;  // bytes, layers included
inline constexpr std::uint64_t kZippedLimit = 52'428'800;  // uploaded in the request; from S3 the unzipped limit holds
inline constexpr std::size_t kMemberLimit = 65'535;

// Unpacks a zip into `folder`, which must not exist: members are written below a sibling and renamed when all is there,
// synced to disk, so that a folder of that name is always whole. Only a zip whose directory is whole and true is taken
// (zip_directory.hpp). Members never leave the folder (absolute paths, "..",
// links that point outside are refused); execute bits are kept, everything is readable by all. Folders that only the
// names of members tell of count as members. Blocking.
// Errors: InvalidParameterValueException with Lambda's texts ("Could not unzip uploaded file. Please check your file,
// then try to upload again.", "Unzipped size must be smaller than 262144000 bytes").
Result<void> unpack_zip(std::string_view zip, const std::filesystem::path& folder,
                        std::size_t most_members = kMemberLimit);

}  // namespace cumulet::lambda
