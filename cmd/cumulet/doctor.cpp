#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/encoding.hpp"
#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/endpoint.hpp"
#include "process/cgroup.hpp"
#include "process/sandbox.hpp"
#include "runtime/runtime_folders.hpp"
#include "server/config.hpp"
#include "server/face_model.hpp"

namespace cumulet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kYuNetSha256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4";
constexpr std::string_view kFullRangeSha256 = "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3";

enum class Verdict { fine, worse, missing };  // worse: the engine works, but not as well

struct Finding {
  Verdict verdict;
  std::string subject;
  std::string what;
  std::string remedy;
};

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::optional<fs::path> on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const fs::path file = fs::path(folder) / program; access(file.c_str(), X_OK) == 0) return file;
  return std::nullopt;
}

struct Ran {
  int status = -1;
  std::string output;  // both streams
};

// Runs a program without a shell and waits for it.
Ran run(std::vector<std::string> words) {
  std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], 1);
    dup2(pipe_ends[1], 2);
    close(pipe_ends[0]);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  Ran ran;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; child > 0 && (n = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;)
    ran.output.append(buffer.data(), static_cast<std::size_t>(n));
  close(pipe_ends[0]);
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)) ran.status = WEXITSTATUS(status);
  return ran;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Finding check_sandbox() {
  const std::string install = "apt-get install bubblewrap";
  const auto bwrap = on_path("bwrap");
  if (!bwrap)
    return {Verdict::missing, "sandbox", "bubblewrap (bwrap) is not on the PATH: functions cannot run", install};
  const auto why = process::unavailable();
  if (!why) return {Verdict::fine, "sandbox", bwrap->string() + " and namespaces of each function's own", ""};
  std::string remedy = "allow unprivileged user namespaces";
  if (first_line(read_text("/proc/sys/user/max_user_namespaces")) == "0")
    remedy += ": sysctl user.max_user_namespaces=10000";
  else if (first_line(read_text("/proc/sys/kernel/unprivileged_userns_clone")) == "0")
    remedy += ": sysctl kernel.unprivileged_userns_clone=1";
  else if (first_line(read_text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")) == "1")
    remedy += ": sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  else
    remedy += " (in a container: --security-opt seccomp=unconfined, or --privileged)";
  return {Verdict::missing, "sandbox", "cannot be made: " + first_line(*why), remedy};
}

Finding check_function_network() {
  const std::string& why = process::Namespaces::no_outside();
  if (why.empty()) return {Verdict::fine, "function network", "functions reach other machines by slirp4netns", ""};
  return {Verdict::worse, "function network", "functions reach this engine alone: " + first_line(why),
          why.find("not found") != std::string::npos ? "apt-get install slirp4netns"
                                                     : "slirp4netns needs to read and write /dev/net/tun"};
}

Finding check_python() {
  const auto interpreter = runtime::find_interpreter(*runtime::find_runtime("python3.13"));
  if (!interpreter)
    return {Verdict::worse, "Python", "no /usr/bin/python3: functions in Python cannot be made",
            "apt-get install python3 python3-boto3"};
  if (!runtime::find_python_package(*interpreter, "boto3"))
    return {Verdict::worse, "Python", interpreter->string() + " runs functions, which have no boto3",
            "apt-get install python3-boto3"};
  return {Verdict::fine, "Python", interpreter->string() + " runs functions, boto3 is there", ""};
}

Finding check_node() {
  const auto interpreter = runtime::find_interpreter(*runtime::find_runtime("nodejs22.x"));
  if (!interpreter)
    return {Verdict::worse, "Node.js", "no node below /usr: functions in JavaScript cannot be made",
            "apt-get install nodejs"};
  const auto packages = runtime::find_node_packages();
  if (!packages)
    return {Verdict::worse, "Node.js", interpreter->string() + " runs functions, which have no @aws-sdk/*",
            "scripts/install_node_sdk.sh"};
  return {Verdict::fine, "Node.js", interpreter->string() + " runs functions, @aws-sdk/* is in " + packages->string(),
          ""};
}

Finding check_memory_limits() {
  const auto tree = process::GroupTree::detect(read_text("/proc/self/mountinfo"), read_text("/proc/self/cgroup"));
  switch (tree.hierarchy()) {
    case process::Hierarchy::v1: return {Verdict::fine, "memory limits", "by cgroup v1", ""};
    case process::Hierarchy::v2: return {Verdict::fine, "memory limits", "by cgroup v2", ""};
    case process::Hierarchy::none: break;
  }
  return {Verdict::worse, "memory limits", "no writable cgroup: by resource limits and measuring",
          "start under `systemd-run --user --scope -p Delegate=yes`, or as root"};
}

Finding check_face_model() {
  const std::string remedy = "scripts/setup.sh fetches it, or point CUMULET_FACE_MODEL (--face-model) to the file";
  const auto model = server::find_face_model(std::nullopt);
  if (!model.ok())
    return {Verdict::missing, "face model", model.error().message() + ": the engine does not start with it", remedy};
  if (!*model) return {Verdict::worse, "face model", "there is none: no faces are found, so face jobs fail", remedy};
  const auto& [file, kind] = **model;
  const bool is_yunet = kind == vision::DetectorKind::yunet;
  if (hex_encode(sha256(read_text(file))) != (is_yunet ? kYuNetSha256 : kFullRangeSha256))
    return {Verdict::worse, "face model", file.string() + " is not the file it should be (its SHA-256 differs)",
            remedy};
  const std::string found = vision::detector_description(kind) + " at " + file.string();
  if (!is_yunet)
    return {Verdict::worse, "face model", found,
            "scripts/setup.sh fetches YuNet, which finds more, where it can be had"};
  return {Verdict::fine, "face model", found, ""};
}

// cumulet-vision links FFmpeg: when it starts, that is here.
Finding check_vision() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path() / "cumulet-vision";
  if (!fs::exists(program))
    return {Verdict::missing, "video", "cumulet-vision is not beside this program: no face jobs",
            "build the target cumulet-vision"};
  const Ran ran = run({"ldd", program.string()});
  if (const auto at = ran.output.find("not found"); ran.status != 0 || at != std::string::npos) {
    const auto begin = at == std::string::npos ? 0 : ran.output.rfind('\n', at) + 1;
    return {Verdict::missing, "video", "cumulet-vision cannot start: " + first_line(ran.output.substr(begin)),
            "scripts/setup.sh installs FFmpeg"};
  }
  return {Verdict::fine, "video", program.string() + " with FFmpeg", ""};
}

Finding check_aws_cli() {
  const auto aws = on_path("aws");
  if (!aws) return {Verdict::worse, "AWS CLI", "not on the PATH: `cumulet aws` cannot work", "apt-get install awscli"};
  const std::string version = first_line(run({aws->string(), "--version"}).output);
  int major = 0, minor = 0;
  const bool known = std::sscanf(version.c_str(), "aws-cli/%d.%d", &major, &minor) == 2;
  std::string what = aws->string() + ", " + version.substr(0, version.find(' '));
  if (known && ((major == 2 && minor < 13) || (major == 1 && minor < 29)))
    what += " (knows no AWS_ENDPOINT_URL: always use `cumulet aws`)";
  return {Verdict::fine, "AWS CLI", what, ""};
}

// PolyBot's worker fetches by it. The sites change often: a yt-dlp of half a year ago fails on some of them.
Finding check_yt_dlp() {
  constexpr int kOldDays = 180;
  const std::string remedy =
      "install a current one (python3 -m venv, then pip install -U yt-dlp) and name it by PolyBot's parameter YtDlp";
  const auto program = on_path("yt-dlp");
  if (!program)
    return {Verdict::worse, "yt-dlp", "not on the PATH: PolyBot cannot fetch videos",
            "apt-get install yt-dlp, or " + remedy};
  const std::string version = first_line(run({program->string(), "--version"}).output);
  int year = 0, month = 0, day = 0;
  if (std::sscanf(version.c_str(), "%4d.%2d.%2d", &year, &month, &day) != 3)
    return {Verdict::worse, "yt-dlp", program->string() + " does not say its version", remedy};
  const std::chrono::sys_days made = std::chrono::year{year} / month / day;
  const auto age = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) - made;
  const std::string what = program->string() + ' ' + version;
  if (age > std::chrono::days{kOldDays})
    return {Verdict::worse, "yt-dlp",
            what + " is " + std::to_string(age.count() / 30) + " months old: YouTube and others may refuse it", remedy};
  return {Verdict::fine, "yt-dlp", what, ""};
}

