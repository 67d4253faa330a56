#include "gateway/gateway.hpp"

#include <boost/asio/this_coro.hpp>
#include <chrono>

#include "aws/auth/digest.hpp"
#include "aws/auth/sigv2.hpp"
#include "aws/auth/verified_body.hpp"
#include "aws/wire/codec.hpp"
#include "base/awaitable.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/io_turn.hpp"
#include "base/log.hpp"
#include "gateway/authenticate.hpp"
#include "gateway/identify.hpp"
#include "gateway/sites.hpp"

namespace cumulet::gateway {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

inline constexpr ErrorKind kInternalError{"InternalError", 500};
inline constexpr ErrorKind kRequestTooLarge{"RequestEntityTooLargeException", 413};
inline constexpr ErrorKind kMaxMessageLength{"MaxMessageLengthExceeded", 400};

constexpr std::size_t kHeavyBody = 64 * 1024;  // hashed and decoded on a worker from here on

constexpr std::size_t kSmallBody = 256 * 1024;  // not counted: the place of small requests is never taken by large ones

// A request's part of what all requests share; given back at its end.
class Part {
 public:
  explicit Part(std::size_t& taken) : taken_(taken) {}
  ~Part() { taken_ -= held_; }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  // False: all would have more than `most`.
  bool grow(std::size_t by, std::size_t most) {
    if (taken_ + by > most) return false;
    taken_ += by;
    held_ += by;
    return true;
  }

 private:
  std::size_t& taken_;
  std::size_t held_ = 0;
};

// Everything known of one request on its way. Lives in handle()'s frame.
struct Call {
  const http::RequestHead& head;
  http::BodyStream& raw_body;
  Identity identity;
  auth::Authorization authorization;
  Caller caller;
  wire::CallContext context;
  std::string form;  // Query sent by GET: its parameters
  std::string body;  // buffered
  wire::InputStream stream;
  http::Headers for_page = {};                                // let a page of another site see the answer
  std::optional<http::RequestHead> presigned = std::nullopt;  // with the headers that stand in a presigned URL's query
  std::optional<Part> body_part = std::nullopt;               // of all_buffered_bytes
  bool is_admitted = false;                                   // Host, page and signature were right

  const http::RequestHead& decoded_head() const { return presigned ? *presigned : head; }
};

bool is_s3(const Call& call) { return call.identity.protocol == wire::Protocol::rest_xml; }

std::string new_request_id(wire::Protocol protocol) {
  return protocol == wire::Protocol::rest_xml ? random_upper_alnum(16) : uuid4();
}

// A stream of bytes already here.
class TextStream final : public http::BodyStream {
 public:
  explicit TextStream(std::string_view text) : text_(text) {}
  awaitable<Result<std::string_view>> read() override { co_return std::exchange(text_, {}); }

 private:
  std::string_view text_;
};

std::shared_ptr<http::BodyStream> borrowed(http::BodyStream& stream) {
  return {std::shared_ptr<http::BodyStream>(), &stream};
}

std::optional<std::uint64_t> decoded_length(const http::RequestHead& head) {
  const auto announced = head.headers.get("x-amz-decoded-content-length");
  if (!announced) return head.content_length;
  std::uint64_t length = 0;
  for (const char c : *announced) {
    if (c < '0' || c > '9' || length > (1ull << 53)) return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length;
}

}  // namespace

struct Gateway::Impl {
  Impl(Options o, std::vector<const wire::ServiceDescriptor*> services, const auth::KeyDirectory& key_directory,
       const Clock& c, asio::any_io_executor w, Authorizer a, std::vector<Site> s)
      : options(std::move(o)),
        hosts(options.allowed_hosts),
        table(services, host_suffixes(options), options.default_region, options.metrics.get()),
        keys(key_directory),
        clock(c),
        workers(std::move(w)),
        authorizer(std::move(a)),
        sites(std::move(s)) {
    if (options.metrics) unidentified = options.metrics->series("", "");
  }

