#include "server/server.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/thread_pool.hpp>
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
#include "server/data_folder.hpp"
#include "server/root_credentials.hpp"
#include "server/services.hpp"
#include "storage/blob_store.hpp"
#include "storage/state_folder.hpp"

namespace cumulet::server {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds kStopGrace{2'000};  // for requests in flight

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
struct Server::Impl {
  explicit Impl(Config c) : config(std::move(c)) {}

  Result<void> build();
  Result<void> open_storage();
  Result<void> choose_root();
  Result<void> listen();
  std::vector<gateway::Site> sites();
  http::Response health() const;
  void stop();

  Config config;
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
  std::shared_ptr<gateway::RequestMetrics> metrics;
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<net::HttpServer> http;
  std::uint16_t port = 0;
  std::string endpoint;
  std::optional<std::filesystem::path> root_file;
  bool stopped = false;
};

Result<void> Server::Impl::build() {
  CUMULET_CHECK(check(config));
  CUMULET_CHECK(open_storage());
  CUMULET_CHECK(choose_root());
  Ground ground{config, folder->path(), state->database(),     *blobs, state->orphans(), clock,
                timers, io.executor(),  workers.get_executor()};
  CUMULET_TRY(services, Services::build(std::move(ground)));
  chat = std::make_unique<ChatSites>(config, folder->path(), io.executor(), workers.get_executor());
  CUMULET_CHECK(listen());
  runtime::InsideService inside{port, [this](int listening_socket) {
                                  return http->serve(listening_socket, gateway->handler(gateway::Door::function));
                                }};
  CUMULET_CHECK(services->start(endpoint, std::move(inside)));
  http->accept();
  return {};
}

Result<void> Server::Impl::open_storage() {
  CUMULET_TRY(folder, config.is_ephemeral ? DataFolder::open_ephemeral() : DataFolder::open(config.data));
  const auto durability = config.is_ephemeral ? storage::Durability::ephemeral : storage::Durability::full;
  CUMULET_TRY(state, storage::StateFolder::open(folder->path(), state_layout(), durability, config.recovery));
  CUMULET_TRY(blobs, storage::BlobStore::open(folder->path() / "blobs", !config.is_ephemeral, state->orphans()));
  return {};
}

// Before anything was made of the configuration.
Result<void> Server::Impl::choose_root() {
  if (!is_closed(config) || config.root) return {};
  CUMULET_TRY(config.root, keep_root_credentials(folder->path(), system_random()));
  root_file = root_credentials_file(folder->path());
  return {};
}

Result<void> Server::Impl::listen() {
  metrics = std::make_shared<gateway::RequestMetrics>();
  metrics->add_gauges([this] { return services->gauges(); });
  gateway::Options options;
  if (is_closed(config)) options.unknown_keys = gateway::UnknownKeys::are_refused;
  options.allowed_hosts = config.allowed_hosts;
  if (gateway::is_host_name(config.host)) options.allowed_hosts.push_back(config.host);  // its owner chose it
  options.metrics = metrics;
  options.on_failure = [this](const gateway::FailedRequest& failed) {
    // Who asks whether something is there, or only if it has changed, expects these.
    const bool is_expected = failed.status == 404 || failed.status == 412;
    if (!is_expected) services->note(failed);
  };
  std::vector<const wire::ServiceDescriptor*> descriptors;
  for (const auto& service : services->descriptors()) descriptors.push_back(&service);
  gateway = std::make_unique<gateway::Gateway>(std::move(options), std::move(descriptors), services->keys(), clock,
                                               workers.get_executor(), gateway::Authorizer{}, sites());
  http = std::make_unique<net::HttpServer>(io.executor(), net::ServerLimits{}, gateway->handler(gateway::Door::port),
                                           gateway->refusal_writer());
  CUMULET_TRY(port, http->bind(config.host, config.port));
  endpoint = "http://" + url_host(config.host) + ':' + std::to_string(port);
  return {};
}

std::vector<gateway::Site> Server::Impl::sites() {
  std::vector<gateway::Site> list = chat->sites();
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
  gateway::Site registry;
  registry.prefix = "/v2/";
  registry.handle = [this](const gateway::SiteRequest& request) {
    return services->registry(request.head, request.body);
  };
  registry.visitors = gateway::SiteFor::anyone;  // it asks for logins of its own
  list.push_back(std::move(registry));
  list.push_back(
      gateway::page("/_cumulet/packages/", [this](const http::RequestHead& head) { return services->package(head); }));
  return list;
}

http::Response Server::Impl::health() const {
  json::object names;
  for (const auto& service : services->descriptors()) names[std::string(service.name)] = "running";
  json::object body;
  body["version"] = CUMULET_VERSION;
  body["services"] = std::move(names);
  body["uptime"] = static_cast<double>((clock.steady() - started).count()) / 1000;
  body["face_detector"] = services->face_detector();
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = http::Body(json::text(body) + "\n");
  return response;
}

// From the outside in: no new requests, those running get a moment, then what works on its own.
void Server::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (chat) chat->stop();
  if (services) services->end_watching();
  if (http) {
    http->stop(kStopGrace);
    if (!http->wait_stopped(kStopGrace + Milliseconds{1'000})) log::warn("some requests did not end in time");
  }
  if (services) services->stop();
  workers.join();
  io.stop();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(Config config) {
  auto impl = std::make_unique<Impl>(std::move(config));
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  CUMULET_CHECK(server->impl_->build());
  return server;
}

const std::string& Server::endpoint() const { return impl_->endpoint; }
std::optional<std::string> Server::chat_page() const {
  const std::string& host = impl_->config.host;
  const bool is_any = host == "0.0.0.0" || host == "::";
  if (!is_any && !is_loopback(host)) return std::nullopt;
  return "http://" + (is_any ? "127.0.0.1" : url_host(host)) + ':' + std::to_string(impl_->port) +
         std::string(kChatSite);
}
const std::optional<std::filesystem::path>& Server::root_file() const { return impl_->root_file; }
std::string Server::face_detector() const { return impl_->services->face_detector(); }
void Server::stop() { impl_->stop(); }

}  // namespace cumulet::server
