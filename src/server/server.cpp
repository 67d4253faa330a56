#include "server/server.hpp"

#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "base/log.hpp"
#include "gateway/gateway.hpp"
#include "gateway/own_sites.hpp"
#include "gateway/sites.hpp"
#include "net/asio_timers.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"
#include "readapi/read_api.hpp"
#include "server/chat_sites.hpp"
#include "server/console_sites.hpp"
#include "server/data_folder.hpp"
#include "server/root_credentials.hpp"
#include "server/services.hpp"
#include "storage/blob_store.hpp"
#include "storage/state_folder.hpp"
#include "web/application.hpp"

namespace cumulet::server {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds kStopGrace{2'000};  // for requests in flight
constexpr Milliseconds kResetGrace{20};    // for the answer to the one that asked; others ask what is no more there
constexpr std::string_view kResetPath = "/_cumulet/v1/reset";

Result<void> check(const Config& config) {
  if (!config.chat_token.empty() && !chat::is_token(config.chat_token))
    return Error{
        kBadConfig,
        "--chat-token looks like 123456:ABC-def_1 (digits, a colon, letters, digits, - and _), as a bot's does"};
  for (const std::string& name : config.allowed_hosts)
    if (!gateway::is_host_name(name))
      return Error{kBadConfig,
                   "--allow-host takes a host's name without a port, like engine.lan, not \"" + name + "\""};
  if (is_closed(config) && config.root && is_well_known(*config.root))
    return Error{
        kBadConfig,
        "Refusing the secret \"test\" where a key has to protect something: everybody knows it. Choose another "
        "one, or leave CUMULET_ROOT_* out: the engine then makes a key and keeps it in the data folder."};
  return {};
}

// Where this machine's own programs find an engine that listens on every address.
std::string reached_at(const std::string& host) {
  return host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
}

std::string url_host(const std::string& host) { return host.find(':') == host.npos ? host : '[' + host + ']'; }

}  // namespace

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code ec;
  auto address = asio::ip::make_address(host, ec);
  if (ec) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.is_loopback();
}

bool is_closed(const Config& config) { return config.requires_authentication || !is_loopback(config.host); }

// Members in the order of their making; each uses only what stands above it. Destroyed in reverse.
struct Server::Engine {
  explicit Engine(Config c) : config(std::move(c)) {}

  Result<void> build();
  Result<void> open_storage();
  Result<void> choose_root();
  Result<void> listen();
  // What answers requests that come in by that door: functions' own URLs, else the gateway.
  net::RequestHandler handler(gateway::Door door);
  std::vector<gateway::Site> sites();
  http::Response health() const;
  awaitable<http::Response> reset(const http::RequestHead& head);
  void stop(Milliseconds grace);

  Config config;
  std::function<void()> on_reset;  // everything is to go, and this engine to end; on the I/O thread
  int inherited_socket = -1;       // of the engine before this one; taken by listen()
  SystemClock clock;
  const TimePoint started = clock.steady();
  std::unique_ptr<DataFolder> folder;
  std::unique_ptr<storage::StateFolder> state;
  std::unique_ptr<storage::BlobStore> blobs;
  net::IoThread io{"cumulet-io"};
  asio::thread_pool workers{16};  // most wait for the disk: more of them make larger group commits
  net::AsioTimers timers{io.executor()};

  std::unique_ptr<Services> services;
  std::unique_ptr<ChatSites> chat;
  std::unique_ptr<ConsoleSites> console;
  std::shared_ptr<gateway::RequestMetrics> metrics;
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<net::HttpServer> http;
  std::uint16_t port = 0;
  std::string endpoint;
  std::optional<std::filesystem::path> root_file;
  bool is_resetting = false;
  bool stopped = false;
};

Result<void> Server::Engine::build() {
  CUMULET_CHECK(check(config));
  CUMULET_CHECK(open_storage());
  CUMULET_CHECK(choose_root());
  Ground ground{config, folder->path(), state->database(),     *blobs, state->orphans(), clock,
                timers, io.executor(),  workers.get_executor()};
  CUMULET_TRY(services, Services::build(std::move(ground)));
  chat = std::make_unique<ChatSites>(config, folder->path(), io.executor(), workers.get_executor());
  console = std::make_unique<ConsoleSites>(is_closed(config) ? Sessions::by_code : Sessions::for_this_machine,
                                           gateway::Options{}.default_region, clock, system_random());
  CUMULET_CHECK(listen());
  runtime::InsideService inside{
      port, [this](int listening_socket) { return http->serve(listening_socket, handler(gateway::Door::function)); }};
  CUMULET_CHECK(services->start(endpoint, std::move(inside)));
  http->accept();
  folder->note_endpoint("http://" + url_host(reached_at(config.host)) + ':' + std::to_string(port));
  return {};
}

