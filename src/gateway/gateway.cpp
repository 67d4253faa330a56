#include "gateway/gateway.hpp"

#include <boost/asio/this_coro.hpp>
#include <chrono>

#include "base/io_turn.hpp"
#include "base/log.hpp"
#include "gateway/answer.hpp"
#include "gateway/body.hpp"
#include "gateway/call.hpp"
#include "gateway/page_check.hpp"
#include "gateway/run_operation.hpp"
#include "gateway/signer.hpp"
#include "gateway/site_visits.hpp"

namespace cumulet::gateway {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

std::vector<std::string> host_suffixes(const Options& options) {
  std::vector<std::string> all = options.host_suffixes;
  all.insert(all.end(), options.allowed_hosts.begin(), options.allowed_hosts.end());
  return all;
}

}  // namespace

// A browser's visit of "/": nothing signed, nothing asked but a page.
bool is_front_visit(const http::RequestHead& head, const auth::Signing& signing) {
  if (head.target != "/" || (head.method != "GET" && head.method != "HEAD")) return false;
  const bool is_signed = signing.is_v2 || !signing.authorization.ok() ||
                         signing.authorization->placement != auth::Placement::none || head.headers.has("authorization");
  return !is_signed && head.headers.get_or("accept", "").find("text/html") != std::string_view::npos;
}

struct Gateway::Impl {
  Impl(Options o, const std::vector<const wire::ServiceDescriptor*>& services, const auth::KeyDirectory& key_directory,
       const Clock& c, asio::any_io_executor workers, Authorizer a, std::vector<Site> own_sites)
      : options(std::move(o)),
        hosts(options.allowed_hosts),
        table(services, host_suffixes(options), options.default_region, options.metrics.get()),
        keys(key_directory),
        clock(c),
        authorizer(std::move(a)),
        sites(std::move(own_sites), hosts, keys, clock, options.unknown_keys),
        bodies({options.buffered_body_bytes, options.all_buffered_bytes}, workers),
        operations(workers, options.most_waiting) {
    if (options.metrics) unidentified = options.metrics->series("", "");
  }

  // The request path. Each step fills more of the call or ends it with an Error. What is asked for is looked up first,
  // so that every refusal is worded as its protocol does; nothing is done before Host and Origin were checked.
  awaitable<Result<http::Response>> answer(Call& call) {
    Result<void> identified = table.identify(call.head, call.signing.scope(), call.identity);
    begin_context(call);
    CUMULET_CO_CHECK(check_host(hosts, call.head, call.identity.protocol));
    CUMULET_CO_CHECK(check_page(call));
    CUMULET_CO_CHECK(std::move(identified));
    if (call.identity.is_preflight) co_return answer_preflight(call);
    CUMULET_CO_CHECK(find_signer(call, keys, options.unknown_keys));
    if (call.identity.operation != nullptr && call.identity.operation->is_streaming) {
      CUMULET_CO_CHECK(verify_signature(call, {}));
      bodies.attach_stream(call);
    } else {
      CUMULET_CO_CHECK(co_await bodies.buffer(call));
    }
    call.is_admitted = true;
    if (call.identity.protocol == wire::Protocol::query) CUMULET_CO_CHECK(find_action(call));
    CUMULET_CO_CHECK(authorize(call));
    CUMULET_CO_CHECK(co_await bodies.check(call));
    co_return co_await operations.run(call);
  }

  // Nothing: the request is AWS's.
  std::optional<OwnSites::Found> site_of(const http::RequestHead& head, const auth::Signing& signing) const {
    const bool is_front = !options.front_page.empty() && is_front_visit(head, signing);
    if (!is_front && !is_place_for_sites(head.raw_path())) return std::nullopt;
    if (table.means_aws(head, signing)) return std::nullopt;
    return sites.find(is_front ? std::string_view(options.front_page) : head.raw_path());
  }

  void begin_context(Call& call) const {
    call.context.request_id = new_request_id(call.service());
    call.context.region = call.identity.region;
    call.context.head = &call.head;
    call.context.received = clock.now();
    call.context.endpoint = "http://" + std::string(call.head.headers.get_or("host", "127.0.0.1"));
  }

  // Query: the form names the operation, and often the service too.
  Result<void> find_action(Call& call) {
    if (call.body.empty() && call.head.method == "GET") call.body = call.head.raw_query();
    CUMULET_CHECK(table.identify_action(call.head, call.body, call.identity));
    return check_scope(call.authorization(), *call.service(), call.identity.protocol);
  }

  Result<void> authorize(const Call& call) const {
    if (!authorizer) return {};
    return authorizer(call.context, *call.service(), *call.operation());
  }