  static std::vector<std::string> host_suffixes(const Options& options) {
    std::vector<std::string> all = options.host_suffixes;
    all.insert(all.end(), options.allowed_hosts.begin(), options.allowed_hosts.end());
    return all;
  }

  // The request path. Each step fills more of the call or ends it with an Error. What is asked for is looked up first,
  // so that every refusal is worded as its protocol does; nothing is done before Host and Origin were checked.
  awaitable<Result<http::Response>> answer(Call& call) {
    Result<void> identified = table.identify(call.head, call.identity);
    begin_context(call);
    CUMULET_CO_CHECK(check_host(call.head, call.identity.protocol));
    CUMULET_CO_CHECK(check_page(call));
    CUMULET_CO_CHECK(std::move(identified));
    if (call.identity.is_preflight) co_return preflight(call);
    CUMULET_CO_CHECK(find_signer(call));
    if (call.identity.operation != nullptr && call.identity.operation->is_streaming) {
      CUMULET_CO_CHECK(verify_signature(call, {}));
      attach_stream(call);
    } else {
      CUMULET_CO_CHECK(co_await buffer_body(call));
    }
    call.is_admitted = true;
    if (call.identity.protocol == wire::Protocol::query) {
      CUMULET_CO_CHECK(table.identify_action(form_of(call), call.identity));
      CUMULET_CO_CHECK(check_scope(call.authorization, *call.identity.service->descriptor, call.identity.protocol));
    }
    CUMULET_CO_CHECK(authorize(call));
    CUMULET_CO_CHECK(co_await check_body(call));
    co_return co_await run_operation(call);
  }

  Result<void> check_host(const http::RequestHead& head, wire::Protocol protocol) const {
    const std::string_view host = head.headers.get_or("host", "");
    if (hosts.allow(host)) return {};
    return denied(protocol, "This engine does not go by the name '" + std::string(host.substr(0, 200)) +
                                "', and a browser could be led here by it. If it is yours: cumulet up --allow-host "
                                "NAME.");
  }

  // Pages of other sites get what a service's own rules give them, and nothing else.
  Result<void> check_page(Call& call) const {
    const bool is_rest =
        call.identity.protocol == wire::Protocol::rest_xml || call.identity.protocol == wire::Protocol::rest_json;
    const bool only_reads = is_rest && (call.head.method == "GET" || call.head.method == "HEAD");
    const auto page = foreign_page(call.head, only_reads ? Effect::reads : Effect::acts);
    if (call.identity.is_preflight) return {};  // answered by the rules themselves
    const auto origin = call.head.headers.get("origin");
    if (!page && !origin) return {};
    Result<http::Headers> allowed = ask_rules(call, page ? std::string_view(*page) : *origin);
    if (allowed.ok() && origin) call.for_page = std::move(allowed).value();
    if (!page || allowed.ok()) return {};
    return denied(call.identity.protocol,
                  "Access Denied: a page of " + page->substr(0, 200) +
                      " asks. Pages of other sites reach buckets whose CORS configuration lets them in, nothing else.");
  }

  Result<http::Headers> ask_rules(const Call& call, std::string_view origin) const {
    static constexpr ErrorKind kNoRules{"AccessForbidden", 403};
    const auto* service = call.identity.service;
    const auto rules =
        service == nullptr ? options.page_rules.end() : options.page_rules.find(service->descriptor->name);
    if (rules == options.page_rules.end()) return Error{kNoRules, "CORSResponse: CORS is not enabled."};
    return rules->second(call.head, call.identity.raw_path, origin);
  }

  Result<http::Response> preflight(Call& call) const {
    CUMULET_TRY(call.for_page, ask_rules(call, call.head.headers.get_or("origin", "")));
    return http::Response{};
  }

  void begin_context(Call& call) {
    call.context.request_id = new_request_id(call.identity.protocol);
    call.context.region = call.identity.region;
    call.context.head = &call.head;
    call.context.received = clock.now();
    call.context.endpoint = "http://" + std::string(call.head.headers.get_or("host", "127.0.0.1"));
  }

