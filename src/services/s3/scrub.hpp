#pragma once
#include "services/s3/store.hpp"
#include "storage/scrub.hpp"

namespace cumulet::s3 {

// Reads every object and every part of an upload with all their bytes, and compares them with their sizes, ETags and
// checksums. Blocking, for long.
Result<void> scrub(storage::Database& database, storage::BlobStore& blobs, storage::Scrub& scrub);

}  // namespace cumulet::s3
