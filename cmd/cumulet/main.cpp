#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"

namespace {

constexpr int kUsage = 2;  // of a command line that cannot be understood; 1: what was asked for failed

// CLI11 calls a word that is no subcommand a missing subcommand.
bool names_no_subcommand(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::ranges::none_of(commands, [&](const CLI::App* one) { return one->check_name(argv[1]); });
}

int refuse_option(const CLI::App& app, std::string_view word) {
  const std::string meant = cumulet::cli::probably_meant_option(app, word);
  std::fprintf(stderr, "cumulet: there is no option '%s' here; %s\n", cumulet::printable(word).c_str(),
               meant.empty() ? "--help lists them" : ("did you mean '" + meant + "'?").c_str());
  return kUsage;
}

// What was typed and is none of the command's words. Command lines are short: the first option that is unknown is the
// one that the parser stumbled over.
int refuse_extras(const CLI::App& app, int argc, char** argv, const CLI::ExtrasError& error) {
  const std::string told = error.what();
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with('-') || told.find(word) == told.npos) continue;
    return refuse_option(app, word);
  }
  return app.exit(error) == 0 ? 0 : kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cumulet: a small serverless cloud in one program", "cumulet"};
  app.set_version_flag("--version", "Cumulet " CUMULET_VERSION);
  app.require_subcommand(1);
  app.footer("COMMAND --help says more of each. Start with: cumulet up");
  for (const auto add :
       {cumulet::cli::add_up,     cumulet::cli::add_stop,   cumulet::cli::add_deploy, cumulet::cli::add_destroy,
        cumulet::cli::add_status, cumulet::cli::add_trace,  cumulet::cli::add_logs,   cumulet::cli::add_init,
        cumulet::cli::add_invoke, cumulet::cli::add_aws,    cumulet::cli::add_run,    cumulet::cli::add_env,
        cumulet::cli::add_reset,  cumulet::cli::add_doctor, cumulet::cli::add_scrub,  cumulet::cli::add_chat,
        cumulet::cli::add_blur,   cumulet::cli::add_ecr,    cumulet::cli::add_console, cumulet::cli::add_about})
    add(app);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  if (names_no_subcommand(app, argc, argv)) {
    const std::string meant = cumulet::cli::probably_meant_command(app, argv[1]);
    std::fprintf(stderr, "cumulet: there is no command '%s'; %s\n", cumulet::printable(argv[1]).c_str(),
                 meant.empty() ? "cumulet --help lists them" : ("did you mean '" + meant + "'?").c_str());
    return kUsage;
  }
  if (argv[1][0] == '-' && app.get_option_no_throw(argv[1]) == nullptr) return refuse_option(app, argv[1]);
  // Of "run -- COMMAND" the parser would hand the dashes and all behind them to the program itself.
  if (const auto dashes = std::find_if(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--"; });
      std::string_view(argv[1]) == "run" && dashes != argv + argc)
    argc = static_cast<int>(std::move(dashes + 1, argv + argc, dashes) - argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& e) {  // told already
    return e.get_exit_code();
  } catch (const CLI::ExtrasError& e) {
    return refuse_extras(app, argc, argv, e);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kUsage;
  }
  return 0;
}
