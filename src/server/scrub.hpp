#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "storage/scrub.hpp"

namespace cumulet::server {

// Reads all that a stopped engine's data folder holds and compares it with what stands beside it. Blocking, for as long
// as the disk needs. Errors: the folder is in use, or its database is lost, cannot be opened or was written by a newer
// program.
Result<storage::Scrub> scrub(const std::filesystem::path& data);

}  // namespace cumulet::server
