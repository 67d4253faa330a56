#pragma once
#include <CLI/App.hpp>

#include "server/config.hpp"

namespace cumulet::cli {

// --start-anew and --trust-database: how to go on with a data folder whose database is lost or does not fit it.
void add_recovery_options(CLI::App& command, storage::Recovery& recovery);

}  // namespace cumulet::cli
