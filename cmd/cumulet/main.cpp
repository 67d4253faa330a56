#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "cmd/cumulet/commands.hpp"

namespace {

constexpr int kUsage = 2;  // of a command line that cannot be understood; 1: what was asked for failed

// CLI11 calls a word that is no subcommand a missing subcommand.
bool names_no_subcommand(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::ranges::none_of(commands, [&](const CLI::App* one) { return one->check_name(argv[1]); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cumulet: a small serverless cloud in one program", "cumulet"};
  app.set_version_flag("--version", "Cumulet " CUMULET_VERSION);
  app.require_subcommand(1);
  app.footer("COMMAND --help says more of each. Start with: cumulet up");
  for (const auto add :
       {cumulet::cli::add_up, cumulet::cli::add_deploy, cumulet::cli::add_destroy, cumulet::cli::add_status,
        cumulet::cli::add_init, cumulet::cli::add_invoke, cumulet::cli::add_aws, cumulet::cli::add_env,
        cumulet::cli::add_logs, cumulet::cli::add_doctor, cumulet::cli::add_scrub, cumulet::cli::add_chat,
        cumulet::cli::add_blur, cumulet::cli::add_ecr})
    add(app);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  if (names_no_subcommand(app, argc, argv)) {
    std::fprintf(stderr, "cumulet: there is no command '%s'; cumulet --help lists them\n", argv[1]);
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& e) {  // told already
    return e.get_exit_code();
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kUsage;
  }
  return 0;
}
