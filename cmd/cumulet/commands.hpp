#pragma once
#include <CLI/App.hpp>
#include <string>
#include <string_view>

namespace cumulet::cli {

// Each adds one subcommand to the program: its flags, its help, and a callback that runs it. A command that fails has
// said why on stderr and throws CLI::RuntimeError(exit status), which main hands to App::exit.
void add_up(CLI::App& app);
void add_stop(CLI::App& app);
void add_deploy(CLI::App& app);
void add_destroy(CLI::App& app);
void add_status(CLI::App& app);
void add_trace(CLI::App& app);
void add_aws(CLI::App& app);
void add_run(CLI::App& app);
void add_env(CLI::App& app);
void add_logs(CLI::App& app);
void add_invoke(CLI::App& app);
void add_init(CLI::App& app);
void add_reset(CLI::App& app);
void add_doctor(CLI::App& app);
void add_chat(CLI::App& app);
void add_console(CLI::App& app);
void add_scrub(CLI::App& app);
void add_blur(CLI::App& app);
void add_ecr(CLI::App& app);
void add_about(CLI::App& app);  // help, version, completion; after all others

// What somebody who typed this probably meant; empty: nothing is near. Of options: those of the command that was given.
std::string probably_meant_command(const CLI::App& app, std::string_view typed);
std::string probably_meant_option(const CLI::App& app, std::string_view typed);

}  // namespace cumulet::cli
