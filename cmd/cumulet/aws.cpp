#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "cmd/cumulet/client_environment.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/endpoint.hpp"

namespace cumulet::cli {
namespace {

Endpoint endpoint_or_fail(const std::string& flag) {
  auto endpoint = find_endpoint(flag);
  if (!endpoint) fail(endpoint.error());
  return std::move(*endpoint);
}

// `help` counts where a command may stand: "s3 cp help txt" copies a file.
bool asks_for_help(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() == "--version" || arguments.front() == "help") return true;
  return std::ranges::find(arguments, "--help") != arguments.end() || arguments.back() == "help";
}

// The AWS CLI knows `help`, not --help.
std::vector<std::string> with_help_word(std::vector<std::string> arguments) {
  std::ranges::replace(arguments, std::string("--help"), std::string("help"));
  return arguments;
}

// Replaces this process by the AWS CLI, every way to another cloud closed.
void run_aws(std::vector<std::string> arguments) {
  std::string flag;
  if (!arguments.empty() && arguments.front() == "--endpoint") {
    if (arguments.size() < 2) fail("--endpoint needs a URL");
    flag = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  for (const std::string& argument : arguments)
    if (argument == "--endpoint-url" || argument.starts_with("--endpoint-url=") || argument == "--profile" ||
        argument.starts_with("--profile="))
      fail(argument + " would lead away from the engine: use `cumulet aws --endpoint URL …`, or aws itself");
  const Endpoint e = endpoint_or_fail(flag);
  if (asks_for_help(arguments))
    arguments = with_help_word(std::move(arguments));
  else
    health_of(e);
  set_client_environment(e);
  std::vector<std::string> words{"aws", "--endpoint-url", e.url};
  words.insert(words.end(), arguments.begin(), arguments.end());
  run_in_place(std::move(words), "install it (Debian: apt-get install awscli) and see `cumulet doctor`");
}

// Any program with the engine's endpoint and keys in its environment.
void run_command(const std::string& flag, const std::vector<std::string>& words) {
  if (words.empty()) fail("run needs a command: cumulet run -- python3 script.py");
  const Endpoint e = endpoint_or_fail(flag);
  health_of(e);
  set_client_environment(e);
  teach_old_boto();
  run_in_place(words, "is it installed, and on the PATH?");
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

void run_env(const std::string& flag) {
  const Endpoint e = endpoint_or_fail(flag);
  const auto line = [](const char* name, const std::string& value) {
    std::printf("export %s=%s\n", name, shell_quoted(value).c_str());
  };
  line("AWS_ENDPOINT_URL", e.url);
  line("AWS_ACCESS_KEY_ID", e.access_key_id);
  line("AWS_SECRET_ACCESS_KEY", e.secret_access_key);
  if (e.session_token.empty())
    std::printf("unset AWS_SESSION_TOKEN\n");
  else
    line("AWS_SESSION_TOKEN", e.session_token);
  line("AWS_REGION", e.region);
  line("AWS_DEFAULT_REGION", e.region);
  line("AWS_PAGER", "");
  std::printf("unset AWS_PROFILE AWS_DEFAULT_PROFILE\n");
  std::fprintf(stderr,
               "# for eval \"$(cumulet env)\". AWS CLI 2.9 and boto3 1.26 (Debian 12) ignore AWS_ENDPOINT_URL:\n"
               "# with them use `cumulet aws` and `cumulet run -- …`, or a command would go to AWS itself.\n");
}

}  // namespace

void add_aws(::CLI::App& app) {
  ::CLI::App* command = app.add_subcommand("aws", "Run the AWS CLI against the engine: cumulet aws s3 ls");
  command->set_help_flag();  // --help is the AWS CLI's
  command->prefix_command();
  command->callback([command] {
    std::vector<std::string> arguments = command->remaining(true);
    run_aws(std::move(arguments));
  });
}

void add_run(::CLI::App& app) {
  const auto endpoint = std::make_shared<std::string>();
  ::CLI::App* command = app.add_subcommand(
      "run", "Run a program with the engine's endpoint and keys in its environment: cumulet run -- python3 script.py");
  add_endpoint_option(*command, *endpoint);
  command->prefix_command();
  command->callback([command, endpoint] {
    run_command(*endpoint, command->remaining(true));
  });
}

void add_env(::CLI::App& app) {
  const auto endpoint = std::make_shared<std::string>();
  ::CLI::App* command = app.add_subcommand("env", "Print export lines for other clients: eval \"$(cumulet env)\"");
  add_endpoint_option(*command, *endpoint);
  command->callback([endpoint] { run_env(*endpoint); });
}

}  // namespace cumulet::cli
