#pragma once
#include <span>

#include "web/application.hpp"

// The pages that are built into the program. console/build.sh writes the units that define them.
namespace cumulet::console {

std::span<const web::Asset> chat();

}  // namespace cumulet::console
