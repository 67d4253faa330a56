#include "cmd/cumulet/endpoint.hpp"

#include <CLI/CLI.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/terminal.hpp"
#include "cloudformation/caller.hpp"
#include "cmd/cumulet/deploy/sdk_caller.hpp"
#include "sdk/errors.hpp"
#include "server/config.hpp"
#include "server/data_folder.hpp"
#include "server/root_credentials.hpp"

namespace cumulet::cli {
namespace {

constexpr ErrorKind kBadEndpoint{"BadEndpoint", 400};
constexpr const char* kDefaultEndpoint = "http://127.0.0.1:4566";

std::string variable(const char* name, std::string fallback = {}) {
  const char* value = std::getenv(name);
  return value && *value ? value : std::move(fallback);
}

struct Choice {
  std::string url, source;
};

Choice chosen(const std::string& flag) {
  if (!flag.empty()) return {flag, "--endpoint"};
  for (const char* name : {"CUMULET_ENDPOINT", "AWS_ENDPOINT_URL"})
    if (std::string url = variable(name); !url.empty()) return {std::move(url), name};
  const std::filesystem::path data = server::chosen_data_folder();
  if (auto engine = server::running_engine(data); engine && !engine->endpoint.empty())
    return {std::move(engine->endpoint), "the data folder " + data.string()};
  return {kDefaultEndpoint, {}};
}

// The key that an engine made for its root. Another user's folder is none of ours; what is there and cannot be read is
// worth saying only where the user named it.
Result<std::optional<auth::Credentials>> kept_root_key() {
  auto kept = server::read_root_credentials(server::chosen_data_folder());
  if (!kept.ok() && variable("CUMULET_DATA").empty()) return std::optional<auth::Credentials>{};
  return kept;
}

}  // namespace

Result<Endpoint> find_endpoint(const std::string& flag) {
  auto [url_text, source] = chosen(flag);
  Endpoint e{.url = std::move(url_text),
             .source = std::move(source),
             .region = {},
             .access_key_id = "test",
             .secret_access_key = "test",
             .session_token = {}};
  while (e.url.ends_with('/')) e.url.pop_back();
  const auto url = boost::urls::parse_uri(e.url);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty())
    return Error{kBadEndpoint, "the endpoint " + e.url + " is no http:// or https:// URL"};
  for (const char* own : {"amazonaws.com", "amazonaws.com.cn", "api.aws"})
    if (url->host() == own || url->host().ends_with(std::string(".") + own))
      return Error{kBadEndpoint, "the endpoint " + e.url + " is AWS itself; use AWS's own tools for that"};
  e.region = variable("AWS_REGION", variable("AWS_DEFAULT_REGION", "us-east-1"));
  if (const std::string id = variable("AWS_ACCESS_KEY_ID"); !id.empty()) {
    e.access_key_id = id;
    e.secret_access_key = variable("AWS_SECRET_ACCESS_KEY");
    e.session_token = variable("AWS_SESSION_TOKEN");
  } else if (const std::string root = variable("CUMULET_ROOT_ACCESS_KEY_ID"); !root.empty()) {
    e.access_key_id = root;
    e.secret_access_key = variable("CUMULET_ROOT_SECRET_ACCESS_KEY");
  } else {
    CUMULET_TRY(const auto kept, kept_root_key());
    if (kept) {
      e.access_key_id = kept->access_key_id;
      e.secret_access_key = kept->secret_access_key;
    }
  }
  return e;
}

Result<sdk::Client> client_of(const Endpoint& endpoint) {
  sdk::ClientOptions options;
  const auth::Credentials keys{endpoint.access_key_id, endpoint.secret_access_key, endpoint.session_token};
  options.credentials = std::make_shared<sdk::StaticCredentials>(keys);
  options.region = endpoint.region;
  options.endpoint = endpoint.url;
  // No profile is read: what is in ~/.aws is for AWS.
  const auto nothing = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  CUMULET_TRY(sdk::Settings settings, sdk::Settings::load(nothing));
  options.settings = std::make_shared<const sdk::Settings>(std::move(settings));
  return sdk::Client::create(std::move(options));
}

Result<cloudformation::Environment> environment_of(sdk::Client& client, const Endpoint& endpoint) {
  CUMULET_TRY(const std::string identity, client.query("sts", "GetCallerIdentity", {}));
  cloudformation::Environment e;
  e.account_id = cloudformation::member_text(deploy::query_output(identity, "GetCallerIdentity"), "Account");
  e.region = endpoint.region;
  if (endpoint.region.starts_with("cn-")) {
    e.partition = "aws-cn";
    e.url_suffix = "amazonaws.com.cn";
  } else if (endpoint.region.starts_with("us-gov-")) {
    e.partition = "aws-us-gov";
  }
  return e;
}

Result<sdk::HttpResponse> get(const Endpoint& endpoint, const std::string& path) {
  const auto transport = sdk::curl_transport();
  sdk::HttpRequest request;
  request.url = endpoint.url + path;
  request.total_timeout = Milliseconds{5'000};
  return transport->send(request);
}

json::object health_of(const Endpoint& endpoint) {
  const std::string where = endpoint.url + (endpoint.source.empty() ? "" : " (" + endpoint.source + ")");
  const auto answer = get(endpoint, "/_cumulet/health");
  if (!answer && answer.error().is(sdk::kConnectFailed))
    fail("no engine answers at " + where + ": is it running? Start it with `cumulet up`");
  if (!answer) fail("what listens at " + where + " does not speak HTTP: " + answer.error().message());
  const auto body = json::parse(answer->body);
  if (answer->status == 200 && body && json::text_at(*body, "engine") == "cumulet") return body->as_object();
  const std::string_view server = answer->headers.get_or("server", "");
  fail("what answers at " + where + " is no Cumulet engine (HTTP " + std::to_string(answer->status) +
       (server.empty() ? "" : ", it calls itself " + std::string(server.substr(0, 60))) +
       "): name yours by --endpoint or CUMULET_ENDPOINT, or start one with `cumulet up --port ANOTHER`");
}

void add_endpoint_option(CLI::App& command, std::string& value) {
  command.add_option("--endpoint", value,
                     "The engine's URL [CUMULET_ENDPOINT, AWS_ENDPOINT_URL, the data folder's engine, http://127.0.0.1:4566]");
}

void fail(const Error& error) { fail(error.is(kBadEndpoint) ? error.message() : cloudformation::described(error)); }

void fail(const std::string& message) {
  std::fprintf(stderr, "cumulet: %s\n", printable(message, LineEnds::kept).c_str());
  throw ::CLI::RuntimeError(1);
}

}  // namespace cumulet::cli
