#pragma once
#include <span>

#include "web/application.hpp"

// The pages that are built into the program. console/build.sh writes the unit that defines them.
namespace cumulet::console {

std::span<const web::Asset> chat();     // names its files beside itself
std::span<const web::Asset> console();  // names its files below web::kConsolePrefix

}  // namespace cumulet::console
