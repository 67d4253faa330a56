#include <CLI/CLI.hpp>

#include "cmd/cumulet/commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Cumulet: a small serverless cloud in one program", "cumulet"};
  app.set_version_flag("--version", "Cumulet " CUMULET_VERSION);
  app.require_subcommand(1);
  for (const auto add :
       {cumulet::cli::add_up, cumulet::cli::add_deploy, cumulet::cli::add_destroy, cumulet::cli::add_status,
        cumulet::cli::add_aws, cumulet::cli::add_env, cumulet::cli::add_logs, cumulet::cli::add_doctor})
    add(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  return 0;
}