  // Each request leaves its id in the log: what failed at "info" with AWS's code, the rest at "debug".
  void record(const Call& call, int status, std::string_view code, Steady::duration took) const {
    const auto& identity = call.identity;
    RequestMetrics::Series* series = identity.operation != nullptr ? identity.operation->metrics.get()
                                     : identity.service != nullptr ? identity.service->unidentified.get()
                                                                   : unidentified.get();
    if (series != nullptr) series->record(status, took);
    const auto level = status >= 500 ? log::Level::warn : status >= 400 ? log::Level::info : log::Level::debug;
    if (!log::shows(level)) return;
    log::at(level, "{} {} {}{}{} {}us {}", call.service() != nullptr ? call.service()->name : std::string_view("-"),
            call.operation() != nullptr ? call.operation()->name : std::string_view("-"), status,
            code.empty() ? "" : " ", code, std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
            call.context.request_id);
  }

  void tell(const Call& call, int status, std::string_view code, std::string_view message) const {
    if (status < 400 || !call.is_admitted || !options.on_failure) return;
    FailedRequest failed;
    if (call.service() != nullptr) failed.service = call.service()->name;
    if (call.operation() != nullptr) failed.operation = call.operation()->name;
    failed.request_id = call.context.request_id;
    failed.trace = call.head.headers.get_or("x-amzn-trace-id", "");
    failed.status = status;
    failed.code = code;
    failed.message = message;
    options.on_failure(failed);
  }

  Options options;
  AllowedHosts hosts;
  ServiceTable table;
  const auth::KeyDirectory& keys;
  const Clock& clock;
  Authorizer authorizer;
  SiteVisits sites;
  Bodies bodies;
  OperationRunner operations;
  std::unique_ptr<RequestMetrics::Series> unidentified;
};

Gateway::Gateway(Options options, std::vector<const wire::ServiceDescriptor*> services, const auth::KeyDirectory& keys,
                 const Clock& clock, asio::any_io_executor workers, Authorizer authorizer, std::vector<Site> sites)
    : impl_(std::make_shared<Impl>(std::move(options), services, keys, clock, std::move(workers), std::move(authorizer),
                                   std::move(sites))) {}

awaitable<http::Response> Gateway::handle(const http::RequestHead& head, http::BodyStream& body, Door door) {
  const auto impl = impl_;
  const auto began = Steady::now();
  Call call{head, body, auth::parse_signing(head)};
  // What "/" is depends on who asks.
  const bool is_front = !impl->options.front_page.empty() && head.raw_path() == "/";
  if (const auto found = impl->site_of(head, call.signing)) {
    http::Response shown = co_await impl->sites.visit(*found, head, call.signing, body, door);
    if (is_front) shown.headers.add("Vary", "Accept");
    co_return shown;
  }

  io_turn::request_began();
  http::Response response;
  std::string failure, code, message;
  try {
    Result<http::Response> answered = co_await impl->answer(call);
    if (!answered.ok()) {
      code = answered.error().code();
      message = answered.error().message();
      // Some errors say in further members what is wrong: "Not authorized to invoke function …".
      for (const auto& [name, value] : answered.error().fields())
        if (name.starts_with("ArgumentValue")) message += ": " + value;
    }
    response = answered.ok() ? std::move(answered).value() : error_response(call, answered.error());
  } catch (const std::exception& exception) {
    failure = exception.what();
  } catch (...) {
    failure = "unknown exception";
  }
  if (!failure.empty()) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      response.close = true;  // nobody is there to read it
      co_return response;
    }
    if (call.context.request_id.empty()) call.context.request_id = new_request_id(call.service());
    log::error("request {} failed unexpectedly: {} {}: {}", call.context.request_id, head.method, head.raw_path(),
               failure);
    code = kInternalError.code;
    const Error error{kInternalError, std::string(kInternalErrorText)};
    response = error_response(call, error);
  }
  add_headers(call, response);
  if (is_front && (head.method == "GET" || head.method == "HEAD")) response.headers.add("Vary", "Accept");
  impl->record(call, response.status, code, Steady::now() - began);
  impl->tell(call, response.status, code, message);
  co_return response;
}

net::RefusalWriter Gateway::refusal_writer() const {
  return [impl = impl_](int status, std::string_view reason) {
    const auto code = [&]() -> std::string_view {
      switch (status) {
        case 408: return "RequestTimeout";
        case 413: return "EntityTooLarge";
        case 414: return "RequestURITooLong";
        case 431: return "RequestHeaderSectionTooLarge";
        case 500: return kInternalError.code;
        case 505: return "HTTPVersionNotSupported";
        default: return "BadRequest";
      }
    };
    const wire::ServiceDescriptor* service = impl->table.service_of_the_rest();
    const std::string request_id = new_request_id(service);
    log::info("- - {} {} {}: {}", status, code(), request_id, reason);
    const ErrorKind kind{code(), status};
    const Error error{kind, std::string(reason)};
    const auto protocol = service != nullptr ? service->protocols.front() : wire::Protocol::rest_xml;
    return wire::encode_error(protocol, service, error, request_id);
  };
}

net::RequestHandler Gateway::handler(Door door) {
  return [self = *this, door](const http::RequestHead& head, http::BodyStream& body) mutable {
    return self.handle(head, body, door);
  };
}

}  // namespace cumulet::gateway