  Result<void> find_signer(Call& call) {
    Result<auth::Authorization> parsed = auth::parse_authorization(call.head);
    if (!parsed.ok()) return refusal_on(call.identity.protocol, std::move(parsed).error());
    call.authorization = std::move(parsed).value();
    CUMULET_TRY(call.caller, find_caller(call.authorization, keys, call.context.received, options.accept_unknown_keys,
                                         call.identity.protocol));
    // Query requests may be for a service that only their form names: asked again then.
    if (call.identity.service != nullptr)
      CUMULET_CHECK(check_scope(call.authorization, *call.identity.service->descriptor, call.identity.protocol));
    if (call.authorization.placement != auth::Placement::none && call.authorization.scheme == auth::Scheme::v4)
      call.identity.region = call.context.region = call.authorization.scope.region;  // the one that is verified
    call.context.caller = call.caller.principal;
    if (call.authorization.placement == auth::Placement::query && is_s3(call)) {
      call.presigned = auth::with_presigned_headers(call.head);
      call.context.head = &call.decoded_head();
    }
    return {};
  }

  Result<void> verify_signature(const Call& call, std::string_view body_sha256_hex) const {
    if (!call.caller.credentials) return {};
    const TimePoint now = call.context.received;
    Result<void> verified =
        call.authorization.scheme == auth::Scheme::v2
            ? auth::verify_sigv2(call.authorization, *call.caller.credentials, call.head, call.identity.raw_path, now)
            : auth::verify(call.authorization, *call.caller.credentials, call.head, body_sha256_hex, now,
                           auth::path_style(call.authorization.scope.service));
    if (!verified.ok()) return refusal_on(call.identity.protocol, std::move(verified).error());
    return {};
  }

  void attach_stream(Call& call) {
    auto trailers = std::make_shared<http::Headers>();
    call.context.trailers = trailers;
    if (call.head.chunked || call.head.content_length.value_or(0) > 0 || call.head.headers.has("x-amz-content-sha256"))
      call.stream.stream = auth::verified_body(
          borrowed(call.raw_body), call.authorization, call.head, call.caller.credentials,
          [trailers](std::string name, std::string value) { trailers->add(std::move(name), std::move(value)); },
          workers);
    call.stream.length = decoded_length(call.head);
  }

  // The whole body, its signature verified.
  awaitable<Result<void>> buffer_body(Call& call) {
    const bool signs_body = call.caller.credentials && call.authorization.needs_body_hash;
    if (!signs_body) CUMULET_CO_CHECK(verify_signature(call, {}));
    std::shared_ptr<http::BodyStream> stream = borrowed(call.raw_body);
    if (!call.authorization.needs_body_hash) {
      stream = auth::verified_body(
          std::move(stream), call.authorization, call.head, call.caller.credentials, [](std::string, std::string) {},
          workers);
    }
    const std::size_t limit = body_limit(call);
    if (call.head.content_length.value_or(0) > limit) co_return too_large(call, limit);
    // Room grows as bytes arrive: what a head announces is only a claim.
    call.body.reserve(std::min<std::uint64_t>(call.head.content_length.value_or(0), kHeavyBody));
    while (true) {
      Result<std::string_view> piece = co_await stream->read();
      if (!piece.ok()) co_return refusal_on(call.identity.protocol, std::move(piece).error());
      if (piece->empty()) break;
      if (call.body.size() + piece->size() > limit) co_return too_large(call, limit);
      if (call.body.size() + piece->size() > kSmallBody) {
        if (!call.body_part) call.body_part.emplace(buffered_bytes);
        if (!call.body_part->grow(piece->size(), options.all_buffered_bytes)) co_return busy(call);
      }
      call.body += *piece;
    }
    if (!signs_body) co_return Result<void>{};
    std::string hash;
    if (call.body.size() < kHeavyBody) {
      hash = auth::sha256_hex(call.body);
    } else {
      std::function<Result<void>()> hashing = [&]() -> Result<void> {
        hash = auth::sha256_hex(call.body);
        return {};
      };
      CUMULET_CO_CHECK(co_await run_on(workers, std::move(hashing)));
    }
    co_return verify_signature(call, hash);
  }

