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

// archive::unpack_zip within Lambda's limits, with Lambda's errors: InvalidParameterValueException ("Could not unzip
// uploaded file. Please check your file, then try to upload again.", "Unzipped size must be smaller than 262144000
// bytes", "Uploaded file must be a non-empty zip"). Blocking.
Result<void> unpack_zip(std::string_view zip, const std::filesystem::path& folder,
                        std::size_t most_members = kMemberLimit);

}  // namespace cumulet::lambda
