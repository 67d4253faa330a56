#include <CLI/CLI.hpp>

#include "cmd/cumulet/commands.hpp"

// While the subcommands are being written: those that are not linked yet are left out.
namespace cumulet::cli {
[[gnu::weak]] void add_deploy(CLI::App& app);
[[gnu::weak]] void add_destroy(CLI::App& app);
[[gnu::weak]] void add_status(CLI::App& app);
[[gnu::weak]] void add_aws(CLI::App& app);
[[gnu::weak]] void add_env(CLI::App& app);
[[gnu::weak]] void add_logs(CLI::App& app);
[[gnu::weak]] void add_doctor(CLI::App& app);
}  // namespace cumulet::cli

int main(int argc, char** argv) {
  CLI::App app{"Cumulet: a small serverless cloud in one program", "cumulet"};
  app.set_version_flag("--version", "Cumulet " CUMULET_VERSION);
  app.require_subcommand(1);
  for (const auto add : {cumulet::cli::add_up, cumulet::cli::add_deploy, cumulet::cli::add_destroy, cumulet::cli::add_status,
                         cumulet::cli::add_aws, cumulet::cli::add_env, cumulet::cli::add_logs, cumulet::cli::add_doctor})
    if (add != nullptr) add(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  return 0;
}
