#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include "base/log.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/detach.hpp"
#include "cmd/cumulet/recovery_options.hpp"
#include "cmd/cumulet/stop_signals.hpp"
#include "server/face_model.hpp"
#include "server/server.hpp"

namespace cumulet::cli {
namespace {

struct UpFlags {
  server::Config config;
  std::string data;
  std::string face_model;
  std::vector<std::string> function_hosts;
  std::string function_network = "outside";
  int face_job_minutes = 180;
  std::string image_index = "refuse";
  std::string root_key;
  std::string root_secret;
  std::string log_level = "info";
  bool is_detached = false;
  int wait_seconds = 60;
};

// Connections, blobs being sent, functions' pipes: as many descriptors as the machine lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log::warn("cannot raise the limit of open files");
}

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "cumulet up: " << why << '\n';
  throw CLI::RuntimeError(1);
}

void finish(UpFlags& flags) {
  server::Config& config = flags.config;
  config.data = flags.data.empty() ? server::chosen_data_folder() : std::filesystem::path(flags.data);
  std::optional<std::filesystem::path> named;
  if (!flags.face_model.empty()) named = flags.face_model;
  auto model = server::find_face_model(named);
  if (!model.ok()) fail(model.error().message());
  config.face_model = std::move(model).value();
  if (flags.function_network == "engine") config.function_network = server::FunctionNetwork::engine;
  if (flags.image_index == "accept") config.image_index = server::ImageIndex::accept;
  for (const auto& text : flags.function_hosts) {
    auto host = server::parse_function_host(text);
    if (!host.ok()) fail("--function-hosts: " + host.error().message());
    config.function_hosts.push_back(std::move(host).value());
  }
  config.face_job_limit = std::chrono::minutes(flags.face_job_minutes);
  if (flags.root_key.empty() != flags.root_secret.empty())
    fail("root credentials need both an access key id and a secret");
  if (!flags.root_key.empty()) config.root = auth::Credentials{flags.root_key, flags.root_secret, {}};
}

// Empty: it is a port.
std::string port_problem(const std::string& text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size() && port <= 65'535) return {};
  return text + " is no port: a number from 0 to 65535 is";
}

std::string hint_of(const Error& error) {
  if (error.code() != "ListenFailed" || error.message().find("in use") == std::string::npos) return {};
  return "; is another engine running there (cumulet status)? --port chooses another port";
}

void up(UpFlags& flags) {
  if (!log::start(flags.log_level)) fail("--log-level is one of trace, debug, info, warn, error, off");
  finish(flags);
  std::optional<Detached> detached;
  if (flags.is_detached) detached = Detached::fork_child(flags.wait_seconds);
  raise_descriptor_limit();
  ::umask(
      022);  // functions, of other users on the host, read what is unpacked for them; the data folder itself is closed
  ::mallopt(M_ARENA_MAX, 2);  // an arena for each thread would cost more memory than it saves time
  const sigset_t stop_signals = block_stop_signals();

  auto started = server::Server::start(flags.config);
  if (!started.ok()) fail(started.error().message() + hint_of(started.error()));
  const std::unique_ptr<server::Server> engine = std::move(started).value();
  std::cout << "Cumulet " CUMULET_VERSION " is ready at " << engine->endpoint() << '\n'
            << "Face detector: " << engine->face_detector() << '\n';
  if (engine->root_file())
    std::cout << "Root key: kept in " << engine->root_file()->string()
              << "; other commands find it with CUMULET_DATA=" << engine->root_file()->parent_path().string() << '\n';
  if (const auto chat = engine->chat_page()) std::cout << "Chat: " << *chat << '\n';
  if (detached)
    std::cout << "It runs in the background: `cumulet stop` ends it, its log is "
              << (engine->data_folder() / "engine.log").string() << '\n';
  std::cout << std::flush;  // at once: who reads the first line has them all
  if (detached) detached->ready(engine->data_folder());

  wait_for_stop(stop_signals);
  engine->stop();
}

}  // namespace