  awaitable<Result<void>> check_body(const Call& call) {
    const auto found = options.body_checks.find(call.identity.service->descriptor->name);
    if (found == options.body_checks.end() || call.identity.operation->is_streaming) co_return Result<void>{};
    Result<void> checked;
    std::function<Result<void>()> check = [&] {
      return found->second(call.head, call.identity.operation->operation->name, call.body);
    };
    if (call.body.size() < kHeavyBody) co_return check();
    co_return co_await run_on(workers, std::move(check));
  }

  std::size_t body_limit(const Call& call) const {
    if (call.identity.service == nullptr) return options.buffered_body_bytes;
    const auto own = options.buffered_body_bytes_of.find(call.identity.service->descriptor->name);
    return own == options.buffered_body_bytes_of.end() ? options.buffered_body_bytes : own->second;
  }

  static Error busy(const Call& call) {
    return refusal_on(call.identity.protocol,
                      Error{kServiceUnavailable, "Too many requests are being worked on. Please try again."});
  }

  static Error too_large(const Call& call, std::size_t limit) {
    const std::string bytes = std::to_string(limit);
    if (is_s3(call))
      return Error{kMaxMessageLength, "Your request was too large."}.with("MaxMessageLengthBytes", bytes);
    std::string text = "Request must be smaller than " + bytes + " bytes";
    if (call.identity.operation != nullptr)
      text += " for the " + std::string(call.identity.operation->operation->name) + " operation";
    return Error{kRequestTooLarge, std::move(text)};
  }

  std::string_view form_of(Call& call) const {
    if (call.body.empty() && call.head.method == "GET") call.body = call.head.raw_query();
    return call.body;
  }

  Result<void> authorize(const Call& call) const {
    if (!authorizer) return {};
    return authorizer(call.context, *call.identity.service->descriptor, *call.identity.operation->operation);
  }

  Result<void> decode(const Call& call, void* input) const {
    wire::DecodeRequest request;
    request.head = &call.decoded_head();
    request.route = &call.identity.route;
    request.query = &call.identity.query;
    request.body = call.body;
    request.stream = call.stream;
    return wire::decode(call.identity.protocol, *call.identity.service->descriptor, *call.identity.operation->operation,
                        request, input);
  }

  http::Response encode(const Call& call, const wire::ErasedValue& output) const {
    return wire::encode(call.identity.protocol, *call.identity.service->descriptor, *call.identity.operation->operation,
                        output.value.get(), call.context.request_id);
  }

  Result<http::Response> run_plain(const Call& call) const {
    const wire::Operation& operation = *call.identity.operation->operation;
    const std::shared_ptr<void> input = operation.make_input();
    CUMULET_CHECK(decode(call, input.get()));
    CUMULET_TRY(const wire::ErasedValue output, operation.call(call.context, input.get()));
    return encode(call, output);
  }

  // Decode, run, encode: on a worker for plain functions, here for coroutines.
  awaitable<Result<http::Response>> run_operation(Call& call) {
    const wire::Operation& operation = *call.identity.operation->operation;
    if (operation.runs == wire::Runs::worker) {
      if (operation.is_brief && call.body.size() < kHeavyBody && io_turn::is_alone()) co_return run_plain(call);
      std::optional<Result<http::Response>> response;
      std::function<Result<void>()> work = [&]() -> Result<void> {
        response.emplace(run_plain(call));
        return {};
      };
      CUMULET_CO_CHECK(co_await run_on(workers, std::move(work)));
      co_return std::move(*response);
    }

    Part waiting_part(waiting);
    if (!call.identity.operation->is_streaming && !waiting_part.grow(1, options.most_waiting)) co_return busy(call);
    const std::shared_ptr<void> input = operation.make_input();
    if (call.body.size() < kHeavyBody) {
      CUMULET_CO_CHECK(decode(call, input.get()));
    } else {
      std::function<Result<void>()> work = [&] { return decode(call, input.get()); };
      CUMULET_CO_CHECK(co_await run_on(workers, std::move(work)));
    }
    Result<wire::ErasedValue> output = co_await operation.call_coroutine(call.context, input.get());
    if (!output.ok()) co_return std::move(output).error();
    co_return encode(call, *output);
  }

