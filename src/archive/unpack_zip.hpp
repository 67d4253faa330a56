#pragma once
#include <filesystem>
#include <string_view>

#include "archive/errors.hpp"
#include "base/result.hpp"

namespace cumulet::archive {

// Unpacks a zip into `folder`, which must not exist: members are written below a sibling and renamed when all is there,
// synced to disk, so that a folder of that name is always whole. Only a zip whose directory is whole and true is taken
// (zip_directory.hpp). Members never leave the folder: absolute names, "..", links that point outside or are absolute
// are refused. Of two members of one name the later wins; execute bits are kept, everything is readable by all.
// Blocking. Errors: those of errors.hpp.
Result<void> unpack_zip(std::string_view zip, const std::filesystem::path& folder, Limits limits);

}  // namespace cumulet::archive
