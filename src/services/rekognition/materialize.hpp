#pragma once
#include <filesystem>

#include "services/rekognition/ports.hpp"

namespace cumulet::rekognition {

// The object as one regular file at `target`, which must not exist yet: a hard link where the object is one whole file
// of the same file system, else a copy (by the kernel). Error with the system's words.
Result<void> materialize(const Object& object, const std::filesystem::path& target);

// All bytes in memory; for objects known to be small.
Result<std::string> bytes_of(const Object& object);

}  // namespace cumulet::rekognition