  http::Response error_response(const Call& call, const Error& error) const {
    const wire::ServiceDescriptor* service =
        call.identity.service == nullptr ? nullptr : call.identity.service->descriptor;
    // What failed inside (a disk, the database) is told to the log; clients get S3's own code and text.
    if (is_s3(call) && error.code() == kInternalFailure.code) {
      log::error("request {} failed: {}", call.context.request_id, error.message());
      const Error internal{kInternalError, "We encountered an internal error. Please try again."};
      return error_response(call, internal);
    }
    // No <Resource>: the examples of S3's guide show it, its answers do not.
    return wire::encode_error(call.identity.protocol, service, error, call.context.request_id, {},
                              call.head.method == "HEAD");
  }

  static void add_ids(const Call& call, http::Headers& headers) {
    if (is_s3(call)) {
      headers.add("Server", "AmazonS3");  // some clients choose their ways by it
      if (!headers.has("x-amz-request-id")) headers.add("x-amz-request-id", call.context.request_id);
      // S3's second id; clients quote it, nothing reads it. Derived, so that it is in the log with the first.
      if (!headers.has("x-amz-id-2"))
        headers.add("x-amz-id-2", base64_encode(auth::sha256_hex(call.context.request_id)).substr(0, 76));
    } else if (!headers.has("x-amzn-RequestId")) {
      headers.add("x-amzn-RequestId", call.context.request_id);
    }
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
    log::at(level, "{} {} {}{}{} {}us {}",
            identity.service != nullptr ? identity.service->descriptor->name : std::string_view("-"),
            identity.operation != nullptr ? identity.operation->operation->name : std::string_view("-"), status,
            code.empty() ? "" : " ", code, std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
            call.context.request_id);
  }

  void tell(const Call& call, int status, std::string_view code, std::string_view message) const {
    if (status < 400 || !call.is_admitted || !options.on_failure) return;
    const auto& identity = call.identity;
    FailedRequest failed;
    if (identity.service != nullptr) failed.service = identity.service->descriptor->name;
    if (identity.operation != nullptr) failed.operation = identity.operation->operation->name;
    failed.request_id = call.context.request_id;
    failed.trace = call.head.headers.get_or("x-amzn-trace-id", "");
    failed.status = status;
    failed.code = code;
    failed.message = message;
    options.on_failure(failed);
  }

  // Why nobody may ask this of the site; nullopt: they may.
  std::optional<http::Response> turn_away(const Site& site, const http::RequestHead& head, Door door) const {
    if (const auto known = check_host(head, wire::Protocol::rest_json); !known.ok())
      return site_refusal(403, known.error().message());
    const bool is_get = head.method == "GET" || head.method == "HEAD";
    if (foreign_page(head, is_get ? site.gets : Effect::acts))
      return site_refusal(403, "Not for pages of other sites.");
    if (site.visitors == SiteFor::people && door == Door::function) return site_refusal(403, "Not for functions.");
    if (site.visitors == SiteFor::anyone || options.accept_unknown_keys) return std::nullopt;
    const auto key = key_of_visitor(head, keys, clock.now());
    if (site.visitors == SiteFor::callers && !key)
      return site_refusal(
          403, "This page needs a known key: sign for the service \"cumulet\", or send id and secret by HTTP Basic.");
    if (site.visitors == SiteFor::people && !(key && key->is_root)) {
      http::Response refusal =
          site_refusal(401, "This site needs the root's key: its id as the name, its secret as the password.");
      refusal.headers.add("WWW-Authenticate", "Basic realm=\"Cumulet\", charset=\"UTF-8\"");
      return refusal;
    }
    return std::nullopt;
  }

