#pragma once
#include "storage/blob_store.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

namespace cumulet::oci {

// Reads every blob and every manifest of the registry and compares it with its digest. Blocking.
Result<void> scrub(storage::Database& database, storage::BlobStore& blobs, storage::Scrub& scrub);

}  // namespace cumulet::oci
