#include "sdk/credentials.hpp"

#include <charconv>
#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "sdk/errors.hpp"

namespace cumulet::sdk {
namespace {

constexpr Seconds kRenewBefore{300};
constexpr std::string_view kRolesPath = "/latest/meta-data/iam/security-credentials/";

// The JSON both metadata services answer with.
Result<IssuedCredentials> parse_issued(std::string_view text, std::string_view who) {
  const auto parsed = json::parse(text);
  IssuedCredentials out;
  if (parsed.ok()) {
    out.keys = {json::text_at(*parsed, "AccessKeyId"), json::text_at(*parsed, "SecretAccessKey"),
                json::text_at(*parsed, "Token")};
    out.expires = parse_iso8601(json::text_at(*parsed, "Expiration"));
  }
  if (out.keys.access_key_id.empty() || out.keys.secret_access_key.empty())
    return Error{kNoCredentials, std::string(who) + " gave no usable credentials"};
  return out;
}

int number_or(const std::optional<std::string>& text, int fallback) {
  int out = fallback;
  if (text) std::from_chars(text->data(), text->data() + text->size(), out);
  return out > 0 ? out : fallback;
}

bool is_trusted_http(std::string_view url) {
  if (url.starts_with("https://")) return true;
  if (!url.starts_with("http://")) return false;
  auto host = url.substr(7);
  host = host.substr(0, host.find('/'));
  const auto name = host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return name == "localhost" || name.starts_with("127.") || name == "[::1]" || name == "169.254.170.2" ||
         name == "169.254.170.23" || name == "[fd00:ec2::23]";
}

}  // namespace

Result<auth::Credentials> CachedCredentials::get() {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_->now();
  if (kept_ && (!kept_->expires || *kept_->expires - now > kRenewBefore)) return kept_->keys;
  auto fetched = source_->fetch();
  if (fetched.ok()) {
    kept_ = std::move(fetched).value();
    return kept_->keys;
  }
  if (kept_ && *kept_->expires > now) return kept_->keys;
  return std::move(fetched).error();
}

void CachedCredentials::discard() {
  std::lock_guard lock(mutex_);
  kept_.reset();
}

Result<IssuedCredentials> fetch_instance_credentials(const Environment& environment, Transport& transport) {
  if (environment("AWS_EC2_METADATA_DISABLED").value_or("false") == "true")
    return Error{kNoCredentials, "the instance metadata service is disabled (AWS_EC2_METADATA_DISABLED)"};
  std::string endpoint = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const Seconds timeout{number_or(environment("AWS_METADATA_SERVICE_TIMEOUT"), 1)};
  const int attempts = number_or(environment("AWS_METADATA_SERVICE_NUM_ATTEMPTS"), 1);
  const auto ask = [&](const char* method, std::string_view path, std::string name,
                       std::string value) -> Result<std::string> {
    HttpRequest request;
    request.method = method;
    request.url = endpoint + std::string(path);
    request.headers.add(std::move(name), std::move(value));
    request.connect_timeout = timeout;
    request.total_timeout = timeout;
    for (int attempt = 1;; ++attempt) {
      auto response = transport.send(request);
      if (response.ok() && response->status == 200) return std::move(response->body);
      if (attempt < attempts && (!response.ok() || response->status >= 500)) continue;
      if (!response.ok()) return std::move(response).error();
      return Error{kNoCredentials, "the instance metadata service answered " + std::to_string(response->status) +
                                       " to " + std::string(path)};
    }
  };
  CUMULET_TRY(const auto token, ask("PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", "21600"));
  CUMULET_TRY(auto role, ask("GET", kRolesPath, "x-aws-ec2-metadata-token", token));
  role = role.substr(0, role.find_first_of("\r\n"));
  if (role.empty()) return Error{kNoCredentials, "the instance has no role"};
  CUMULET_TRY(const auto keys, ask("GET", std::string(kRolesPath) + role, "x-aws-ec2-metadata-token", token));
  return parse_issued(keys, "the instance metadata service");
}

Result<IssuedCredentials> fetch_container_credentials(const Environment& environment, Transport& transport) {
  HttpRequest request;
  if (const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    request.url = "http://169.254.170.2" + *relative;
  } else if (const auto full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    if (!is_trusted_http(*full))
      return Error{kBadConfiguration, "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, loopback or a container host"};
    request.url = *full;
  } else {
    return Error{kNoCredentials, "no container credentials"};
  }
  auto token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    std::ifstream in(*file);
    std::ostringstream text;
    text << in.rdbuf();
    token = text.str();
    while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
  }
  if (token) request.headers.add("Authorization", *token);
  request.connect_timeout = Milliseconds{2000};
  request.total_timeout = Milliseconds{5000};
  CUMULET_TRY(const auto response, transport.send(request));
  if (response.status != 200)
    return Error{kNoCredentials, "the container's credentials endpoint answered " + std::to_string(response.status)};
  return parse_issued(response.body, "the container's credentials endpoint");
}

}  // namespace cumulet::sdk
