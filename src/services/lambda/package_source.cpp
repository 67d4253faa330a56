#include "services/lambda/package_source.hpp"

#include <fstream>
#include <iterator>

#include "base/encoding.hpp"
#include "services/lambda/code_package.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {

Result<PackageBytes> read_package(const ControlPorts& ports, std::string_view region,
                                  const std::optional<wire::Blob>& zip_file,
                                  const std::optional<std::string>& s3_bucket,
                                  const std::optional<std::string>& s3_key) {
  PackageBytes out;
  if (zip_file) {
    if (s3_bucket || s3_key)
      return user_error(kInvalidParameterValue,
                        "Please do not provide other FunctionCode parameters when providing a ZipFile.");
    if (zip_file->bytes.size() > kZippedLimit)
      return Error{kRequestEntityTooLarge,
                   "Zipped size must be smaller than " + std::to_string(kZippedLimit) + " bytes"};
    if (zip_file->bytes.empty()) return user_error(kInvalidParameterValue, "Uploaded file must be a non-empty zip");
    out.request_bytes = zip_file->bytes;
    return out;
  }
  if (!s3_bucket || !s3_key) return user_error(kInvalidParameterValue, "Please provide a source for function code.");
  auto read = ports.read_object(region, *s3_bucket, *s3_key);
  if (!read.ok())
    return user_error(kInvalidParameterValue,
                      "Error occurred while GetObject. S3 Error Code: " + std::string(read.error().code()) +
                          ". S3 Error Message: " + read.error().message());
  out.from_s3 = std::move(read).value();
  return out;
}

Result<std::string> read_package_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error{kServiceException, "cannot read " + file.string()};
  return bytes;
}

std::uint64_t whole_package_bytes(const std::filesystem::path& file, const std::string& code_sha256) {
  const auto zip = read_package_file(file);
  return zip.ok() && base64_encode(sha256(*zip)) == code_sha256 ? zip->size() : 0;
}

}  // namespace cumulet::lambda
