#pragma once
#include "base/error.hpp"

namespace cumulet::storage {

// kStorageFull, in words for the client: no path of this machine.
Error full_disk();

}  // namespace cumulet::storage
