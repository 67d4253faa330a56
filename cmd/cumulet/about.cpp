#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/endpoint.hpp"
#include "cmd/cumulet/view/spelling.hpp"

// What the program tells of itself: help, version, completion.
namespace cumulet::cli {
namespace {

std::vector<const ::CLI::App*> commands_of(const ::CLI::App& app) {
  return app.get_subcommands([](const ::CLI::App*) { return true; });
}

// "--data", "-f"
std::vector<std::string> option_names(const ::CLI::App& command) {
  std::vector<std::string> out;
  for (const ::CLI::Option* option : command.get_options([](const ::CLI::Option*) { return true; })) {
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
    for (const std::string& name : option->get_snames()) out.push_back("-" + name);
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string quoted(std::string text) {  // for the inside of '...' in a shell, and of zsh's name:text
  std::string out;
  for (const char c : text) out += c == '\'' ? "'\\''" : c == ':' ? "\\:" : std::string(1, c);
  return out;
}

void print_bash(const ::CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : commands_of(app)) names.push_back(command->get_name());
  std::printf(
      "# cumulet's words for bash: source <(cumulet completion bash)\n"
      "_cumulet() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} options=\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '%s --help --version' -- \"$current\")\n"
      "    return\n"
      "  fi\n"
      "  case ${COMP_WORDS[1]} in\n",
      joined(names).c_str());
  for (const auto* command : commands_of(app))
    std::printf("    %s) options='%s' ;;\n", command->get_name().c_str(),
                command->get_name() == "help" ? joined(names).c_str() : joined(option_names(*command)).c_str());
  std::printf(
      "  esac\n"
      "  if [[ $current == -* || ${COMP_WORDS[1]} == help ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _cumulet cumulet\n");
}

void print_zsh(const ::CLI::App& app) {
  std::printf(
      "#compdef cumulet\n"
      "# cumulet's words for zsh: source <(cumulet completion zsh), or as _cumulet in a folder of fpath\n"
      "_cumulet() {\n"
      "  local -a commands options\n"
      "  commands=(\n");
  for (const auto* command : commands_of(app))
    std::printf("    '%s:%s'\n", command->get_name().c_str(), quoted(command->get_description()).c_str());
  std::printf(
      "  )\n"
      "  if (( CURRENT == 2 )) || [[ ${words[2]} == help ]]; then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  case ${words[2]} in\n");
  for (const auto* command : commands_of(app))
    std::printf("    %s) options=(%s) ;;\n", command->get_name().c_str(), joined(option_names(*command)).c_str());
  std::printf(
      "  esac\n"
      "  if [[ ${words[CURRENT]} == -* ]]; then\n"
      "    compadd -- $options\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}\n"
      "if [[ $funcstack[1] == _cumulet ]]; then _cumulet \"$@\"; else compdef _cumulet cumulet; fi\n");
}

}  // namespace

std::string probably_meant_command(const ::CLI::App& app, std::string_view typed) {
  std::vector<std::string> names;
  for (const auto* command : commands_of(app)) names.push_back(command->get_name());
  return view::nearest(typed, names);
}

std::string probably_meant_option(const ::CLI::App& app, std::string_view typed) {
  const auto chosen = app.get_subcommands();
  return view::nearest(typed.substr(0, typed.find('=')), option_names(chosen.empty() ? app : *chosen.front()));
}

void add_about(::CLI::App& app) {
  const auto topic = std::make_shared<std::string>();
  ::CLI::App* help = app.add_subcommand("help", "Say more of a command: cumulet help up");
  help->add_option("command", *topic, "Which one");
  help->callback([&app, topic] {
    const ::CLI::App* named = topic->empty() ? &app : nullptr;
    for (const auto* command : commands_of(app))
      if (command->get_name() == *topic) named = command;
    if (!named) {
      const std::string meant = probably_meant_command(app, *topic);
      fail("there is no command '" + *topic + "'" + (meant.empty() ? "; cumulet help lists them" : "; did you mean '" + meant + "'?"));
    }
    // App::help() of the program would show the command that was given: this one.
    const std::string text = topic->empty() ? app.get_formatter()->make_help(&app, app.get_name(), ::CLI::AppFormatMode::Normal)
                                            : named->help(app.get_name());
    std::fputs(text.c_str(), stdout);
  });
  app.add_subcommand("version", "Say which version this is")->callback([] { std::puts("Cumulet " CUMULET_VERSION); });
  const auto shell = std::make_shared<std::string>();
  ::CLI::App* completion =
      app.add_subcommand("completion", "Print what completes the words of commands: source <(cumulet completion bash)");
  completion->add_option("shell", *shell, "bash or zsh")->required()->check(::CLI::IsMember({"bash", "zsh"}));
  completion->callback([&app, shell] { *shell == "bash" ? print_bash(app) : print_zsh(app); });
}

}  // namespace cumulet::cli
