#include "services/lambda/code_package.hpp"

#include "archive/unpack_zip.hpp"
#include "services/lambda/errors.hpp"
#include "storage/database.hpp"

namespace cumulet::lambda {
namespace {

// As Lambda words it.
Error worded(const Error& error) {
  if (error.is(archive::kDiskFull))
    return Error{storage::kStorageFull, "unpacking the function's code: the disk is full"};
  if (error.is(archive::kCannotWrite)) return Error{kServiceException, error.message()};
  if (error.is(archive::kEmpty)) return user_error(kInvalidParameterValue, "Uploaded file must be a non-empty zip");
  if (error.is(archive::kTooLarge))
    return user_error(kInvalidParameterValue,
                      "Unzipped size must be smaller than " + std::to_string(kUnzippedLimit) + " bytes");
  return user_error(kInvalidParameterValue,
                    "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

}  // namespace

Result<void> unpack_zip(std::string_view zip, const std::filesystem::path& folder, std::size_t most_members) {
  auto unpacked = archive::unpack_zip(zip, folder, {kUnzippedLimit, most_members});
  if (!unpacked.ok()) return worded(unpacked.error());
  return {};
}

}  // namespace cumulet::lambda