Finding check_disk() {
  fs::path folder = server::chosen_data_folder();
  const std::string wanted = folder.string();
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (error)
    return {Verdict::missing, "disk", wanted + ": " + error.message(), "give another folder: cumulet up --data"};
  const auto gib = static_cast<double>(space.available) / (1 << 30);
  char text[64];
  std::snprintf(text, sizeof text, "%.1f GiB free for ", gib);
  if (access(folder.c_str(), W_OK) != 0)
    return {Verdict::missing, "disk", wanted + " cannot be written", "give another folder: cumulet up --data"};
  return {gib < 2 ? Verdict::worse : Verdict::fine, "disk", text + wanted,
          "videos need room: cumulet up --data ELSEWHERE"};
}

Finding check_endpoint(const std::string& flag) {
  const auto endpoint = find_endpoint(flag);
  if (!endpoint)
    return {Verdict::missing, "endpoint", endpoint.error().message(), "unset AWS_ENDPOINT_URL, or use --endpoint"};
  const auto answer = get(*endpoint, "/_cumulet/health");
  if (const auto health = answer ? json::parse(answer->body) : json::value{};
      health && json::text_at(*health, "engine") == "cumulet")
    return {Verdict::fine, "endpoint",
            "an engine answers at " + endpoint->url + ", its face detector: " + json::text_at(*health, "face_detector"),
            ""};
  const auto url = boost::urls::parse_uri(endpoint->url);
  const unsigned port = url && url->has_port() ? url->port_number() : 80;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(listener);
  if (free)
    return {Verdict::fine, "endpoint", "nothing runs at " + endpoint->url + ", and its port is free for `cumulet up`",
            ""};
  return {Verdict::missing, "endpoint", "port " + std::to_string(port) + " is taken by something that is no Cumulet",
          "cumulet up --port ANOTHER: the other commands find it by its data folder"};
}

void run_doctor(const std::string& endpoint) {
  int missing = 0;
  for (const Finding& f :
       {check_sandbox(), check_function_network(), check_memory_limits(), check_python(), check_node(), check_vision(),
        check_face_model(), check_aws_cli(), check_yt_dlp(), check_disk(), check_endpoint(endpoint)}) {
    const char* mark = f.verdict == Verdict::fine ? "ok     " : f.verdict == Verdict::worse ? "reduced" : "MISSING";
    std::printf("%s  %-14s %s\n", mark, f.subject.c_str(), printable(f.what).c_str());
    if (f.verdict != Verdict::fine) std::printf("         %-14s → %s\n", "", printable(f.remedy).c_str());
    missing += f.verdict == Verdict::missing;
  }
  if (missing > 0) throw ::CLI::RuntimeError(1);
}

}  // namespace

void add_doctor(::CLI::App& app) {
  const auto endpoint = std::make_shared<std::string>();
  ::CLI::App* command = app.add_subcommand("doctor", "What is missing on this machine, and how to get it");
  add_endpoint_option(*command, *endpoint);
  command->callback([endpoint] { run_doctor(*endpoint); });
}

}  // namespace cumulet::cli
