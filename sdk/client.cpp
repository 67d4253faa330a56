#include "sdk/client.hpp"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "aws/auth/digest.hpp"
#include "base/encoding.hpp"
#include "sdk/errors.hpp"
#include "sdk/parse_error.hpp"
#include "sdk/retry.hpp"
#include "sdk/runtime/trace.hpp"
#include "sdk/services.hpp"

namespace cumulet::sdk {
namespace {

constexpr std::string_view kUserAgent = "cumulet-sdk/" CUMULET_VERSION " lang/c++";

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

Result<std::string> hash_of(const FilePart& part) {
  auth::Sha256 hash;
  std::string buffer(256 * 1024, '\0');
  std::uint64_t done = 0;
  while (done < part.length) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), part.length - done));
    const auto got = ::pread(part.fd, buffer.data(), want, static_cast<off_t>(part.offset + done));
    if (got <= 0) return Error{kFileFailed, "the file to send became shorter or could not be read"};
    hash.update({buffer.data(), static_cast<std::size_t>(got)});
    done += static_cast<std::uint64_t>(got);
  }
  return hash.finish_hex();
}

bool fits_host_name(std::string_view bucket) {  // a dot would break the certificate's wildcard
  return bucket.find('.') == std::string_view::npos &&
         std::none_of(bucket.begin(), bucket.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

struct Target {
  std::string base;  // "https://bucket.s3.eu-west-1.amazonaws.com"
  std::string host;
  std::string path_and_query;
};

}  // namespace

struct Client::Impl {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<Transport> transport;
  std::unique_ptr<CachedCredentials> credentials;
  std::string region;
  std::optional<std::string> endpoint;
  int max_attempts = 3;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  std::function<void(Milliseconds)> sleep;
  RetryQuota quota;
  std::mutex skew_mutex;
  Milliseconds skew{0};  // the service's clock minus ours, once it complained

  std::optional<std::string> configured_endpoint(const ServiceInfo& service) const {
    return endpoint ? endpoint : settings->endpoint_url(service.id);
  }
  std::string endpoint_of(const ServiceInfo& service) const {
    if (auto url = configured_endpoint(service)) return *url;
    if (service.name == "iam") return "https://iam.amazonaws.com";
    return "https://" + std::string(service.name) + '.' + region + ".amazonaws.com";
  }
  auth::Scope scope_of(const ServiceInfo& service, TimePoint now) const {
    const auto name = service.global_region.empty() ? std::string_view(region) : service.global_region;
    return {basic_date(now), std::string(name), std::string(service.name)};
  }

  Target target_of(const ServiceInfo& service, const RestRequest& request) const {
    Target out;
    out.base = endpoint_of(service);
    std::string path = request.path;
    if (!request.bucket.empty()) {
      if (!configured_endpoint(service) && fits_host_name(request.bucket))
        out.base.insert(out.base.find("://") + 3, request.bucket + '.');
      else
        path = '/' + request.bucket + (path == "/" ? "" : path);
    }
    const auto start = out.base.find("://") + 3;
    const auto slash = out.base.find('/', start);
    out.host = out.base.substr(start, slash - start);
    if (slash != std::string::npos) {  // an endpoint below a path
      path = out.base.substr(slash) + path;
      out.base.resize(slash);
    }
    out.path_and_query = path;
    if (!request.query.empty()) out.path_and_query += '?' + request.query;
    return out;
  }

  TimePoint now() {
    std::lock_guard lock(skew_mutex);
    return clock->now() + skew;
  }

  // Signs and sends once.
  Result<HttpResponse> attempt(const ServiceInfo& service, const RestRequest& request,
                               const std::function<bool(std::string_view)>& sink, std::string_view payload_hash,
                               const std::string& invocation, int number, int most) {
    CUMULET_TRY(const auto keys, credentials->get());
    const Target target = target_of(service, request);
    http::RequestHead head;
    head.method = request.method;
    head.target = target.path_and_query;
    head.headers = request.headers;
    head.headers.set("Host", target.host);
    head.headers.set("amz-sdk-invocation-id", invocation);
    head.headers.set("amz-sdk-request", "attempt=" + std::to_string(number) + "; max=" + std::to_string(most));
    const TimePoint at = now();
    auth::sign(head, keys, scope_of(service, at), payload_hash, at, auth::path_style(service.name));
    head.headers.set("User-Agent", std::string(kUserAgent));
    if (std::string trace = current_trace(); !trace.empty()) head.headers.set("X-Amzn-Trace-Id", std::move(trace));
    HttpRequest http;
    http.method = request.method;
    http.url = target.base + target.path_and_query;
    http.headers = std::move(head.headers);
    http.body = request.body;
    http.file = request.file;
    http.sink = sink;
    http.on_head = request.on_head;
    if (service.name == "lambda") http.stall_timeout = Seconds{905};  // a synchronous invocation
    CUMULET_TRY(auto response, transport->send(http));
    const bool xml_in_200 = service.protocol == Protocol::rest_xml && !request.sink && request.method != "GET" &&
                            response.status == 200 && is_error_document(response);
    if (response.status >= 300 || xml_in_200) {
      Error error = parse_error(response, service.protocol);
      learn(error, response);
      return error;
    }
    return response;
  }

  // Errors that the next attempt can avoid by itself.
  void learn(const Error& error, const HttpResponse& response) {
    const auto code = error.code();
    if (code == "ExpiredToken" || code == "ExpiredTokenException" || code == "RequestExpired") credentials->discard();
    if (code != "RequestTimeTooSkewed" && code != "InvalidSignatureException" && code != "RequestExpired" &&
        code != "SignatureDoesNotMatch")
      return;
    const auto date = parse_http_date(response.headers.get_or("date", ""));
    if (!date) return;
    const auto difference = *date - clock->now();
    std::lock_guard lock(skew_mutex);
    if (difference > Seconds{240} || difference < -Seconds{240}) skew = difference;
  }

  bool avoidable(const Error& error, Milliseconds skew_before) {
    if (error.code() == "ExpiredToken" || error.code() == "ExpiredTokenException") return true;
    std::lock_guard lock(skew_mutex);
    return skew != skew_before;
  }

  Result<HttpResponse> perform(std::string_view service_name, const RestRequest& request) {
    const ServiceInfo* service = find_service(service_name);
    if (!service) return Error{kBadConfiguration, "unknown service \"" + std::string(service_name) + "\""};
    std::string payload_hash;
    const bool secure = endpoint_of(*service).starts_with("https://");
    if (!request.file) {
      payload_hash = auth::sha256_hex(request.body);
    } else if (secure && service->name == "s3") {
      payload_hash = "UNSIGNED-PAYLOAD";
    } else {
      CUMULET_TRY(payload_hash, hash_of(*request.file));
    }
    const int most = request.max_attempts ? request.max_attempts : max_attempts;
    bool delivered = false;  // bytes went to the caller's sink: only the caller can go on from there
    std::function<bool(std::string_view)> sink;
    if (request.sink)
      sink = [&](std::string_view bytes) {
        delivered = true;
        return request.sink(bytes);
      };
    const std::string invocation = uuid4(*random);
    int taken = 0;
    for (int number = 1;; ++number) {
      Milliseconds skew_before;
      {
        std::lock_guard lock(skew_mutex);
        skew_before = skew;
      }
      auto response = attempt(*service, request, sink, payload_hash, invocation, number, most);
      if (response.ok()) {
        quota.give_back(taken);
        return response;
      }
      if (number >= most || delivered) return response;
      if (avoidable(response.error(), skew_before)) continue;
      const Retryable why = classify(response.error());
      if (why == Retryable::no) return response;
      taken = quota.take(why);
      if (taken == 0) return response;
      sleep(backoff(number - 1, *random));
    }
  }
};

Result<Client> Client::create(ClientOptions options) {
  auto impl = std::make_shared<Impl>();
  impl->settings = options.settings;
  if (!impl->settings) {
    CUMULET_TRY(auto settings, Settings::load(process_environment()));
    impl->settings = std::make_shared<const Settings>(std::move(settings));
  }
  impl->transport = options.transport ? options.transport : curl_transport();
  impl->clock = options.clock ? options.clock : &system_clock();
  impl->random = options.random ? options.random : &system_random();
  impl->endpoint = options.endpoint;
  if (impl->endpoint)
    while (impl->endpoint->ends_with('/')) impl->endpoint->pop_back();
  impl->max_attempts = options.max_attempts.value_or(impl->settings->max_attempts());
  impl->sleep = options.sleep ? options.sleep : [](Milliseconds time) { std::this_thread::sleep_for(time); };
  auto source = options.credentials ? options.credentials : default_credentials(impl->settings, impl->transport);
  impl->credentials = std::make_unique<CachedCredentials>(std::move(source), *impl->clock);
  const auto region = options.region ? options.region : impl->settings->region();
  if (!region) return Error{kNoRegion, "You must specify a region: set AWS_REGION or the profile's region."};
  impl->region = *region;
  return Client(std::move(impl));
}

Result<json::value> Client::call(std::string_view service, std::string_view operation, const json::value& input) {
  const ServiceInfo* info = find_service(service);
  if (!info || info->protocol != Protocol::json)
    return Error{kBadConfiguration, "\"" + std::string(service) + "\" is no service of a JSON protocol known here"};
  RestRequest request;
  request.method = "POST";
  request.headers.add("Content-Type", "application/x-amz-json-" + std::string(info->version));
  request.headers.add("X-Amz-Target", std::string(info->target_prefix) + '.' + std::string(operation));
  request.body = json::text(input);
  CUMULET_TRY(const auto response, impl_->perform(service, request));
  if (response.body.empty()) return json::value(json::object{});
  auto parsed = json::parse(response.body);
  if (!parsed.ok())
    return Error{kBadResponse, std::string(service) + " " + std::string(operation) +
                                   " answered no JSON: " + parsed.error().message()};
  return parsed;
}

Result<HttpResponse> Client::rest(std::string_view service, const RestRequest& request) {
  return impl_->perform(service, request);
}

Result<std::string> Client::query(std::string_view service, std::string_view action, const Parameters& parameters) {
  const ServiceInfo* info = find_service(service);
  if (!info || info->protocol != Protocol::query)
    return Error{kBadConfiguration, "\"" + std::string(service) + "\" is no service of the Query protocol known here"};
  RestRequest request;
  request.method = "POST";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = "Action=" + percent_encode(action) + "&Version=" + percent_encode(info->version);
  for (const auto& [name, value] : parameters) request.body += '&' + percent_encode(name) + '=' + percent_encode(value);
  CUMULET_TRY(auto response, impl_->perform(service, request));
  return std::move(response.body);
}

const std::string& Client::region() const { return impl_->region; }

Result<std::string> Client::endpoint(std::string_view service) const {
  const ServiceInfo* info = find_service(service);
  if (!info) return Error{kBadConfiguration, "unknown service \"" + std::string(service) + "\""};
  return impl_->endpoint_of(*info);
}

Result<std::string> Client::presign(std::string_view service, const RestRequest& request, Seconds expires) {
  const ServiceInfo* info = find_service(service);
  if (!info) return Error{kBadConfiguration, "unknown service \"" + std::string(service) + "\""};
  CUMULET_TRY(const auto keys, impl_->credentials->get());
  const Target target = impl_->target_of(*info, request);
  http::RequestHead head;
  head.method = request.method;
  head.target = target.path_and_query;
  head.headers = request.headers;
  head.headers.set("Host", target.host);
  const TimePoint now = impl_->now();
  return target.base + auth::presign(head, keys, impl_->scope_of(*info, now), expires, now, auth::path_style(service));
}

}  // namespace cumulet::sdk
