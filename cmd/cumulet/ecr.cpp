#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/encoding.hpp"
#include "base/folder_removal.hpp"
#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/session.hpp"

extern char** environ;

namespace cumulet::cli {
namespace {

namespace fs = std::filesystem;

#if defined(__aarch64__)
constexpr std::string_view kPlatform = "linux/arm64";
#else
constexpr std::string_view kPlatform = "linux/amd64";
#endif

struct EcrFlags {
  std::string repository, tool, folder, file, tag = "latest", endpoint;
};

// --- what the console prints under "View push commands" ---

// HOST/NAME as the endpoint says it. Ends the command where there is no such repository.
std::string uri_of(Session& session, const std::string& repository) {
  const json::object input{{"repositoryNames", json::array{repository}}};
  const auto answer = session.aws.call("ecr", "DescribeRepositories", input);
  if (!answer && cloudformation::error_code(answer.error()) == "RepositoryNotFoundException")
    fail("there is no repository " + repository + " in " + session.environment.region +
         ": cumulet aws ecr create-repository --repository-name " + repository);
  if (!answer) fail(answer.error());
  const json::value* list = json::find(*answer, "repositories");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) fail("the endpoint named no repository");
  return printable(json::text_at(list->get_array().front(), "repositoryUri"));
}

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html, repositoryName
bool is_repository_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() < 2 || name.size() > 256) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (plain(name[i])) continue;
    const bool is_between = i > 0 && i + 1 < name.size() && plain(name[i - 1]) && plain(name[i + 1]);
    if (!is_between || std::string_view("._-/").find(name[i]) == std::string_view::npos) return false;
  }
  return true;
}

void check_repository_name(const std::string& name) {
  if (!is_repository_name(name))
    fail("no repository can be called \"" + printable(name) +
         "\": 2 to 256 small letters, digits and, between them, single . _ - or /");
}

void print_push_commands(const EcrFlags& flags) {
  check_repository_name(flags.repository);
  const auto session = Session::open(flags.endpoint);
  const std::string uri = uri_of(*session, flags.repository), name = flags.repository;
  const std::string host = uri.substr(0, uri.find('/')), platform(kPlatform);
  // A registry of plain HTTP: docker takes that of a loopback address, the others must be told.
  const std::string plain = flags.tool == "docker" ? "" : " --tls-verify=false";
  std::printf("# 1. Log in. The login holds for twelve hours and for this region.\n");
  std::printf(
      "cumulet aws --endpoint %s ecr get-login-password --region %s | %s login%s --username AWS --password-stdin %s\n",
      session->endpoint.url.c_str(), session->environment.region.c_str(), flags.tool.c_str(), plain.c_str(),
      host.c_str());
  if (flags.tool == "skopeo") {
    std::printf("# 2. Copy an image there that another tool has built: here a folder in OCI's layout.\n");
    std::printf("skopeo copy --dest-tls-verify=false oci:%s:latest docker://%s:latest\n", name.c_str(), uri.c_str());
    return;
  }
  std::printf("# 2. Build the image. Lambda takes one image of one platform, no index.\n");
  if (flags.tool == "docker")
    std::printf("docker buildx build --platform %s --provenance=false --load -t %s .\n", platform.c_str(),
                name.c_str());
  else
    std::printf("%s build --platform %s -t %s .\n", flags.tool.c_str(), platform.c_str(), name.c_str());
  std::printf("# 3. Tag it for this registry.\n");
  std::printf("%s tag %s:latest %s:latest\n", flags.tool.c_str(), name.c_str(), uri.c_str());
  std::printf("# 4. Push it.\n");
  std::printf("%s push%s %s:latest\n", flags.tool.c_str(), plain.c_str(), uri.c_str());
}

// --- building ---

enum class Output { shown, hidden };

// The program's exit status; nullopt: it is not there. `input`: what it reads.
std::optional<int> run(const std::vector<std::string>& words, Output output, const std::string& input = {}) {
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) fail("no pipe can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[0], 0);
  if (output == Output::hidden) {
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  }
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[0]);
  if (failed == 0 && !input.empty() && ::write(pipe_ends[1], input.data(), input.size()) < 0) {
    // It did not want it: its exit status says why.
  }
  ::close(pipe_ends[1]);
  if (failed != 0) return std::nullopt;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void run_or_fail(const std::vector<std::string>& words, const std::string& input = {}) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  std::printf("+ %s\n", printable(line).c_str());
  std::fflush(stdout);
  const auto status = run(words, Output::shown, input);
  if (!status) fail("cannot run " + words.front());
  if (*status != 0) fail(words.front() + " ended with status " + std::to_string(*status));
}