Result<void> Server::Engine::open_storage() {
  if (!folder) {
    CUMULET_TRY(folder, config.is_ephemeral ? DataFolder::open_ephemeral() : DataFolder::open(config.data));
  }
  const auto durability = config.is_ephemeral ? storage::Durability::ephemeral : storage::Durability::full;
  CUMULET_TRY(state, storage::StateFolder::open(folder->path(), state_layout(), durability, config.recovery));
  CUMULET_TRY(blobs, storage::BlobStore::open(folder->path() / "blobs", !config.is_ephemeral, state->orphans()));
  return {};
}

// Before anything was made of the configuration.
Result<void> Server::Engine::choose_root() {
  if (!is_closed(config) || config.root) return {};
  CUMULET_TRY(config.root, keep_root_credentials(folder->path(), system_random()));
  root_file = root_credentials_file(folder->path());
  return {};
}

Result<void> Server::Engine::listen() {
  metrics = std::make_shared<gateway::RequestMetrics>();
  metrics->add_gauges([this] { return services->gauges(); });
  gateway::Options options;
  if (is_closed(config)) options.unknown_keys = gateway::UnknownKeys::are_refused;
  options.allowed_hosts = config.allowed_hosts;
  if (gateway::is_host_name(config.host)) options.allowed_hosts.push_back(config.host);  // its owner chose it
  options.metrics = metrics;
  options.front_page = web::kConsolePrefix;
  options.on_failure = [this](const gateway::FailedRequest& failed) {
    // Who asks whether something is there, or only if it has changed, expects these.
    const bool is_expected = failed.status == 404 || failed.status == 412;
    if (!is_expected) services->note(failed);
  };
  std::vector<const wire::ServiceDescriptor*> descriptors;
  for (const auto& service : services->descriptors()) descriptors.push_back(&service);
  gateway = std::make_unique<gateway::Gateway>(std::move(options), std::move(descriptors), services->keys(), clock,
                                               workers.get_executor(), gateway::Authorizer{}, sites());
  http = std::make_unique<net::HttpServer>(io.executor(), net::ServerLimits{}, handler(gateway::Door::port),
                                           gateway->refusal_writer());
  const int socket = std::exchange(inherited_socket, -1);
  CUMULET_TRY(port, socket >= 0 ? http->adopt(socket) : http->bind(config.host, config.port));
  endpoint = "http://" + url_host(config.host) + ':' + std::to_string(port);
  return {};
}

net::RequestHandler Server::Engine::handler(gateway::Door door) {
  return [this, others = gateway->handler(door)](const http::RequestHead& head, http::BodyStream& body) {
    return Services::is_function_url(head) ? services->function_url(head, body) : others(head, body);
  };
}

std::vector<gateway::Site> Server::Engine::sites() {
  std::vector<gateway::Site> list = chat->sites();
  for (gateway::Site& site : console->sites(*services)) list.push_back(std::move(site));
  list.push_back(gateway::page(
      "/_cumulet/health", [this](const http::RequestHead&) { return health(); }, gateway::SiteFor::anyone));
  // For probes that ask often: two bytes, nothing computed.
  list.push_back(gateway::page(
      "/_cumulet/live",
      [](const http::RequestHead&) {
        http::Response response;
        response.body = http::Body(std::string("ok"));
        return response;
      },
      gateway::SiteFor::anyone));
  list.push_back(gateway::page("/_cumulet/metrics", [this](const http::RequestHead&) {
    http::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = http::Body(metrics->text());
    return response;
  }));
  gateway::Site read_api;
  read_api.prefix = readapi::kPrefix;
  read_api.handle = [this](const gateway::SiteRequest& request) { return services->read(request.head); };
  list.push_back(std::move(read_api));
  gateway::Site feed;
  feed.prefix = std::string(readapi::kPrefix) + "feed";
  feed.handle = [this](const gateway::SiteRequest& request) { return services->read(request.head); };
  feed.presigned_for = "cumulet-feed";
  list.push_back(std::move(feed));
  gateway::Site reset_site;
  reset_site.prefix = kResetPath;
  reset_site.handle = [this](const gateway::SiteRequest& request) { return reset(request.head); };
  reset_site.visitors = gateway::SiteFor::people;
  list.push_back(std::move(reset_site));
  gateway::Site registry;
  registry.prefix = "/v2/";
  registry.handle = [this](const gateway::SiteRequest& request) -> awaitable<http::Response> {
    http::Response response = co_await services->registry(request.head, request.body);
    gateway::shield_document(request.head, response);  // who pushed a manifest named its type
    co_return response;
  };
  registry.visitors = gateway::SiteFor::anyone;  // it asks for logins of its own
  list.push_back(std::move(registry));
  list.push_back(
      gateway::page("/_cumulet/packages/", [this](const http::RequestHead& head) { return services->package(head); }));
  return list;
}

http::Response Server::Engine::health() const {
  json::object names;
  for (const auto& service : services->descriptors()) names[std::string(service.name)] = "running";
  json::object body;
  body["version"] = CUMULET_VERSION;
  body["services"] = std::move(names);
  body["uptime"] = static_cast<double>((clock.steady() - started).count()) / 1000;
  body["engine"] = "cumulet";
  body["face_detector"] = services->face_detector();
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = http::Body(json::text(body) + "\n");
  return response;
}

