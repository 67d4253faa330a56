#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

struct ConsoleFlags {
  bool prints_only = false;
  std::string endpoint;
};

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

// Whether the engine asks for known keys.
bool is_closed(const Endpoint& endpoint) {
  const auto answer = get(endpoint, "/_cumulet/v1/failures?limit=1");
  if (!answer) fail(answer.error());
  return answer->status == 403;
}

// A link that signs in whoever opens it first. The code stands behind the '#', which browsers send nowhere.
std::string sign_in_link(Session& session) {
  sdk::RestRequest request;
  request.method = "POST";
  request.path = "/_cumulet/v1/sign-in-link";
  request.max_attempts = 1;
  const auto answer = session.client.rest("cumulet", request);
  if (!answer && (answer.error().status() == 401 || answer.error().status() == 403))
    fail("the engine at " + session.endpoint.url +
         " asks for its root's key: set CUMULET_ROOT_ACCESS_KEY_ID and CUMULET_ROOT_SECRET_ACCESS_KEY, or run this "
         "where "
         "its data folder is (CUMULET_DATA)");
  if (!answer) fail(answer.error());
  const auto body = json::parse(answer->body);
  const std::string code = body ? json::text_at(*body, "code") : std::string();
  if (code.empty()) fail("the engine's answer cannot be read: is it of this version?");
  return session.endpoint.url + "/#/sign-in/" + code;
}

// What the desktop opens addresses with; it says nothing here, and nobody waits for it.
void open_in_browser(const std::string& url) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0);
  std::string program = "xdg-open", argument = url;
  char* const words[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  ::posix_spawnp(&child, program.c_str(), &files, nullptr, words, environ);  // where it fails the address was printed
  ::posix_spawn_file_actions_destroy(&files);
}

void run_console(const ConsoleFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  const bool is_asked = is_closed(session->endpoint);
  const std::string url = is_asked ? sign_in_link(*session) : session->endpoint.url + "/";
  std::printf("%s\n", url.c_str());
  if (is_asked) std::fprintf(stderr, "This link signs in once, within five minutes.\n");
  std::fflush(stdout);
  const bool has_desktop = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
  if (!flags.prints_only && has_desktop && ::isatty(STDOUT_FILENO)) open_in_browser(url);
}

}  // namespace

void add_console(::CLI::App& app) {
  const auto flags = std::make_shared<ConsoleFlags>();
  ::CLI::App* command = app.add_subcommand("console", "Open the console in the browser, and print its address");
  command->add_flag("--print", flags->prints_only, "Only print the address");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_console(*flags); });
}

}  // namespace cumulet::cli
