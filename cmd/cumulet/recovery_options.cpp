#include "cmd/cumulet/recovery_options.hpp"

#include <CLI/CLI.hpp>

namespace cumulet::cli {

void add_recovery_options(CLI::App& command, storage::Recovery& recovery) {
  auto* anew = command.add_flag_callback(
      "--start-anew", [&recovery] { recovery = storage::Recovery::start_anew; },
      "When the data folder's database is lost: move what is left aside and begin with an empty one");
  command
      .add_flag_callback(
          "--trust-database", [&recovery] { recovery = storage::Recovery::trust_database; },
          "When the database does not fit the data folder (an older copy): let it count, and move files that it does "
          "not name aside")
      ->excludes(anew);
}

}  // namespace cumulet::cli