// When this answers, nobody is served any more: who comes next waits for the empty engine.
awaitable<http::Response> Server::Engine::reset(const http::RequestHead& head) {
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  if (head.method != "POST") {
    response.status = 405;
    response.headers.add("Allow", "POST");
    response.body = http::Body(
        std::string(R"({"error":{"code":"MethodNotAllowed","message":"POST empties this engine."}})") + "\n");
    co_return response;
  }
  if (!std::exchange(is_resetting, true)) {
    inherited_socket = http->share_socket();
    http->stop(kResetGrace);
    co_await asio::post(io.executor(), asio::use_awaitable);  // behind what that posted
    log::warn("everything in this engine is deleted (POST {})", kResetPath);
    on_reset();
  }
  response.body = http::Body(std::string(R"({"reset":"everything"})") + "\n");
  response.close = true;
  co_return response;
}

// From the outside in: no new requests, those running get a moment, then what works on its own.
void Server::Engine::stop(Milliseconds grace) {
  if (std::exchange(stopped, true)) return;
  if (chat) chat->stop();
  if (services) services->end_watching();
  if (http) {
    http->stop(grace);
    if (!http->wait_stopped(grace + Milliseconds{1'000})) log::warn("some requests did not end in time");
  }
  if (services) services->stop();
  workers.join();
  io.stop();
}

// Holds the engine that runs, and puts an empty one in its place.
class Server::Keeper {
 public:
  explicit Keeper(Config config) : config_(std::move(config)) {}
  ~Keeper() { stop(); }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  Result<void> start() {
    CUMULET_CHECK(begin(nullptr, -1));
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    {
      std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    news_.notify_one();
    if (thread_.joinable()) thread_.join();
    if (engine_) engine_->stop(kStopGrace);
  }

  // `ask` is answered by the engine that runs.
  template <class Ask>
  auto of(Ask ask) const {
    std::lock_guard lock(mutex_);
    return ask(*engine_);
  }

 private:
  Result<void> begin(std::unique_ptr<DataFolder> folder, int socket) {
    engine_ = std::make_unique<Engine>(config_);
    engine_->folder = std::move(folder);
    engine_->inherited_socket = socket;
    engine_->on_reset = [this] {
      std::lock_guard lock(mutex_);
      is_reset_wanted_ = true;
      news_.notify_one();
    };
    return engine_->build();
  }

  // Ends the engine and begins an empty one on the same folder, at the same socket.
  Result<void> begin_anew() {
    engine_->stop(kResetGrace);
    std::unique_ptr<DataFolder> folder = std::move(engine_->folder);
    const int socket = std::exchange(engine_->inherited_socket, -1);
    config_.port = engine_->port;
    engine_.reset();
    CUMULET_CHECK(folder->empty());
    return begin(std::move(folder), socket);
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      news_.wait(lock, [this] { return is_over_ || is_reset_wanted_; });
      if (is_over_) return;
      is_reset_wanted_ = false;
      const auto began = std::chrono::steady_clock::now();
      if (const Result<void> begun = begin_anew(); !begun.ok()) {
        log::error("the engine cannot begin anew and ends: {}", begun.error().message());
        ::kill(::getpid(), SIGTERM);
        return;
      }
      log::info("an empty engine answers after {} ms",
                std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began).count());
    }
  }

  Config config_;
  std::unique_ptr<Engine> engine_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  bool is_over_ = false;
  bool is_reset_wanted_ = false;
  std::thread thread_;
};

Server::Server(std::unique_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(Config config) {
  std::unique_ptr<Server> server(new Server(std::make_unique<Keeper>(std::move(config))));
  CUMULET_CHECK(server->keeper_->start());
  return server;
}

std::string Server::endpoint() const {
  return keeper_->of([](const Engine& engine) { return engine.endpoint; });
}
std::optional<std::string> Server::chat_page() const {
  return keeper_->of([](const Engine& engine) -> std::optional<std::string> {
    const std::string& host = engine.config.host;
    const bool is_any = host == "0.0.0.0" || host == "::";
    if (!is_any && !is_loopback(host)) return std::nullopt;
    return "http://" + (is_any ? "127.0.0.1" : url_host(host)) + ':' + std::to_string(engine.port) +
           std::string(kChatSite);
  });
}
std::filesystem::path Server::data_folder() const {
  return keeper_->of([](const Engine& engine) { return engine.folder->path(); });
}
std::optional<std::filesystem::path> Server::root_file() const {
  return keeper_->of([](const Engine& engine) { return engine.root_file; });
}
std::string Server::face_detector() const {
  return keeper_->of([](const Engine& engine) { return engine.services->face_detector(); });
}
void Server::stop() { keeper_->stop(); }

}  // namespace cumulet::server