void add_up(CLI::App& app) {
  auto flags = std::make_shared<UpFlags>();
  CLI::App* command = app.add_subcommand("up", "Run the engine until SIGTERM or Ctrl-C");
  command
      ->add_option("--host", flags->config.host, "Address to listen on; any other than loopback takes known keys only")
      ->capture_default_str();
  command->add_option("--port", flags->config.port, "Port to listen on; 0: any free one")
      ->capture_default_str()
      ->check(CLI::Validator(&port_problem, "0-65535"));
  command
      ->add_option("--allow-host", flags->config.allowed_hosts,
                   "A name this engine goes by beside localhost and IP addresses, with all names below it; may be "
                   "repeated")
      ->allow_extra_args(false);
  command->add_option("--data", flags->data,
                      "Data folder [CUMULET_DATA, " + server::default_data_folder().string() + "]");
  command
      ->add_flag("--ephemeral", flags->config.is_ephemeral,
                 "Keep everything in a temporary folder and forget it at the end")
      ->excludes("--data");
  add_recovery_options(*command, flags->config.recovery);
  command->add_option("--face-model", flags->face_model, "Face model: the file of YuNet (ONNX) or of MediaPipe full range (TensorFlow Lite)")
      ->envname("CUMULET_FACE_MODEL");
  command
      ->add_option("--face-job-limit", flags->face_job_minutes,
                   "Minutes that looking for faces in one video may take; over them its job fails")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'080));
  command
      ->add_option(
          "--root-access-key-id", flags->root_key,
          "Access key of the root (default: test; where authentication is required, one that the data folder keeps)")
      ->envname("CUMULET_ROOT_ACCESS_KEY_ID");
  command->add_option("--root-secret-access-key", flags->root_secret, "Its secret; better by environment")
      ->envname("CUMULET_ROOT_SECRET_ACCESS_KEY");
  command->add_flag("--require-authentication", flags->config.requires_authentication,
                    "Refuse unknown keys and unsigned requests, on loopback too");
  command
      ->add_option("--function-network", flags->function_network,
                   "What functions reach: outside (this engine and other machines) or engine (this engine alone)")
      ->check(CLI::IsMember({"outside", "engine"}))
      ->envname("CUMULET_FUNCTION_NETWORK");
  command
      ->add_option(
          "--function-hosts", flags->function_hosts,
          "HOST:PORT of this machine's network that functions may reach too, as 127.0.0.1:PORT; several with commas")
      ->delimiter(',')
      ->envname("CUMULET_FUNCTION_HOSTS");
  command
      ->add_option("--image-index", flags->image_index,
                   "What becomes of a function's image that is an index for several platforms: refuse, as AWS does, or "
                   "accept (the image of the function's architecture is taken)")
      ->check(CLI::IsMember({"refuse", "accept"}))
      ->capture_default_str()
      ->envname("CUMULET_IMAGE_INDEX");
  command
      ->add_option("--chat-token", flags->config.chat_token,
                   "Token of the chat's bot (default: the data folder's own, made by the first use)")
      ->envname("CUMULET_CHAT_TOKEN");
  command
      ->add_flag("--sqs-hold-names", flags->config.holds_deleted_queue_names,
                 "Refuse a deleted queue's name for 60 seconds, as AWS does (QueueDeletedRecently)")
      ->envname("CUMULET_SQS_HOLD_NAMES");
  auto* detach = command->add_flag("--detach", flags->is_detached,
                                   "Go on in the background once the engine answers; `cumulet stop` ends it");
  command->add_option("--wait", flags->wait_seconds, "With --detach: how many seconds it may take until it answers")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400))
      ->needs(detach);
  command->add_option("--log-level", flags->log_level, "trace, debug, info, warn, error or off")->capture_default_str();
  command->callback([flags] { up(*flags); });
}

}  // namespace cumulet::cli