  awaitable<http::Response> visit(OwnSites::Found found, const http::RequestHead& head, http::BodyStream& body,
                                  Door door) {
    const Site& site = found.place->site;
    const std::string request_id = uuid4();
    http::Response response;
    Part place(found.place->at_work);
    if (auto refusal = turn_away(site, head, door)) {
      response = std::move(*refusal);
    } else if (found.lacks_slash) {
      response = site_refusal(308, "It is at " + site.prefix);
      const std::string_view query = std::string_view(head.target).substr(head.raw_path().size());
      response.headers.add("Location", site.prefix + std::string(query));
    } else if (!place.grow(1, site.most_at_once)) {
      response = site_refusal(503, "Too many requests are being worked on. Please try again.");
    } else {
      const SiteRequest request{head, body, found.path, door};
      std::string failure;
      try {
        response = co_await site.handle(request);
      } catch (const std::exception& exception) {
        failure = exception.what();
      }
      if (!failure.empty()) {
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) {
          response.close = true;  // nobody is there to read it
          co_return response;
        }
        log::error("request {} failed unexpectedly: {} {}: {}", request_id, head.method, site.prefix, failure);
        response = site_refusal(500, "We encountered an internal error. Please try again.");
      }
    }
    response.headers.add("x-amzn-RequestId", request_id);
    co_return response;
  }

  Options options;
  AllowedHosts hosts;
  ServiceTable table;
  const auth::KeyDirectory& keys;
  const Clock& clock;
  asio::any_io_executor workers;
  Authorizer authorizer;
  OwnSites sites;
  std::unique_ptr<RequestMetrics::Series> unidentified;
  std::size_t buffered_bytes = 0, waiting = 0;  // of all requests; on the server's executor
};

Gateway::Gateway(Options options, std::vector<const wire::ServiceDescriptor*> services, const auth::KeyDirectory& keys,
                 const Clock& clock, asio::any_io_executor workers, Authorizer authorizer, std::vector<Site> sites)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(services), keys, clock, std::move(workers),
                                   std::move(authorizer), std::move(sites))) {}

awaitable<http::Response> Gateway::handle(const http::RequestHead& head, http::BodyStream& body, Door door) {
  const auto impl = impl_;
  if (is_place_for_sites(head.raw_path()) && !impl->table.means_aws(head)) {
    if (const auto found = impl->sites.find(head.raw_path())) co_return co_await impl->visit(*found, head, body, door);
  }

  const auto began = Steady::now();
  io_turn::request_began();
  Call call{head, body, {}, {}, {}, {}, {}, {}, {}};
  http::Response response;
  std::string failure, code, message;
  try {
    Result<http::Response> answered = co_await impl->answer(call);
    if (call.context.request_id.empty()) call.context.request_id = new_request_id(call.identity.protocol);
    if (!answered.ok()) {
      code = answered.error().code();
      message = answered.error().message();
    }
    response = answered.ok() ? std::move(answered).value() : impl->error_response(call, answered.error());
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
    if (call.context.request_id.empty()) call.context.request_id = new_request_id(call.identity.protocol);
    log::error("request {} failed unexpectedly: {} {}: {}", call.context.request_id, head.method, head.raw_path(),
               failure);
    code = kInternalError.code;
    const Error error{kInternalError, "We encountered an internal error. Please try again."};
    response = impl->error_response(call, error);
  }
  for (const auto& [name, value] : call.for_page) response.headers.add(name, value);
  if (is_s3(call)) shield_document(head, response);
  impl->add_ids(call, response.headers);
  impl->record(call, response.status, code, Steady::now() - began);
  impl->tell(call, response.status, code, message);
  co_return response;
}

net::RefusalWriter Gateway::refusal_writer() const {
  return [](int status, std::string_view reason) {
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
    const std::string request_id = new_request_id(wire::Protocol::rest_xml);
    log::info("- - {} {} {}: {}", status, code(), request_id, reason);
    const ErrorKind kind{code(), status};
    const Error error{kind, std::string(reason)};
    return wire::encode_error(wire::Protocol::rest_xml, nullptr, error, request_id, "", false);
  };
}

net::RequestHandler Gateway::handler(Door door) {
  return [self = *this, door](const http::RequestHead& head, http::BodyStream& body) mutable {
    return self.handle(head, body, door);
  };
}

}  // namespace cumulet::gateway