// What this machine can build with: a docker whose daemon answers, podman or buildah.
std::string find_tool(const std::string& wanted) {
  static constexpr std::array kTools{std::array{"docker", "info"}, std::array{"podman", "version"},
                                     std::array{"buildah", "version"}};
  bool has_docker = false;
  for (const auto& [tool, probe] : kTools) {
    if (!wanted.empty() && wanted != tool) continue;
    const auto status = run({tool, probe}, Output::hidden);
    if (status == 0) return tool;
    if (status && std::string_view(tool) == "docker") has_docker = true;
  }
  const std::string docker = has_docker ? "docker is here, but no daemon answers it. " : "";
  if (!wanted.empty() && wanted != "docker")
    fail(wanted + " does not run here. Debian and Ubuntu have it: apt-get install " + wanted);
  fail(docker +
       "Building an image needs a docker whose daemon answers, podman or buildah. Debian and Ubuntu have the last two: "
       "apt-get install buildah");
}

// Password of the account's login in this region.
std::string login_password(Session& session) {
  const auto answer = session.aws.call("ecr", "GetAuthorizationToken", json::object{});
  if (!answer) fail(answer.error());
  const json::value* list = json::find(*answer, "authorizationData");
  std::string token;
  if (list != nullptr && list->is_array() && !list->get_array().empty())
    token = json::text_at(list->get_array().front(), "authorizationToken");
  const auto login = base64_decode(token);
  if (!login || !login->starts_with("AWS:")) fail("the endpoint gave no login");
  return login->substr(4);
}

// Where logins are kept while the command runs, readable by nobody else.
class LoginFolder {
 public:
  LoginFolder() {
    std::string name = (fs::temp_directory_path() / "cumulet-login-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail("cannot make a folder in " + fs::temp_directory_path().string());
    folder_ = name;
  }
  ~LoginFolder() { remove_folder(folder_); }
  std::string file() const { return (folder_ / "auth.json").string(); }

 private:
  fs::path folder_;
};

void build(const EcrFlags& flags) {
  std::error_code error;
  const fs::path folder(flags.folder);
  if (!fs::is_directory(folder, error)) fail("there is no folder " + flags.folder);
  const fs::path file = flags.file.empty() ? folder / "Dockerfile" : fs::path(flags.file);
  if (!fs::is_regular_file(file, error)) fail("there is no file " + file.string());
  const auto session = Session::open(flags.endpoint);
  const std::string image = uri_of(*session, flags.repository) + ':' + flags.tag;
  const std::string host = image.substr(0, image.find('/'));
  const std::string tool = find_tool(flags.tool), platform(kPlatform);
  const std::string password = login_password(*session);
  if (tool == "docker") {
    // Its configuration says where the daemon is: the login goes there, as AWS's page has it.
    const bool has_buildx = run({"docker", "buildx", "version"}, Output::hidden) == 0;
    if (has_buildx)
      run_or_fail({"docker", "buildx", "build", "--platform", platform, "--provenance=false", "--load", "-t", image,
                   "-f", file.string(), folder.string()});
    else
      run_or_fail({"docker", "build", "--platform", platform, "-t", image, "-f", file.string(), folder.string()});
    run_or_fail({"docker", "login", "--username", "AWS", "--password-stdin", host}, password);
    run_or_fail({"docker", "push", image});
  } else {
    const LoginFolder logins;
    run_or_fail({tool, "build", "--platform", platform, "-t", image, "-f", file.string(), folder.string()});
    run_or_fail({tool, "login", "--authfile", logins.file(), "--tls-verify=false", "--username", "AWS",
                 "--password-stdin", host},
                password);
    run_or_fail({tool, "push", "--authfile", logins.file(), "--tls-verify=false", image});
  }
  std::printf("pushed %s\n", image.c_str());
}

}  // namespace

void add_ecr(::CLI::App& app) {
  const auto flags = std::make_shared<EcrFlags>();
  ::CLI::App* command = app.add_subcommand("ecr", "Build and push container images");
  command->require_subcommand(1);

  ::CLI::App* push = command->add_subcommand("push-commands", "Print the commands that push an image to a repository");
  push->add_option("repository", flags->repository, "Name of the repository")->required();
  push->add_option("--tool", flags->tool, "docker, podman, buildah or skopeo (default: docker)")
      ->check(::CLI::IsMember({"docker", "podman", "buildah", "skopeo"}));
  add_endpoint_option(*push, flags->endpoint);
  push->callback([flags] {
    if (flags->tool.empty()) flags->tool = "docker";
    print_push_commands(*flags);
  });

  ::CLI::App* make = command->add_subcommand(
      "build", "Build an image with what this machine has (docker, podman or buildah) and push it");
  make->add_option("folder", flags->folder, "What the image is built from")->required();
  make->add_option("--repository", flags->repository, "Name of the repository")->required();
  make->add_option("--file", flags->file, "The Dockerfile (default: the folder's)");
  make->add_option("--tag", flags->tag, "The image's tag")->capture_default_str();
  make->add_option("--tool", flags->tool, "docker, podman or buildah (default: the first of them that works)")
      ->check(::CLI::IsMember({"docker", "podman", "buildah"}));
  add_endpoint_option(*make, flags->endpoint);
  make->callback([flags] { build(*flags); });
}

}  // namespace cumulet::cli
