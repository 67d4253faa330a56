#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "services/lambda/functions.hpp"

namespace cumulet::lambda {

// A package that a request brings along or names in S3; `request_bytes` lives as long as the request.
struct PackageBytes {
  std::string from_s3;
  std::string_view request_bytes;
  std::string_view view() const { return from_s3.empty() ? request_bytes : std::string_view(from_s3); }
};

// Lambda's errors: both or neither given, too large, empty, S3's own.
Result<PackageBytes> read_package(const ControlPorts& ports, std::string_view region,
                                  const std::optional<wire::Blob>& zip_file,
                                  const std::optional<std::string>& s3_bucket,
                                  const std::optional<std::string>& s3_key);

// A stored package.
Result<std::string> read_package_file(const std::filesystem::path& file);
// The size of a stored package that is as it was made; 0: it is damaged or missing.
std::uint64_t whole_package_bytes(const std::filesystem::path& file, const std::string& code_sha256);

}  // namespace cumulet::lambda
